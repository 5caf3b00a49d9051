/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a zone from start to end: the one table of steps, walked by the starter, by the
 * monitor's successor, and by whoever repairs what was killed. */
#pragma once

#include "core/boot.h"
#include "core/state.h"

/* In the starter: walk the table up and exec the monitor. Returns only on failure, walked down. */
int life_up(struct boot *b, struct zerr *e);
/* Walk down from the record alone: the payload is killed and everything of the run removed but the
 * monitor's own group. @keep: for a reboot in place, console clients and control socket stay. */
int life_down(struct zone *z, const struct record *state, bool keep, struct zerr *e);
/* Become the monitor: exec, descriptors kept by number. Returns only on failure. */
int life_become_monitor(struct boot *b, struct zerr *e);
/* Clean up after a starter or monitor that was killed; the caller holds the lock. */
int life_repair(struct zone *z, const struct status *s, struct zerr *e);
/* Save what the outcome was: exit status (-1 unknown), for info and ls. */
void life_remember(struct zone *z, const struct record *state, int exit_status);
/* Fork a process into the root of the hierarchy (the zone's groups must become empty) that removes
 * the monitor's group when @monitor has ended, waits for the links to go, and keeps the zone's lock
 * until the groups are gone. */
void life_sweep(struct zone *z, pid_t monitor, const struct record *state);
/* What asks init to stop or to reboot: configured, or by its kind (word of the state record). */
int life_signal(const struct zone_spec *s, const char *kind, bool reboot);
