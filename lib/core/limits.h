/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.* and raw.cgroup.*: one table from keys to files of the payload's group. A start writes
 * them by descriptor, fast; `set` writes them to a running zone through libcgroup and reads back
 * what the kernel made of it (limits_live.c). A limit that was asked for and cannot be applied is
 * exit status 7; nothing is ever silently not applied.
 */
#pragma once

#include "core/core.h"

/* One file of the group and what goes into it. */
struct limit_write {
	const char *key;	/* "memory", without the prefix; for messages */
	const char *value;	/* as configured */
	const char *controller; /* of the file */
	const char *file;	/* "memory.max" */
	const char *text;	/* in the kernel's form */
};
/* Writes one. 0, -ENOENT when the file is not there, or -errno with a message when @e is set. */
typedef int limit_writer(void *ctx, const struct limit_write *w, struct zerr *e);

/* limits.@key = @value: all its writes in order. @value NULL: what it is when unset, @was is what
 * it has been (NULL: it was not set). Usage errors for values that this host can never have; exit
 * status 7 where the controller is missing. */
int limits_write(const char *key, const char *was, const char *value, limit_writer *write,
		 void *ctx, struct zerr *e);

/* All of a starting zone. Defaults that cannot be applied go to @not_enforced. *@ret_nproc:
 * RLIMIT_NPROC to use instead of the pids controller, 0 for none. */
int limits_start(const struct zone_spec *s, int payload, struct strv *not_enforced,
		 uint64_t *ret_nproc, struct zerr *e);
