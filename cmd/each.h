/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs on several zones: names, globs and --all made into a list, all of them tried, -j at a time.
 */
#pragma once

#include "cmd/verbs.h"

/* The status of several: that of the failures when they agree, else 1. Start with 0. */
static inline int status_combine(int all, int one)
{
	if (one == 0 || one == all)
		return all;
	return all == 0 ? one : ZERR_FAILED;
}

/* Whether @name (NULL: nobody's) matches one of the patterns that @c has, or it has none. */
bool each_wanted(const struct cmd *c, const char *name);
/* The zones that @c means: its names and globs; all with --all or, where the verb allows it,
 * without names. 0, or -errno and @e. */
int each_names(struct cmd *c, struct strv *ret, struct zerr *e);
/* The same for verbs with -j, which is checked. */
int each_begin(struct cmd *c, struct strv *ret, struct zerr *e);
/* Run c->verb->each for every one of @names, print the failures. The combined status. */
int each_of(struct cmd *c, const struct strv *names, void *opts);
/* Run c->verb->each for every one of them and print the failures. The combined status, or -errno
 * and
 * @e when nothing was tried. */
int each_run(struct cmd *c, void *opts, struct zerr *e);

/* Zones that are worked on side by side, in an order of the caller's. */
enum { TURN_WAIT = -1, TURN_END = -2 };
struct turns {
	const struct strv *names;
	void *arg;
	/* Which of them may begin now; TURN_WAIT: none before another one has ended, or *ret_ms
	 * have passed (-1: however long); TURN_END: none any more. */
	int (*next)(void *arg, int *ret_ms);
	/* It has ended with this exit status. */
	void (*ended)(void *arg, size_t i, int status);
};
/* Run c->verb->each in children, at most @jobs at once, and print the failures. The combined
 * status. */
int each_in_turn(struct cmd *c, const struct turns *t, unsigned jobs, void *opts);
