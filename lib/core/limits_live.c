/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of a running zone, written through libcgroup and read back: what the kernel made of a
 * value counts, not that the write succeeded. Memory below what is in use is reclaimed first; the
 * kernel itself would kill.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/cgroup.h"
#include "core/cgvalue.h"
#include "core/limits.h"
#include "core/live.h"

#define RECLAIM_MS 10000
#define GIGA	   (1ULL << 30)
#define CPUS_MAX   8192

/* ---- what the kernel made of it -------------------------------------------------------------- */

/* Rounded down to its pages: by less than the largest page there is. */
static bool same_number(const char *want, const char *got, uint64_t page)
{
	uint64_t w, g;

	return parse_u64(want, UINT64_MAX, &w) == 0 && parse_u64(got, UINT64_MAX, &g) == 0 &&
	       g <= w && w - g < page;
}

static bool same_processors(const char *want, const char *got)
{
	for (unsigned long cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpulist_has(want, cpu) != cpulist_has(got, cpu))
			return false;
	return true;
}

/* io.max lists devices line by line, and leaves out those without limits. */
static bool same_rates(const char *want, const char *got)
{
	const size_t device = strcspn(want, " ") + 1;
	const char *line = got;

	for (; line && strncmp(line, want, device) != 0; line = line ? line + 1 : NULL)
		line = strchr(line, '\n');
	if (!line)
		return str_ends(want, " rbps=max wbps=max riops=max wiops=max");
	return strncmp(line, want, strlen(want)) == 0;
}

static bool took(const struct limit_write *w, const char *got)
{
	if (str_eq(w->text, got))
		return true;
	if (str_eq(w->controller, "cpuset"))
		return same_processors(w->text, got);
	if (str_eq(w->file, "io.max"))
		return same_rates(w->text, got);
	if (str_eq(w->file, "io.weight")) /* "default 100" */
		return str_starts(got, "default ") && str_eq(w->text, got + strlen("default "));
	if (str_eq(w->controller, "memory"))
		return same_number(w->text, got, (uint64_t)sysconf(_SC_PAGESIZE));
	return str_eq(w->controller, "hugetlb") && same_number(w->text, got, 16 * GIGA);
}

/* ---- below what is in use -------------------------------------------------------------------- */

static int cannot_reclaim(const struct limit_write *w, uint64_t used, struct zerr *e)
{
	char size[16];

	zerr_set(e, EBUSY, "the zone uses %s, and no more of it could be reclaimed",
		 format_size(used, size));
	return zerr_hint(e, -EBUSY,
			 "end something inside, or let limits.memory_high=%s press it first",
			 w->value);
}

/* memory.reclaim gives up early (EAGAIN) and can be asked again; the zone goes on allocating. */
static int make_room(int payload, const struct limit_write *w, uint64_t want, struct zerr *e)
{
	const int64_t deadline = now_ms() + RECLAIM_MS;
	uint64_t used, least = UINT64_MAX;

	for (int idle = 0; (used = cg_number(payload, "memory.current")) != UINT64_MAX; idle++) {
		char text[24];

		if (used <= want)
			return 0;
		if (used < least) {
			least = used;
			idle = 0;
		}
		if (idle > 5 || now_ms() > deadline)
			return cannot_reclaim(w, used, e);
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)(used - want));
		if (cg_write(payload, "memory.reclaim", text) == -ENOENT)
			return 0; /* a kernel without it: the limit itself reclaims */
		if (steps_check(e) < 0)
			return -EINTR;
	}
	return 0;
}

/* The kernel takes these and nothing is ended; what that means is said. */
static void warn_above(int payload, const struct limit_write *w, const char *current,
		       const char *meaning)
{
	const uint64_t used = cg_number(payload, current);
	uint64_t want;

	if (used != UINT64_MAX && parse_u64(w->text, UINT64_MAX, &want) == 0 && used > want)
		log_warn("limits.%s=%s: %llu are in use; %s", w->key, w->value,
			 (unsigned long long)used, meaning);
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_checked(void *ctx, const struct limit_write *w, struct zerr *e)
{
	const struct live *l = ctx;
	AUTO_FREE char *group = cg_path(l->z->h, l->z->name, "payload");
	AUTO_BUF struct buf got = { 0 };
	uint64_t want;
	int r = 0;

	if (!group)
		return zerr_code(e, ENOMEM, "group");
	if (str_eq(w->file, "memory.max") && parse_u64(w->text, UINT64_MAX, &want) == 0)
		r = make_room(l->payload, w, want, e);
	if (r == 0)
		r = cgvalue_set(group, w->controller, w->file, w->text, e);
	if (r == 0)
		r = cgvalue_get(group, w->controller, w->file, &got, e);
	if (r < 0)
		return r;
	if (!took(w, got.p ? got.p : ""))
		return zerr_set(e, EIO, "%s: the kernel made it '%.60s'", w->file,
				got.p ? got.p : "");
	if (str_eq(w->file, "pids.max"))
		warn_above(l->payload, w, "pids.current", "no new ones until some have ended");
	if (str_eq(w->file, "memory.swap.max"))
		warn_above(l->payload, w, "memory.swap.current", "they go as they are read back");
	return 0;
}

static int change_limit(void *ctx, const char *name, const char *was, const char *value,
			struct zerr *e)
{
	return limits_write(name, was, value, write_checked, ctx, e);
}

static int change_raw(void *ctx, const char *name, const char *was, const char *value,
		      struct zerr *e)
{
	const struct live *l = ctx;
	AUTO_FREE char *key = str_fmt("raw.cgroup.%s", name);
	AUTO_BUF struct buf now = { 0 };
	int r = 0;

	if (!key)
		return zerr_code(e, ENOMEM, "set");
	if (!was && fs_read(l->payload, name, 4096, &now) == 0 && now.p) /* some cannot be read */
		r = live_remember(l, key, now.p, e);
	if (!value)
		value = live_remembered(l, key);
	if (r < 0 || !value)
		return r < 0 ? r : live_later(l, "", key, e);
	r = cg_write(l->payload, name, value);
	if (r == -ENOENT)
		return zerr_as(e, ZERR_HOST, "%s: the zone's group has no such file", key);
	return r < 0 ? zerr_code(e, -r, "%s=%s", key, value) : 0;
}

int limits_live(const struct live *l, struct zerr *e)
{
	return live_pairs(&l->from->limits, &l->to->limits, change_limit, (void *)l, e);
}

int raw_cgroup_live(const struct live *l, struct zerr *e)
{
	return live_pairs(&l->from->raw_cgroup, &l->to->raw_cgroup, change_raw, (void *)l, e);
}
