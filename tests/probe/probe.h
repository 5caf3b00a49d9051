/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A check looks at the container that it runs in, as process 1, and says NULL (as it should be), a
 * text that begins with SKIP (nothing to see from inside), or what is wrong. The numbers are those
 * of zone-guest(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SKIP "SKIP "

struct check {
	const char *id;
	const char *what;
	const char *(*look)(void);
};

/* One table for each part of the contract; each ends with a NULL id. */
extern const struct check execution_checks[], environment_checks[], network_checks[], host_checks[],
	forbidden_checks[], habit_checks[];

/* Whole contents of a small file in static storage, the last newline cut off; NULL: not there. */
const char *slurp(const char *path);
/* Whether @path has that file system's magic; whether it is mounted read-only. */
bool has_magic(const char *path, long magic);
bool is_readonly(const char *path);
/* Whether the bounding set has capability @cap. */
bool has_cap(int cap);
/* Formatted text in static storage. */
const char *say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
