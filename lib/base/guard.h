/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For what must never stay behind, whatever ends us: a process that waits for our end, undoes it
 * and ends. It is also the one that undoes it when all went well, so that this way is always the
 * one that was tried. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* What undoes it, by the one descriptor it gets. 0 or -errno. Runs in a fork: only system calls. */
typedef int guard_fn(int fd);

struct guard {
	guard_fn *undo;
	int fd; /* borrowed */
	int pipe;
	pid_t pid; /* 0: none */
};
#define GUARD_NONE                   \
	{                            \
		.fd = -1, .pipe = -1 \
	}

/* Before the thing is done. 0 or -errno. */
int guard_start(struct guard *g, guard_fn *undo, int fd, struct zerr *e);
/* Undo it now. Nothing to do when there is no guard. 0 or what @undo says. */
int guard_end(struct guard *g);
