/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running zone stands still for a moment, so that its root can be copied as it is at one moment;
 * it goes on in any case, even when we are killed meanwhile. */
#pragma once

#include "base/guard.h"
#include "core/cgroup.h"
#include "core/state.h"

struct pause {
	struct cg cg;
	struct guard guard;
	int knob;      /* cgroup.freeze */
	int64_t began; /* µs */
};
#define PAUSE_NONE                                             \
	{                                                      \
		.cg = CG_NONE, .guard = GUARD_NONE, .knob = -1 \
	}

/* Every process of a zone that runs stands still when this returns 0; of one that does not, there
 * is nothing to do. At most 10 s are waited for it. After a failure the zone goes on. */
int pause_begin(struct pause *p, const struct zone *z, const struct status *s, struct zerr *e);
/* It goes on; how long it stood still is told at level debug. Nothing to do when it does not stand.
 */
int pause_end(struct pause *p, struct zerr *e);
