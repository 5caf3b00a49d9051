/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stay with a zone that was just started until it has stopped: for start -F and run. */
#pragma once

#include "cmd/verbs.h"

struct foreground {
	const char *name;
	uint64_t log; /* zone_log_end() before the start: older output is not shown */
	bool console; /* show its console and write to it; otherwise only wait */
	int escape;   /* the key that stops the zone, or -1 */
	/* A signal arrived, or (SIGTERM) the escape key; @count is 1 for the first. */
	void (*signal)(struct cmd *c, struct foreground *f, int sig, unsigned count);
	pid_t helper; /* a child of `signal`, waited for at the end; 0: none */
};

/* Returns the exit status of its process 1, or -errno and @e. Signals are held from here on. */
int foreground(struct cmd *c, struct foreground *f, struct zerr *e);
