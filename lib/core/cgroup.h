/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup v2 by directory descriptors: the groups of a zone, their delegation, freeze, kill, events.
 * GROUP is zone/NAME below the v2 mount with the leaves monitor/ and payload/; nothing here ever
 * writes a pid (processes are cloned into their group). Limits are in limits.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/core.h"

struct cg { /* descriptors of the groups; -1: not there */
	int group, monitor, payload;
};
#define CG_NONE            \
	{                  \
		-1, -1, -1 \
	}
/* Close what is open. */
void cg_close(struct cg *c);
#define AUTO_CG __attribute__((cleanup(cg_close)))

/* Find the v2 mount once (h->cgroup). Exit status 7 when there is none. */
int cg_root(struct zone_host *h, struct zerr *e);
/* Make (or find) the groups of @name; payload is delegated to @owner. */
int cg_make(struct zone_host *h, const char *name, uid_t owner, struct cg *ret, struct zerr *e);
/* "zone/NAME/CHILD" from the root of the hierarchy, without a slash before it; @child NULL: the
 * group itself. Owned by the caller; NULL: out of memory. */
char *cg_path(const struct zone_host *h, const char *name, const char *child);
/* Open the payload alone. -ENOENT without message when there is none. */
int cg_open(struct zone_host *h, const char *name, struct cg *ret, struct zerr *e);
/* SIGKILL to what a monitor that has died itself left in its group. */
void cg_kill_monitor(struct zone_host *h, const char *name);
/* Remove all that is empty, payload's descendants included; @monitor too. -EBUSY: processes are
 * left. */
int cg_remove(struct zone_host *h, const char *name, bool monitor, struct zerr *e);
/* The same for groups whose processes were killed: a dying one is counted a moment longer than
 * `populated` says, so it waits, 0.2 s in all. */
int cg_remove_dead(struct zone_host *h, const char *name, bool monitor, struct zerr *e);
/* The leaf that exec clones into, made on demand. fd. */
int cg_exec_leaf(int payload, uid_t owner, struct zerr *e);

/* Write @text to a file of the group in one write. 0 or -errno; no message. */
int cg_write(int group, const char *file, const char *text);
/* SIGKILL to all below; returns before they have ended. */
int cg_kill(int group, struct zerr *e);
/* Freeze or thaw and wait until the kernel says so, at most @timeout_ms. */
int cg_freeze(int group, bool freeze, int timeout_ms, struct zerr *e);
/* From cgroup.events. 0 or -errno. */
int cg_events(int group, bool *ret_populated, bool *ret_frozen);
/* The same of @name's payload, without opening that. -ENOENT: there is none. */
int cg_state(struct zone_host *h, const char *name, bool *ret_populated, bool *ret_frozen);
/* Wait until no process is left. 0 or -ETIMEDOUT. */
int cg_wait_empty(int group, int timeout_ms);

/* The number in a file of the group ("max" and absence: UINT64_MAX). */
uint64_t cg_number(int group, const char *file);
/* Names of the groups directly below, sorted, replacing what *@ret has. 0 or -errno. */
int cg_children(int group, struct strv *ret);
/* Their pids as the host sees them, appended to @ret (NULL-safe), at most @max. Number found. */
size_t cg_pids(int group, pid_t *ret, size_t max);
