/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rlimit.NAME in a running zone: every process of it gets the limit, and what they start inherits
 * it. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/own.h"
#include "core/cgroup.h"
#include "core/live.h"
#include "core/pause.h"
#include "core/rlimits.h"

/* Of another user's process, the kernel wants a right in that process's user namespace: the host's
 * root has it, or (where it was taken away) the namespace's owner. */
static int as_owner(pid_t pid, int resource, const struct rlimit *want, struct rlimit *ret,
		    uid_t base)
{
	if (prlimit(pid, (enum __rlimit_resource)resource, want, ret) == 0)
		return 0;
	if (errno != EPERM || !base || seteuid(base) < 0)
		return -errno;
	const int r = prlimit(pid, (enum __rlimit_resource)resource, want, ret) < 0 ? -errno : 0;
	return seteuid(0) < 0 ? -errno : r;
}

/* While they stand still: a number that had become another process' would be no matter of ours. */
static int set_all(const struct live *l, int resource, const struct rlimit *want, struct zerr *e)
{
	const uid_t base = (uid_t)record_u64(l->state, "base", 0);
	struct pause pause = PAUSE_NONE;
	struct zerr ignored = { 0 };
	int r = pause_begin(&pause, l->z, l->status, e);

	if (r < 0)
		return r;
	const size_t n = cg_pids(l->payload, NULL, 0);
	AUTO_FREE pid_t *pids = calloc(n + 1, sizeof(*pids));
	r = pids ? 0 : -ENOMEM;
	if (pids)
		(void)cg_pids(l->payload, pids, n);
	for (size_t i = 0; i < n && (r == 0 || r == -ESRCH); i++)
		r = as_owner(pids[i], resource, want, NULL, base);
	r = r == -ESRCH ? 0 : r; /* it was ending already */
	const int t = pause_end(&pause, r < 0 ? &ignored : e);
	return r < 0 ? zerr_code(e, -r, "%zu processes", n) : t;
}

/* What the first process has now, as rlimit.NAME would say it. */
static int present(const struct live *l, int resource, char text[static 48])
{
	const pid_t init = (pid_t)record_u64(l->state, "pid", 0);
	const uid_t base = (uid_t)record_u64(l->state, "base", 0);
	struct rlimit now;
	const int r = as_owner(init, resource, NULL, &now, base);

	if (r < 0)
		return r;
	(void)snprintf(text, 48, "%lld:%lld", (long long)now.rlim_cur, (long long)now.rlim_max);
	return 0;
}

static int set_text(const struct live *l, const char *name, const char *value, struct zerr *e)
{
	struct rlimit want;
	int resource;
	int r = rlimit_parse(name, value, &resource, &want, e);

	if (r < 0 || (r = set_all(l, resource, &want, e)) == 0)
		return r;
	if (r == -EPERM)
		return zerr_as(e, ZERR_HOST, "rlimit.%s=%s: above the host's own hard limit", name,
			       value);
	return zerr_in(e, r, "rlimit.%s=%s", name, value);
}

/* Back to what it was before it was first set. A hard limit that was lowered stays on a host whose
 * root may not raise it. */
static int put_back(const struct live *l, const char *name, const char *key, struct zerr *e)
{
	const char *was = live_remembered(l, key);
	struct zerr lost = { 0 };

	return was && set_text(l, name, was, &lost) == 0 ? 0 : live_later(l, "", key, e);
}

static int change(void *ctx, const char *name, const char *was, const char *value, struct zerr *e)
{
	const struct live *l = ctx;
	AUTO_FREE char *key = str_fmt("rlimit.%s", name);
	struct rlimit any;
	int resource = 0;
	char text[48];
	int r = key ? rlimit_parse(name, "0", &resource, &any, e) : zerr_code(e, ENOMEM, "set");

	if (r < 0)
		return r;
	if (rlimit_is_ceiling(resource)) /* the zone's own ceiling was fixed when it started */
		return live_later(l, "", key, e);
	if (!was && present(l, resource, text) == 0)
		r = live_remember(l, key, text, e);
	if (r < 0)
		return r;
	return value ? set_text(l, name, value, e) : put_back(l, name, key, e);
}

/* exec goes by the record. */
static int remember(const struct live *l, const struct pairs *rlimits, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };

	if (rlimits_text(rlimits, &text) < 0 ||
	    record_set(l->state, "rlimits", text.p ? text.p : "") < 0)
		return zerr_code(e, ENOMEM, "state record");
	return 0;
}

int rlimits_live(const struct live *l, struct zerr *e)
{
	const int r = live_pairs(&l->from->rlimits, &l->to->rlimits, change, (void *)l, e);

	return r < 0 ? r : remember(l, &l->to->rlimits, e);
}
