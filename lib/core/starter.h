/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that starts a zone and becomes its monitor, wherever it lives: cloned into a group of
 * our own, in a scope, or the main process of a unit. */
#pragma once

#include "core/boot.h"

struct starter {
	struct zone *z;
	const struct zone_start *args;
	const char *unit; /* whose group it lives in already; NULL: the zone's */
	int gate;	  /* given back when the zone is ready; -1 */
	/* hears what is logged on the way up, and once, as VERDICT_OUTCOME, what came of it; code
	 * 0: the zone runs */
	void (*report)(struct starter *s, int level, const struct zerr *e);
	int verdict; /* for report() */
};

/* The generation of the next start: it names links. */
unsigned starter_generation(const struct zone *z);
/* Let go of the caller, walk up, report, become the monitor. Returns only on failure, with all
 * undone. @b was made by boot_init() and may have sockets for init. */
int starter_run(struct starter *s, struct boot *b, struct zerr *e);
/* Behind a zone that runs: what outlives neither its monitor nor waits for anybody (unit.c). @gate
 * -1: none. */
void starter_follow(const struct zone *z, int gate);
