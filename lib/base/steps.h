/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every operation that changes something is a const table of steps. steps_up() walks it forwards
 * and, when a step fails, backwards from there; steps_down() is the same backward walk for `stop`
 * and for the repair of a command that was killed. `reached`, the number of steps that are up, is
 * kept in a journal record that is written before the first step, after each step and removed at
 * the end, so that whatever SIGKILL interrupts is undone or finished by the next command. So: a
 * down function works from what is on disk alone, in another process, and does nothing when there
 * is nothing to do; the step at `reached` may be half done, so its down is walked too.
 *
 * ZONE_TEST_FAIL_STEP=OP:STEP makes that step fail before it runs, ZONE_TEST_FAIL_STEP=OP:STEP:kill
 * sends SIGKILL to the process there, OP:STEP:after:kill just after it (before the journal knows).
 * The hook is compiled in always and honoured only for real root (AT_SECURE off): the variable is
 * worth nothing to somebody who could kill the process anyway.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/sig.h" /* steps_check() and its like, for who walks tables */
#include "base/str.h"

struct step {
	const char *name;
	int (*up)(void *ctx, struct zerr *e);	/* NULL: nothing to do */
	int (*down)(void *ctx, struct zerr *e); /* NULL: nothing to undo */
};

struct op {
	const char *name;	  /* "create", "start", … */
	const struct step *steps; /* ends with a NULL name */
};

enum journal_mode {
	JOURNAL_EACH,	 /* written before the first step and after each */
	JOURNAL_ONCE,	 /* written before the first step only: what is done is found out */
	JOURNAL_FORWARD, /* so, and once the first step is done there is no way back: the record
			    stays */
};

struct journal {
	int dirfd;	  /* where the record lives; -1 keeps no record */
	const char *file; /* its name there */
	bool durable;	  /* sync each write: for directories that survive a reboot */
	enum journal_mode mode;
	const char *note; /* kept in it: what the repair has to know; may be NULL */
};

/* Walk all steps up. On failure everything is walked down again, the journal removed (unless a down
 * failed: then it stays, for the next command), and the first error kept. SIGINT and SIGTERM, noted
 * by steps_signal(), count as a failure between two steps. On success the journal is left at the
 * last step; the caller ends it with journal_clear() once the result itself is committed. */
int steps_up(const struct op *op, const struct journal *j, void *ctx, struct zerr *e);
/* Go on from @reached, for operations that another process continues. */
int steps_up_from(const struct op *op, unsigned reached, const struct journal *j, void *ctx,
		  struct zerr *e);
/* Run the up functions of what is up already once more, for tables of which each step makes be what
 * it should. Nothing is walked down when one fails, and there is no journal. */
int steps_refresh(const struct op *op, void *ctx, struct zerr *e);
/* Walk down from @reached (as read from the journal). All steps are tried; the first error is kept.
 */
int steps_down(const struct op *op, unsigned reached, const struct journal *j, void *ctx,
	       struct zerr *e);

/* The journal's operation (into @op, NUL-terminated) and reached. 0, -ENOENT, or -errno. */
int journal_read(const struct journal *j, char op[static 32], unsigned *ret_reached,
		 struct zerr *e);
/* The note, appended to @ret; nothing when there is none. 0 or -errno. */
int journal_note(const struct journal *j, struct buf *ret, struct zerr *e);
int journal_write(const struct journal *j, const char *op, unsigned reached, struct zerr *e);
int journal_clear(const struct journal *j, struct zerr *e);
