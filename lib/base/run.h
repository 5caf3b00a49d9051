/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a host program without a shell: argv, clean environment, no inherited descriptors, its
 * standard error kept for the message. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct run_args {
	const char *const
		*argv; /* argv[0] is an absolute path, or a name looked up in the fixed PATH */
	const char *const *env; /* "K=V" beside PATH, HOME=/, LC_ALL=C; NULL for none */
	int stdin_fd;		/* 0 means /dev/null */
	int cwd_fd;		/* directory, 0 means / */
	struct buf *out;	/* standard output goes here; NULL: see below */
	int stdout_fd;		/* when out is NULL; 0 means /dev/null */
	int stderr_fd;		/* 0: the last 4 KiB are kept for the error message */
	int cgroup_fd;		/* group that it is born in; 0: ours */
	int timeout_ms;		/* 0: none; the program is killed when it passes */
};

/* Run it and wait. 0, -ENOENT (no such program, exit status 7), -EIO (it failed; the message ends
 * with its last line of standard error), -ETIMEDOUT, -EINTR (steps_signal(): SIGTERM, 3 s later
 * SIGKILL). @ret_status may be NULL; with it a non-zero exit is not an error, death by a signal is.
 */
int run_program(const struct run_args *a, int *ret_status, struct zerr *e);
/* The path of @name in the fixed PATH, or NULL. Static storage is not used; the caller owns it. */
char *run_find(const char *name);
/* The path of one of our own programs or modules ("zone-monitor", "zone-image.so"): beside the
 * running executable (a build tree), else in the libexec directory. The caller owns it; NULL: no
 * memory. */
char *run_helper(const char *name);
