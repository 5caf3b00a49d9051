/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exec, the half that runs inside: see enter.c. */
#pragma once

#include "core/caps.h"
#include "core/seccomp.h"
#include "zone.h"

struct enter {
	const struct zone_exec *args;
	int init;   /* pidfd of the zone's first process */
	uid_t base; /* of the zone that runs */
	bool userns, no_new_privs;
	uint64_t caps;
	struct pairs rlimits; /* owned */
	struct seccomp_filter filter;
};

/* Join all namespaces of the zone and become the command. @sock gets the pty's master, then nothing
 * (exec closes it) or one struct zerr. Runs in a process of its own, already in the zone's group.
 */
_Noreturn void enter_main(const struct enter *x, int sock);

/* A user of the zone, by its own passwd and group files. */
struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[64];
	size_t groups_n;
	char name[64], home[256], shell[256];
};
/* "USER[:GROUP]", names or decimal numbers, read from /etc of the present root: call it inside,
 * without privilege over the host. Plain files only; nothing of the zone is executed. */
int account_find(const char *text, struct account *ret, struct zerr *e);
