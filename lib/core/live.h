/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `set` does to a running zone. Keys come in families (limits, devices, …): each has one
 * function that takes the zone from what one specification says to what another says, or leaves it
 * as it was. So undoing is the same function with the two changed round, and all or nothing over
 * several families is a walk back. A new family is one row in live.c.
 */
#pragma once

#include "core/core.h"
#include "core/state.h"

struct live {
	struct zone *z;
	const struct status *status; /* of the zone, which runs or is frozen */
	struct record *state; /* of the run; what a family keeps there is saved by live_change() */
	int payload;	      /* its control group */
	const struct zone_spec *from, *to;
	const char *plug;   /* the interface that is to come or go, with its keys; NULL: none */
	struct strv *later; /* full keys whose change has to wait for the next start: appended */
};

/* The same the other way round, for undoing; @later gets what it cannot undo. */
struct live live_back(const struct live *l, struct strv *later);
/* From l->from to l->to. On failure the zone is as before, and the error says which key. */
int live_change(const struct live *l, struct zerr *e);
/* Whether @path is a key that a family applies, so that it does nothing in a zone that is stopped.
 */
bool live_has(const char *path);
/* The way back, after something else has failed. Errors are lost: the first one counts. */
void live_undo(const struct live *l);

/* For a family of free names: @change is called for each name whose value differs, with the old and
 * the new one (NULL: unset). When one fails, those before it are called the other way round. */
int live_pairs(const struct pairs *from, const struct pairs *to,
	       int (*change)(void *ctx, const char *name, const char *was, const char *value,
			     struct zerr *e),
	       void *ctx, struct zerr *e);
/* What @key was in the running zone before `set` changed it for the first time: kept in the record,
 * so that unsetting it, or undoing a change, can put it back. NULL: not known. */
int live_remember(const struct live *l, const char *key, const char *was, struct zerr *e);
const char *live_remembered(const struct live *l, const char *key);
/* As zone_set(), and when the zone runs interface @nic comes or goes at once. config.c. */
int live_plug(struct zone_host *h, const char *name, const char *nic, char *const *assignments,
	      int n, struct strv *ret_live, struct zerr *e);
/* Remember that @prefix@name waits for the next start. 0 or -ENOMEM with message. */
int live_later(const struct live *l, const char *prefix, const char *name, struct zerr *e);

/* The families. Each is as live_change() for its keys alone. */
int limits_live(const struct live *l, struct zerr *e);	   /* limits_live.c: limits.* */
int raw_cgroup_live(const struct live *l, struct zerr *e); /* limits_live.c: raw.cgroup.FILE */
int devices_live(const struct live *l, struct zerr *e);	   /* devnodes.c: device.NAME.* */
int usermounts_live(const struct live *l, struct zerr *e); /* usermounts_live.c: mount.NAME.* */
int rlimits_live(const struct live *l, struct zerr *e);	   /* rlimits_live.c: rlimit.NAME */
int forwards_live(const struct live *l, struct zerr *e);   /* forwards.c: forward.PORT */
int nics_live(const struct live *l, struct zerr *e);	   /* nics_live.c: net.NIC.* */
int sysctls_live(const struct live *l, struct zerr *e);	   /* sysctls.c: sysctl.NAME */
