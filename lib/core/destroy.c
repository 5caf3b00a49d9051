/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone destroy: what must not be lost is asked for, the rest is zonedir.c's. */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/base.h"
#include "core/life.h"
#include "core/rename.h"
#include "core/snapshot.h"
#include "core/zonedir.h"

/* Clones that its backend lets stand on its tree. */
static int refuse_dependants(const struct zone *z, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	AUTO_BUF struct buf list = { 0 };
	const int r = base_dependants(z, &names, e);

	if (r < 0 || names.n == 0)
		return r;
	for (size_t i = 0; i < names.n; i++)
		buf_fmt(&list, "%s%s", i ? ", " : "", names.v[i]);
	zerr_as(e, ZERR_STATE, "other zones stand on it: %s", list.p ? list.p : "");
	return zerr_hint(e, -EBUSY,
			 "destroy them first, or replace them: zone clone --full %s NEW copies all",
			 names.v[0]);
}

static int load(struct zone_host *h, const char *name, struct zone *z, struct status *s,
		struct zerr *e)
{
	const int r = zone_load(h, name, LOAD_LOCK, z, e);

	return r < 0 ? r : state_now(z, s, e);
}

/* A killed start is cleaned up first, and a killed rename finished, for else things of its old name
 * stay (unless there is no room for that); a zone whose storage is gone for good goes only with -f.
 */
static int permit(struct zone *z, const struct status *s, bool force, struct zerr *e)
{
	struct zerr ignored = { 0 };

	if (!s->live && str_eq(s->op, "rename"))
		(void)rename_finish(z, &ignored);
	if (s->live && s->state == STATE_INCOMPLETE)
		return life_repair(z, s, e);
	if (s->state == STATE_UNAVAILABLE && !force) {
		if (z->dir < 0)
			(void)zerr_as(e, ZERR_STATE, "its directory %s is missing", z->entry.dir);
		else
			(void)zerr_as(e, ZERR_STATE, "the device that its root is on is missing");
		return zerr_hint(e, -ENOENT, "mount it; or zone destroy -f %s forgets the zone",
				 z->name);
	}
	return s->state == STATE_UNAVAILABLE ? 0 : state_allows(s, DO_DESTROY, z->name, e);
}

/* What must not be lost without a word; what was never a whole zone, or is lost already, has
 * nothing of the kind. *@ret_used: no snapshot is being read meanwhile. */
static int ask(const struct zone *z, const struct status *s, bool snapshots, int *ret_used,
	       struct zerr *e)
{
	const size_t n = snapshot_count(z);

	if (n && !snapshots && s->state != STATE_UNAVAILABLE && fs_exists(z->dir, "manifest"))
		return zerr_hint(
			e,
			zerr_as(e, ZERR_STATE, "the zone has %zu snapshot%s", n, n == 1 ? "" : "s"),
			"zone destroy -s %s takes them along", z->name);
	if (n && (*ret_used = snapshot_change(z, e)) < 0)
		return *ret_used;
	return refuse_dependants(z, e);
}

/* Nothing is stopped that will not be destroyed. */
static int stop_first(struct zone_host *h, struct zone *z, struct status *s, const char *name,
		      bool snapshots, struct zerr *e)
{
	AUTO_CLOSE int used = -1;
	int r = ask(z, s, snapshots, &used, e);

	if (r < 0)
		return r;
	zone_unload(z);
	status_done(s);
	r = zone_stop(h, name, 0, e);
	return r == 0 ? load(h, name, z, s, e) : r;
}

int zone_destroy(struct zone_host *h, const char *name, bool force, bool snapshots, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = load(h, name, &z, &s, e);

	if (r == 0 && s.live && force)
		r = stop_first(h, &z, &s, name, snapshots, e);
	if (r == 0)
		r = permit(&z, &s, force, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int used = -1;
	r = ask(&z, &s, snapshots, &used, e);
	if (r == 0)
		r = zonedir_destroy(&z, e);
	if (r < 0)
		return r;
	zone_event(h, name, "destroyed", NULL);
	zone_unlock(&z);
	zonedir_sweep_trash(&z, true);
	return 0;
}

int zone_is_shared(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = zone_load(h, name, 0, &z, e);

	return r < 0 ? r : z.dir >= 0 && fs_exists(z.dir, "shared");
}
