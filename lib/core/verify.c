/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone verify: every fault of a zone, not the first; with repair, what was interrupted is finished
 * or cleared before the look. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/adopt.h"
#include "core/life.h"
#include "core/rename.h"
#include "core/snapshot.h"
#include "core/view.h"
#include "core/zonedir.h"

static int fault(struct strv *faults, struct zerr *e, const char *what, const char *detail)
{
	return strv_addf(faults, "%s%s%s", what, detail ? ": " : "", detail ? detail : "") < 0
		       ? zerr_code(e, ENOMEM, "verify")
		       : 0;
}

static int repair_installed(struct zone *z, const struct status *s, struct zerr *e)
{
	if (str_eq(s->op, "restore")) {
		struct zone full = { .dir = -1, .run = -1, .lock = -1 };
		int r = zone_load(z->h, z->name, LOAD_RUN | LOAD_SPEC, &full, e);

		if (r == 0)
			r = zone_restore_finish(&full, e);
		zone_unload(&full);
		return r;
	}
	if (str_eq(s->op, "rename"))
		return rename_finish(z, e);
	return zonedir_destroy(z, e); /* a create or destroy that was killed: cleared */
}

/* 1: the zone is gone now. */
static int repair_now(struct zone *z, struct status *s, struct zerr *e)
{
	int r = z->dir < 0 ? 0 : view_sweep(z, e);

	if (r == 0 && s->state == STATE_INCOMPLETE && s->live)
		r = life_repair(z, s, e);
	else if (r == 0 && s->state == STATE_DOWN)
		r = life_repair(z, s, e);
	else if (r == 0 && s->state == STATE_INCOMPLETE) {
		r = repair_installed(z, s, e);
		if (r == 0 && !str_eq(s->op, "restore") && !str_eq(s->op, "rename"))
			return 1;
	}
	return r == 0 ? adopt(z, s, e) : r;
}

static int look_at_snapshots(const struct zone *z, bool repair, struct strv *faults, struct zerr *e)
{
	AUTO_CLOSE int all = fs_open_below(z->dir, "snapshots", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	int r = 0;

	if (all < 0 || fs_list(all, &names) < 0)
		return 0;
	for (size_t i = 0; i < names.n && r == 0; i++) {
		AUTO_CLOSE int dir = fs_open_below(all, names.v[i], O_RDONLY | O_DIRECTORY, 0);

		if (dir >= 0 && fs_exists(dir, "record"))
			continue;
		r = repair ? snapshot_clear(all, names.v[i], e)
			   : fault(faults, e, "an interrupted snapshot is left", names.v[i]);
	}
	return r;
}

/* That of a zone that runs is known to be there. */
static int look_at_root(struct zone *z, const struct status *s, struct strv *faults, struct zerr *e)
{
	struct zerr found = { 0 };
	struct volume v;

	if (s->state == STATE_INCOMPLETE || s->live)
		return 0;
	int r = record_load(&z->manifest, z->dir, "manifest", MANIFEST_FORMAT, &found);

	if (r < 0)
		return fault(faults, e, "manifest", found.msg);
	r = zone_volume(z, &v, &found);
	if (r < 0)
		return fault(faults, e, "root file system", found.msg);
	AUTO_CLOSE int image = v.image;
	AUTO_CLOSE int root = v.ops->attach(&v, &VOLUME_READ, &found);
	return root < 0 ? fault(faults, e, "root file system", found.msg) : 0;
}

/* What its state alone says. */
static int look_at_state(const struct zone *z, const struct status *s, struct strv *faults,
			 struct zerr *e)
{
	const bool runs = s->state == STATE_RUNNING || s->state == STATE_FROZEN;
	int r = 0;

	if (s->state == STATE_UNAVAILABLE)
		return z->dir < 0 ? fault(faults, e, "its directory is missing", z->entry.dir)
				  : fault(faults, e, "the device that its root is on is missing",
					  NULL);
	if (s->state == STATE_INCOMPLETE)
		r = fault(faults, e, "interrupted operation", s->op);
	if (r == 0 && s->state == STATE_DOWN)
		r = fault(faults, e, "teardown did not finish", NULL);
	if (r == 0 && runs && !state_has_keeper(z->run))
		r = fault(faults, e, "its monitor has died", NULL);
	return r;
}

static int look(struct zone *z, const struct status *s, bool repair, struct strv *faults,
		struct zerr *e)
{
	struct zerr found = { 0 };
	struct stat st;
	int r = look_at_state(z, s, faults, e);

	if (r < 0 || s->state == STATE_UNAVAILABLE)
		return r;
	if (z->dir < 0)
		return 0;
	if (fstat(z->dir, &st) == 0 && (st.st_uid != 0 || (st.st_mode & 077)) &&
	    (r = fault(faults, e, "its directory is not root's alone (0700)", z->entry.dir)) < 0)
		return r;
	if (conf_load(&z->spec, z->dir, z->name, &found) < 0 &&
	    (r = fault(faults, e, found.msg, NULL)) < 0)
		return r;
	r = look_at_root(z, s, faults, e);
	return r < 0 ? r : look_at_snapshots(z, repair, faults, e);
}

/* Names and ids must be had once only. */
static int look_at_index(const struct zone *z, struct strv *faults, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	int r = index_load(z->h->host, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++)
		if (all.v[i].slot == z->entry.slot && !str_eq(all.v[i].name, z->name))
			r = fault(faults, e, "its id range is also that of zone", all.v[i].name);
	return r;
}

int zone_verify(struct zone_host *h, const char *name, bool repair, struct strv *faults,
		struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = zone_load(h, name, repair ? LOAD_LOCK | LOAD_RUN : 0, &z, e);

	if (r == 0)
		r = state_now(&z, &s, e);
	if (r == 0 && repair) {
		r = repair_now(&z, &s, e);
		zonedir_sweep_trash(&z, false);
		if (r != 0)
			return r < 0 ? r : 0;
		status_done(&s);
		s = (struct status){ 0 };
		r = state_now(&z, &s, e);
	}
	if (r == 0)
		r = look(&z, &s, repair, faults, e);
	return r == 0 ? look_at_index(&z, faults, e) : r;
}
