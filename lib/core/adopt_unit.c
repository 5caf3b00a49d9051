/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New monitors that processes of a zone's unit become or make. */
#include "core/adopt.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/place.h"
#include "core/starter.h"
#include "core/verdict.h"

int adopt_here(struct zone *z, const struct status *s, const char *unit, struct zerr *e)
{
	struct boot b;

	if (state_has_keeper(z->run))
		return zerr_hint(e, zerr_as(e, ZERR_STATE, "it runs already, and not in %s", unit),
				 "zone restart %s", z->name);
	boot_init(&b, z, NULL);
	int r = keep_take(&b, e);
	if (r == 0)
		r = life_detach(e);
	if (r == 0)
		r = place_here(z, unit, e);
	if (r == 0)
		r = adopt_succeed(&b, &s->rec, e);
	if (r < 0)
		return r;
	keep_store(&b);
	verdict_tell(z, VERDICT_OUTCOME, e);
	starter_follow(z, -1);
	return life_become_monitor(&b, e);
}

int adopt_left(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN, &z, e);

	if (r == 0)
		r = state_now(&z, &s, e);
	if (r < 0 || !adopt_is_orphan(&z, &s) || !place_contains_us(h, name))
		return r;
	r = place_leave(&z, e);
	return r < 0 ? r : adopt_beget(&z, &s, e);
}
