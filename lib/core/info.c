/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ls and info show. A row costs a few small reads and no process; a field that is not known is
 * null, never invented. No lock is taken. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"
#include "core/guest.h"
#include "core/health.h"
#include "core/life.h"
#include "core/nics.h"
#include "core/ready.h"
#include "core/restart.h"
#include "core/snapshot.h"
#include "core/usage.h"

static void clear(struct zone_info *i)
{
	*i = (struct zone_info){ .exit_status = -1,
				 .uptime_ns = UINT64_MAX,
				 .referenced = UINT64_MAX,
				 .exclusive = UINT64_MAX };
	usage_clear(&i->use);
}

void zone_info_done(struct zone_info *i)
{
	char *const strings[] = {
		i->name,	  i->state,	      i->path,	      i->backend,
		i->incomplete_op, i->incomplete_hint, i->health,      i->cgroup,
		i->image_server,  i->health_output,   i->image_dist,  i->image_release,
		i->image_arch,	  i->image_variant,   i->image_build, i->image_fingerprint,
		i->image_verified
	};
	struct strv *const lists[] = {
		&i->groups,   &i->ipv4,	 &i->ipv6,   &i->limits, &i->limits_not_enforced,
		&i->security, &i->guest, &i->holders
	};

	for (size_t k = 0; k < sizeof(strings) / sizeof(strings[0]); k++)
		free(strings[k]);
	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		strv_done(lists[k]);
	for (size_t k = 0; k < i->nics_n; k++) {
		free(i->nics[k].name);
		free(i->nics[k].host_name);
		free(i->nics[k].network);
		free(i->nics[k].mac);
		strv_done(&i->nics[k].addresses);
	}
	free(i->nics);
	clear(i);
}
#define AUTO_INFO __attribute__((cleanup(zone_info_done)))

/* Global addresses as the zone has them now. */
static void addresses(struct zone_info *i, const struct record *rec)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int ns = state_netns(rec);

	if (ns >= 0)
		(void)net_addresses(ns, &i->ipv4, &i->ipv6, &ignored);
}

static void running(const struct zone *z, const struct status *s, int what, struct zone_info *i)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };

	i->pid = (int64_t)record_u64(&s->rec, "pid", 0);
	if (state_has_keeper(z->run))
		i->monitor_pid = (int64_t)record_u64(&s->rec, "monitor", 0);
	if (s->state != STATE_RUNNING && s->state != STATE_FROZEN)
		return;
	i->uptime_ns = now_boot_ns() - record_u64(&s->rec, "started_ns", 0);
	if (what & ZONE_LS_READY)
		i->ready = ready_now(z, &s->rec);
	i->restarts = (unsigned)record_u64(&s->rec, "restarts", 0);
	const char *health = health_of(z, &s->rec, &i->health_output);
	i->health = health ? strdup(health) : NULL;
	if ((what & ZONE_LS_USAGE) && cg_open(z->h, z->name, &cg, &ignored) == 0)
		usage_look(cg.payload, USAGE_ROW, &i->use);
	if (what & ZONE_LS_ADDRESSES)
		addresses(i, &s->rec);
}

static void stopped(const struct zone *z, struct zone_info *i)
{
	AUTO_RECORD struct record last = { 0 };
	struct zerr ignored = { 0 };

	i->use.pids = i->use.cpu_ns = 0;
	if (z->run < 0 || record_load(&last, z->run, "last", STATE_FORMAT, &ignored) < 0)
		return;
	const char *status = record_get(&last, "exit_status");
	i->exit_status = status ? strtol(status, NULL, 10) : -1;
	i->restart_at = restart_at(z);
}

static int from_config(struct zone *z, struct zone_info *i)
{
	struct zerr ignored = { 0 };

	i->unprivileged = true;
	if (z->dir < 0 || conf_load(&z->spec, z->dir, z->name, &ignored) < 0)
		return 0; /* what is broken shows in verify */
	i->autostart = z->spec.autostart;
	i->unprivileged = z->spec.level != LEVEL_PRIVILEGED;
	for (size_t k = 0; k < z->spec.groups.n; k++)
		if (strv_add(&i->groups, z->spec.groups.v[k]) < 0)
			return -ENOMEM;
	return str_set(&i->backend, z->spec.backend);
}

/* What the backend can tell in a moment. */
static void space(const struct zone *z, struct zone_info *i)
{
	struct zerr ignored = { 0 };
	struct space s = { UINT64_MAX, UINT64_MAX };
	const struct storage_ops *ops =
		z->dir < 0 || !z->spec.backend ? NULL : storage_find(z->spec.backend, &ignored);

	if (!ops || !ops->space || ops->space(z->dir, &s, &ignored) < 0)
		return;
	i->referenced = s.referenced;
	i->exclusive = s.exclusive;
}

