/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What we ask of a systemd that runs the host: units and scopes for zones, and their registration
 * with machined. By D-Bus, in a module of its own (zone-systemd.so), which alone links libsystemd:
 * start, exec, stop and ls of hosts without systemd never load it. What a unit's own processes tell
 * systemd is in unit.h, and needs no library.
 */
#pragma once

#include <stdbool.h>

#include "core/core.h"

/* What machined is told of a running zone. */
struct systemd_machine {
	const char *name;
	uint8_t id[16];	      /* container_uuid */
	pid_t leader;	      /* init */
	const char *root;     /* where the host sees its root */
	const int32_t *links; /* of the host's ends of its NICs */
	size_t links_n;
};

/* Whether these are the standard places, which the units know. */
bool systemd_knows(const struct zone_host *h);
/* Whether zones of this installation belong into units: that, and systemd runs the host. */
bool systemd_runs(const struct zone_host *h);

typedef int systemd_hear(int verdict, int flags, struct zerr *ret);
/* Have zone@NAME.service started. @hear of verdict.h waits at the socket @verdict for
 * what the unit's process says; the end of the job is the other way out. 0; 1: systemd says done,
 * the zone has said nothing (the unit was active, or passed over); -ENOTCONN: no D-Bus, nothing was
 * done; or an error of the zone's or of systemd's. Interrupted, it has the unit stopped again. */
int systemd_start(const char *name, int verdict, systemd_hear *hear, struct zerr *e);
/* Put @pid into a new delegated scope of the zone's, zone-NAME.scope. Errors as above. */
int systemd_scope(const char *name, pid_t pid, struct zerr *e);
/* Have @unit started, and do not wait for it. */
int systemd_begin(const char *unit, struct zerr *e);
/* Let systemd read units again, and run the generator. */
int systemd_reload(struct zerr *e);
/* Register with machined, instead of what has that name. machined is not needed for anything: the
 * result is for the log. */
int systemd_enroll(const struct systemd_machine *m, struct zerr *e);
void systemd_dismiss(const char *name);

/* What the module exports, as one table. */
struct systemd_ops {
	int (*start)(const char *unit, int verdict, systemd_hear *hear, struct zerr *e);
	int (*scope)(const char *unit, pid_t pid, const char *description, struct zerr *e);
	int (*reload)(struct zerr *e);
	int (*enroll)(const struct systemd_machine *m, struct zerr *e);
	void (*dismiss)(const char *name);
};
extern const struct systemd_ops zone_systemd;
