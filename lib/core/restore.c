/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Restoring a snapshot: in place (new root beside the old, swapped, then deleted: storage's work),
 * or into a new zone. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/lease.h"
#include "core/state.h"
#include "core/zonedir.h"

struct restoring {
	struct zone *z;
	struct volume volume;
	int snap;
};

static int up_root(void *ctx, struct zerr *e)
{
	struct restoring *t = ctx;

	return t->volume.ops->restore(&t->volume, t->snap, e);
}

static int up_conf(void *ctx, struct zerr *e)
{
	struct restoring *t = ctx;
	AUTO_BUF struct buf conf = { 0 };
	AUTO_SPEC struct zone_spec spec;
	int r = fs_read(t->snap, "zone.conf", 1U << 20, &conf);

	spec_init(&spec);
	if (r < 0)
		return zerr_code(e, -r, "the snapshot's zone.conf");
	r = conf_parse(&spec, conf.p ? conf.p : "", "the snapshot's zone.conf", e);
	return r < 0 ? r
		     : fs_write(t->z->dir, "zone.conf", conf.p ? conf.p : "", conf.len, 0600, true,
				e);
}

/* No way back but forward: both steps can be walked again from the snapshot. */
static const struct step steps[] = {
	{ "root", up_root, NULL },
	{ "configuration", up_conf, NULL },
	{ NULL, NULL, NULL },
};
static const struct op restore_op = { "restore", steps };

static int open_snapshot(const struct zone *z, const char *snapshot, struct zerr *e)
{
	AUTO_CLOSE int all = fs_open_below(z->dir, "snapshots", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int dir = all < 0 ? -1 : fs_open_below(all, snapshot, O_RDONLY | O_DIRECTORY, 0);

	if (dir < 0 || !fs_exists(dir, "record"))
		return zerr_hint(e, zerr_as(e, ZERR_MISSING, "no snapshot '%s'", snapshot),
				 "zone snapshot %s -L shows what there is", z->name);
	return own_take_fd(&dir);
}

static int in_place(struct zone *z, const char *snapshot, struct zerr *e)
{
	const struct journal j = { z->dir, "journal", true };
	AUTO_CLOSE int snap = open_snapshot(z, snapshot, e);
	struct restoring t = { .z = z, .snap = snap };

	if (snap < 0)
		return snap;
	int r = zone_volume(z, &t.volume, e);
	AUTO_CLOSE int image = r == 0 ? t.volume.image : -1;
	if (r == 0 && !t.volume.ops->restore)
		r = zerr_as(e, ZERR_HOST, "backend %s cannot restore", t.volume.ops->name);
	if (r == 0) /* which snapshot: verify --repair finishes it */
		r = fs_write(z->dir, "restoring", snapshot, strlen(snapshot), 0600, true, e);
	if (r == 0)
		r = steps_up(&restore_op, &j, &t, e);
	if (r == 0)
		r = journal_clear(&j, e);
	if (r == 0 && unlinkat(z->dir, "restoring", 0) < 0 && errno != ENOENT)
		r = zerr_sys(e, "restore");
	return r;
}

int zone_restore_finish(struct zone *z, struct zerr *e)
{
	AUTO_BUF struct buf name = { 0 };
	const int r = fs_read(z->dir, "restoring", 128, &name);

	if (r < 0)
		return zerr_code(e, -r, "which snapshot was being restored is not known");
	const int k = name_check_snapshot(name.p ? name.p : "", e);
	return k < 0 ? k : in_place(z, name.p, e);
}

static int to_new_zone(struct zone_host *h, struct zone *z, const char *snapshot, const char *to,
		       struct zerr *e)
{
	AUTO_CLOSE int snap = open_snapshot(z, snapshot, e);

	return snap < 0 ? snap : zonedir_clone(h, z, snap, to, e);
}

static int load(struct zone_host *h, const char *name, struct zone *z, struct status *s,
		struct zerr *e)
{
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN | LOAD_SPEC, z, e);

	if (r == 0)
		r = state_now(z, s, e);
	return r == 0 ? state_allows(s, DO_STORAGE, name, e) : r;
}

/* Nothing is stopped for a snapshot that is not there. */
static int permit(const struct zone *z, const struct status *s, const char *snapshot, bool restart,
		  struct zerr *e)
{
	AUTO_CLOSE int there = open_snapshot(z, snapshot, e);

	if (there < 0)
		return there;
	if (!s->live || restart)
		return 0;
	zerr_as(e, ZERR_STATE, "the zone is %s", state_name(s->state));
	return zerr_hint(e, -EBUSY, "zone snapshot -r %s --restart %s stops it and starts it again",
			 snapshot, z->name);
}

static int stop_first(struct zone_host *h, const char *name, struct zone *z, struct zerr *e)
{
	zone_unload(z);
	const int r = zone_stop(h, name, -1, e);
	return r < 0 ? r : zone_load(h, name, LOAD_LOCK | LOAD_RUN | LOAD_SPEC, z, e);
}

int zone_snapshot_restore(struct zone_host *h, const char *name, const char *snapshot,
			  const char *to, bool restart, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = name_check_snapshot(snapshot, e);

	if (r == 0 && to)
		r = name_check_zone(to, e);
	if (r == 0)
		r = load(h, name, &z, &s, e);
	if (r < 0)
		return r;
	if (to)
		return to_new_zone(h, &z, snapshot, to, e);
	const bool live = s.live;
	r = permit(&z, &s, snapshot, restart, e);
	if (r == 0 && live)
		r = stop_first(h, name, &z, e);
	if (r == 0)
		r = in_place(&z, snapshot, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "snapshot", snapshot, NULL };
	zone_event(h, name, "restored", fields);
	if (!live)
		return 0;
	const struct zone_start again = { .stdio = { -1, -1, -1 } };
	zone_unlock(&z);
	return zone_start(h, name, &again, e);
}
