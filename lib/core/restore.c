/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Restoring a snapshot: in place (new root beside the old, swapped, then deleted: storage's work),
 * or into a new zone. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/creation.h"
#include "core/hostkeys.h"
#include "core/snapshot.h"
#include "core/state.h"

#define STOP_TRIES 5

struct restoring {
	struct zone *z;
	struct volume volume;
	struct buf conf; /* the snapshot's zone.conf */
	struct zone_spec spec;
	int snap;
};

static void restoring_done(struct restoring *t)
{
	buf_done(&t->conf);
	spec_done(&t->spec);
	(void)own_close(t->snap);
	(void)own_close(t->volume.image);
}
#define AUTO_RESTORING __attribute__((cleanup(restoring_done)))

static int up_root(void *ctx, struct zerr *e)
{
	struct restoring *t = ctx;

	return t->volume.ops->restore(&t->volume, t->snap, e);
}

static int up_conf(void *ctx, struct zerr *e)
{
	struct restoring *t = ctx;
	AUTO_BUF struct buf now = { 0 };
	int r = 0;

	if (fs_read(t->z->dir, "zone.conf", CONF_MAX, &now) < 0 || !str_eq(now.p, t->conf.p))
		r = fs_write(t->z->dir, "zone.conf", t->conf.p, t->conf.len, 0600, true, e);
	if (r == 0 && snapshot_is_fresh(t->snap))
		r = fs_write(t->z->dir, "fresh", "", 0, 0600, false, e);
	return r;
}

/* No way back but forward: both steps can be walked again from the snapshot. */
static const struct step steps[] = {
	{ "root", up_root, NULL },
	{ "configuration", up_conf, NULL },
	{ NULL, NULL, NULL },
};
static const struct op restore_op = { "restore", steps };

/* The configuration of that time, as it would be judged now: what only the administrator gives is
 * what was given since. Also what of it the root's size is. */
static int read_conf(struct restoring *t, struct strv *dropped, struct zerr *e)
{
	int r = snapshot_conf(t->snap, &t->conf, e);

	if (r == 0)
		r = hostkeys_replace(&t->conf, &t->z->spec, dropped, e);
	if (r == 0)
		r = conf_parse(&t->spec, t->conf.p, "the snapshot's zone.conf", e);
	t->volume.size = t->spec.root_size;
	return r;
}

/* All that can be found wrong before anything is changed. */
static int prepare(struct restoring *t, struct zone *z, const char *snapshot, struct strv *dropped,
		   struct zerr *e)
{
	*t = (struct restoring){ .z = z, .volume.image = -1, .snap = -1 };
	spec_init(&t->spec);
	t->snap = snapshot_open(z, snapshot, e);
	int r = t->snap < 0 ? t->snap : zone_volume(z, &t->volume, e);

	if (r == 0 && !t->volume.ops->restore)
		r = zerr_as(e, ZERR_HOST, "backend %s cannot restore", t->volume.ops->name);
	return r == 0 ? read_conf(t, dropped, e) : r;
}

static int in_place(struct zone *z, const char *snapshot, struct zerr *e)
{
	const struct journal j = { z->dir, "journal", true, JOURNAL_FORWARD, snapshot };
	AUTO_STRV struct strv dropped = { 0 };
	AUTO_RESTORING struct restoring t;
	int r = prepare(&t, z, snapshot, &dropped, e);

	hostkeys_tell(&dropped, z->name);
	if (r == 0)
		r = steps_up(&restore_op, &j, &t, e);
	if (r == 0)
		r = journal_clear(&j, e);
	if (r < 0 && fs_exists(z->dir, "journal"))
		(void)zerr_hint(e, r, "zone verify --repair %s finishes it", z->name);
	return r;
}

int zone_restore_finish(struct zone *z, struct zerr *e)
{
	const struct journal j = { .dirfd = z->dir, .file = "journal" };
	AUTO_BUF struct buf name = { 0 };
	int r = journal_note(&j, &name, e);

	if (r == 0)
		r = name_check_snapshot(name.p ? name.p : "", e);
	return r < 0 ? r : in_place(z, name.p, e);
}

/* Nothing is stopped for a snapshot that is not there, or that cannot be restored. */
static int permit(struct zone *z, const struct status *s, const char *snapshot, bool restart,
		  struct zerr *e)
{
	AUTO_STRV struct strv dropped = { 0 };
	AUTO_RESTORING struct restoring t = { .snap = -1, .volume.image = -1 };

	if (s->live && restart)
		return prepare(&t, z, snapshot, &dropped, e);
	AUTO_CLOSE int there = snapshot_open(z, snapshot, e);
	if (there < 0 || !s->live)
		return there < 0 ? there : 0;
	zerr_as(e, ZERR_STATE, "the zone is %s", state_name(s->state));
	return zerr_hint(e, -EBUSY, "zone snapshot -r %s --restart %s stops it and starts it again",
			 snapshot, z->name);
}

/* Somebody may start it between the stop and the lock: that is undone, some times. */
static int stop_first(struct zone_host *h, const char *name, struct zone *z, struct status *s,
		      struct zerr *e)
{
	int r = 0;

	for (int tries = 0; r == 0 && s->live; tries++) {
		if (tries == STOP_TRIES)
			return zerr_as(e, ZERR_BUSY, "others start the zone again and again");
		zone_unload(z);
		status_done(s);
		r = zone_stop(h, name, -1, e);
		if (r < 0)
			break;
		r = zone_load(h, name, LOAD_LOCK | LOAD_RUN | LOAD_SPEC, z, e);
		if (r == 0)
			r = state_now(z, s, e);
		(void)zerr_hint(e, r, "the zone was stopped: zone start %s", name);
	}
	return r == 0 ? state_allows(s, DO_STORAGE, name, e) : r;
}

static int start_again(struct zone *z, struct zerr *e)
{
	const struct zone_start again = { .stdio = { -1, -1, -1 } };

	zone_unlock(z);
	return zone_start(z->h, z->name, &again, e);
}

/* It was stopped for nothing: the root is the old one, unless there is a journal. */
static void bring_back(struct zone *z, struct zerr *e)
{
	struct zerr why = { 0 };

	if (fs_exists(z->dir, "journal") || start_again(z, &why) == 0)
		return;
	log_warn("%s: starting it again: %s", z->name, why.msg);
	(void)zerr_hint(e, -e->code, "zone start %s", z->name);
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
		r = state_load_storage(h, name, &z, &s, e);
	if (r < 0)
		return r;
	if (to)
		return clone_zone(&z, &s, &(struct clone){ .to = to, .snapshot = snapshot }, e);
	const bool live = s.live;
	r = permit(&z, &s, snapshot, restart, e);
	if (r == 0)
		r = stop_first(h, name, &z, &s, e);
	if (r < 0)
		return r;
	r = in_place(&z, snapshot, e);
	if (r < 0 && live)
		bring_back(&z, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "snapshot", snapshot, NULL };
	zone_event(h, name, "restored", fields);
	return live ? start_again(&z, e) : 0;
}