static int row(struct zone *z, const struct status *s, int what, struct zone_info *i)
{
	int r = str_set(&i->name, z->name);

	if (r == 0)
		r = str_set(&i->state, state_name(s->state));
	if (r == 0)
		r = str_set(&i->path, z->entry.dir);
	if (r == 0 && s->state == STATE_INCOMPLETE) {
		i->incomplete_op = strdup(s->op);
		i->incomplete_hint = str_fmt(str_eq(s->op, "create") || str_eq(s->op, "destroy")
						     ? "zone destroy %s"
						     : "zone verify --repair %s",
					     z->name);
		r = i->incomplete_op && i->incomplete_hint ? 0 : -ENOMEM;
	}
	if (r == 0 && (what & (ZONE_LS_CONFIG | ZONE_LS_SPACE)))
		r = from_config(z, i);
	if (what & ZONE_LS_SPACE)
		space(z, i);
	if (what & ZONE_LS_SNAPSHOTS)
		i->snapshots = snapshot_count(z);
	if (s->live)
		running(z, s, what, i);
	else
		stopped(z, i);
	return r;
}

int zone_info_row(struct zone_host *h, const char *name, int what, struct zone_info *ret,
		  struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	AUTO_INFO struct zone_info i;

	clear(&i);
	int r = zone_load(h, name, 0, &z, e);
	if (r == 0)
		r = state_now(&z, &s, e);
	if (r == 0 && row(&z, &s, what, &i) < 0)
		r = zerr_code(e, ENOMEM, "info");
	if (r < 0)
		return r;
	*ret = i;
	clear(&i);
	return 0;
}

/* ---- info only ------------------------------------------------------------------------------- */

static int from_manifest(const struct zone *z, struct zone_info *i)
{
	const struct record *m = &z->manifest;
	const struct {
		char **to;
		const char *key;
	} rows[] = {
		{ &i->image_server, "image.server" },
		{ &i->image_dist, "image.dist" },
		{ &i->image_release, "image.release" },
		{ &i->image_arch, "image.arch" },
		{ &i->image_variant, "image.variant" },
		{ &i->image_build, "image.build" },
		{ &i->image_fingerprint, "image.fingerprint" },
		{ &i->image_verified, "image.verified" },
		{ &i->backend, "backend" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		const char *v = record_get(m, rows[k].key);

		if (v && str_set(rows[k].to, v) < 0)
			return -ENOMEM;
	}
	i->created = (int64_t)record_u64(m, "created", 0);
	return 0;
}

/* Keys that begin with @prefix, without it: those that were set, or all. */
static int section(const struct zone *z, const char *prefix, bool set_only, struct strv *to)
{
	AUTO_STRV struct strv all = { 0 };
	int r = conf_dump(&z->spec, set_only, &all);

	for (size_t k = 0; k + 1 < all.n && r == 0; k += 2) {
		if (!str_starts(all.v[k], prefix))
			continue;
		r = strv_add(to, all.v[k] + strlen(prefix));
		if (r == 0)
			r = strv_add(to, all.v[k + 1]);
	}
	return r;
}

static int settings(const struct zone *z, struct zone_info *i)
{
	const int r = section(z, "limits.", true, &i->limits);

	return r < 0 ? r : section(z, "security.", false, &i->security);
}

static void more_usage(const struct zone *z, struct zone_info *i)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };

	if (cg_open(z->h, z->name, &cg, &ignored) < 0)
		return;
	usage_look(cg.payload, USAGE_DETAILS, &i->use);
}

int zone_info_get(struct zone_host *h, const char *name, struct zone_info *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	AUTO_INFO struct zone_info i;
	struct zerr ignored = { 0 };

	clear(&i);
	int r = zone_load(h, name, 0, &z, e);
	if (r == 0)
		r = state_now(&z, &s, e);
	if (r < 0)
		return r;
	if (row(&z, &s, ZONE_LS_ALL & ~ZONE_LS_USAGE, &i) < 0) /* more_usage() has that, too */
		return zerr_code(e, ENOMEM, "info");
	if (z.dir >= 0)
		(void)record_load(&z.manifest, z.dir, "manifest", MANIFEST_FORMAT, &ignored);
	const char *lacking = record_get(&s.rec, "not_enforced");
	if (from_manifest(&z, &i) < 0 || nics_info(&z, &s.rec, &i) < 0 || settings(&z, &i) < 0 ||
	    guest_info(&z, s.live, &i.guest) < 0 ||
	    (lacking && strv_split(&i.limits_not_enforced, lacking, " ") < 0))
		return zerr_code(e, ENOMEM, "info");
	if (i.unprivileged) {
		i.id_base = zone_base(&z);
		i.id_count = ID_RANGE;
	}
	if (s.live) {
		AUTO_FREE char *path = cg_path(h, name, NULL);

		i.cgroup = path ? str_fmt("/%s", path) : NULL;
		more_usage(&z, &i);
	}
	*ret = i;
	clear(&i);
	return 0;
}
