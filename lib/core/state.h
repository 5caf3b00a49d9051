/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of zones(7): found out from the kernel and the records each time, never stored as
 * truth. */
#pragma once

#include <stdbool.h>

#include "core/core.h"

enum state {
	STATE_CONFIGURED,
	STATE_INCOMPLETE,
	STATE_STOPPED,
	STATE_STARTING,
	STATE_RUNNING,
	STATE_FROZEN,
	STATE_STOPPING,
	STATE_DOWN,
	STATE_UNAVAILABLE,
};
enum verb_class { DO_START, DO_STOP, DO_FREEZE, DO_EXEC, DO_DESTROY, DO_STORAGE, DO_CONFIG };

/* The word that is printed. Static. */
const char *state_name(enum state s);
/* "RUNNING|STOPPED" in any case, as a bit mask. Usage error for anything else. */
int state_parse(const char *text, unsigned *ret_mask, struct zerr *e);

struct status {
	enum state state;
	char op[32];	   /* INCOMPLETE: which operation */
	bool live;	   /* there is a state record: something may have to be walked down */
	struct record rec; /* /run/zone/NAME/state; owned */
};
/* Free the record. */
void status_done(struct status *s);
#define AUTO_STATUS __attribute__((cleanup(status_done)))

/* What state the zone is in now. */
int state_now(const struct zone *z, struct status *ret, struct zerr *e);
/* 0, or exit status 4 with the state and the verb that helps. */
int state_allows(const struct status *s, enum verb_class what, const char *name, struct zerr *e);
/* Zone @name, locked, with its configuration and its run directory, in a state in which its root
 * can be worked on; one that runs without a monitor gets one. The caller owns both @z and @s. */
int state_load_storage(struct zone_host *h, const char *name, struct zone *z, struct status *s,
		       struct zerr *e);

/* Whether a starter or a monitor lives: it holds a lock in the run directory. */
bool state_has_keeper(int run);
/* A pidfd of the recorded process (`pid`/`pid_start` or `monitor`/`monitor_start`), or -ESRCH. */
int state_pidfd(const struct record *rec, const char *which);
/* The network namespace of the recorded init. A descriptor, or -ESRCH: it has just ended. */
int state_netns(const struct record *rec);
/* Field 22 of /proc/PID/stat, the start time in clock ticks; 0 when there is no such process. */
uint64_t process_start_time(pid_t pid);
/* Whether it is on its way out, though it still counts as running: an init waits for all others. */
bool process_exits(pid_t pid);
