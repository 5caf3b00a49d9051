/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a zone from start to end: the one table of steps, walked by the starter, by the
 * monitor's successor, and by whoever repairs what was killed. */
#pragma once

#include "core/boot.h"
#include "core/state.h"

/* What the steps share: going up it is all filled, going down only zone and record are. */
struct life {
	struct boot *b; /* NULL on the way down */
	struct zone *z;
	struct record *state;
	bool keep; /* reboot in place */
};

/* life_hooks.c: steps that run hooks; @ctx is a struct life. */
int life_hook_prestart(void *ctx, struct zerr *e);
int life_hook_created(void *ctx, struct zerr *e);
int life_hook_poststart(void *ctx, struct zerr *e);
int life_hook_stop(void *ctx, struct zerr *e);
int life_hook_poststop(void *ctx, struct zerr *e);

/* In the starter: walk the table up and exec the monitor. Returns only on failure, walked down. */
int life_up(struct boot *b, struct zerr *e);
/* Walk down from the record alone: the payload is killed and everything of the run removed but the
 * monitor's own group. @keep: for a reboot in place, console clients and control socket stay. */
int life_down(struct zone *z, const struct record *state, bool keep, struct zerr *e);
/* For a zone that runs already, with its record in b->state: this process is its keeper from now
 * on, with a control socket of its own. */
int life_adopt(struct boot *b, struct zerr *e);
/* Let go of the caller's streams, signals and session: nothing of its terminal may live on in a
 * monitor. */
int life_detach(struct zerr *e);
/* Become the monitor: exec, descriptors kept by number. Returns only on failure. */
int life_become_monitor(struct boot *b, struct zerr *e);
/* Clean up after a starter or monitor that was killed; the caller holds the lock. */
int life_repair(struct zone *z, const struct status *s, struct zerr *e);
/* Save what the outcome was: exit status (-1 unknown), for info and ls. */
void life_remember(struct zone *z, const struct record *state, int exit_status);
/* fork() into the root of the hierarchy, for what goes on when the zone's groups have to become
 * empty. */
pid_t life_fork_outside(struct zone_host *h);
/* Such a process removes the monitor's group when @monitor has ended, waits for the links to go,
 * and keeps the zone's lock until the groups are gone. */
void life_sweep(struct zone *z, pid_t monitor, const struct record *state);
/* What asks init to stop or to reboot: configured, or by its kind (word of the state record). */
int life_signal(const struct zone_spec *s, const char *kind, bool reboot);
