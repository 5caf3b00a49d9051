/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table runner: the only code that walks tables of steps. Must not know what a step does. */
#include "base/steps.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/record.h"

#define JOURNAL_FORMAT 1
#define REACHED_MAX    256 /* no table is longer */

int journal_read(const struct journal *j, char op[static 32], unsigned *ret_reached, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	const char *name, *number;
	uint64_t reached = 0;
	int r;

	if (j->dirfd < 0)
		return -ENOENT;
	r = record_load(&rec, j->dirfd, j->file, JOURNAL_FORMAT, e);
	if (r < 0)
		return r;
	name = record_get(&rec, "op");
	number = record_get(&rec, "reached");
	if (!name || !*name || strlen(name) >= 32 || !number ||
	    parse_u64(number, REACHED_MAX, &reached) < 0)
		return zerr_set(e, EPROTO, "%s: damaged journal", j->file);
	memcpy(op, name, strlen(name) + 1);
	*ret_reached = (unsigned)reached;
	return 0;
}

int journal_note(const struct journal *j, struct buf *ret, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	const int r = record_load(&rec, j->dirfd, j->file, JOURNAL_FORMAT, e);
	const char *note = record_get(&rec, "note");

	if (r == 0 && note)
		buf_str(ret, note);
	return ret->failed ? zerr_code(e, ENOMEM, "%s", j->file) : r;
}

int journal_write(const struct journal *j, const char *op, unsigned reached, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };

	if (j->dirfd < 0)
		return 0;
	if (record_set(&rec, "op", op) < 0 || record_setf(&rec, "reached", "%u", reached) < 0 ||
	    (j->note && record_set(&rec, "note", j->note) < 0))
		return zerr_code(e, ENOMEM, "write %s", j->file);
	return record_save(&rec, j->dirfd, j->file, JOURNAL_FORMAT, j->durable, e);
}

int journal_clear(const struct journal *j, struct zerr *e)
{
	int r;

	if (j->dirfd < 0 || !fs_exists(j->dirfd, j->file))
		return 0;
	r = fs_remove(j->dirfd, j->file, e);
	if (r < 0 || !j->durable)
		return r;
	r = fs_sync_dir(j->dirfd);
	return r < 0 ? zerr_code(e, -r, "sync the removal of %s", j->file) : 0;
}

enum fault { FAULT_NONE, FAULT_BEFORE, FAULT_AFTER };

/* Cut `:@word` off the end of @text (@n bytes). */
static bool take_suffix(const char *text, size_t *n, const char *word)
{
	const size_t k = strlen(word);

	if (*n < k || memcmp(text + *n - k, word, k) != 0)
		return false;
	*n -= k;
	return true;
}

/* Which fault was asked for at this step; *@ret_kill whether it is a SIGKILL. */
static enum fault asked_fault(const char *op, const char *step, bool *ret_kill)
{
	const char *text = secure_getenv("ZONE_TEST_FAIL_STEP");
	size_t n = text ? strlen(text) : 0;
	const size_t k = strlen(op);
	bool after;

	if (!text || getuid() != 0)
		return FAULT_NONE;
	*ret_kill = take_suffix(text, &n, ":kill");
	after = take_suffix(text, &n, ":after");
	if (n != k + 1 + strlen(step) || memcmp(text, op, k) != 0 || text[k] != ':' ||
	    memcmp(text + k + 1, step, strlen(step)) != 0)
		return FAULT_NONE;
	return after ? FAULT_AFTER : FAULT_BEFORE;
}

static int inject(const char *op, const char *step, enum fault where, struct zerr *e)
{
	bool by_kill = false;

	if (asked_fault(op, step, &by_kill) != where)
		return 0;
	if (by_kill)
		(void)raise(SIGKILL); /* does not return */
	return zerr_set(e, EIO, "failure injected by ZONE_TEST_FAIL_STEP");
}

static int step_up(const struct op *op, const struct step *s, void *ctx, struct zerr *e)
{
	int r = steps_check(e);

	if (r == 0)
		r = inject(op->name, s->name, FAULT_BEFORE, e);
	if (r == 0 && s->up)
		r = s->up(ctx, e);
	if (r == 0)
		r = inject(op->name, s->name, FAULT_AFTER, e);
	return zerr_in(e, r, "%s", s->name);
}

int steps_up_from(const struct op *op, unsigned reached, const struct journal *j, void *ctx,
		  struct zerr *e)
{
	unsigned i = reached;
	struct zerr undo = { 0 };
	int r = journal_write(j, op->name, i, e);

	while (r == 0 && op->steps[i].name) {
		r = step_up(op, &op->steps[i], ctx, e);
		if (r < 0)
			break;
		r = j->mode == JOURNAL_EACH ? journal_write(j, op->name, i + 1, e) : 0;
		if (r == 0)
			i++;
	}
	if (r < 0 && i > 0 && j->mode == JOURNAL_FORWARD)
		return r;
	if (r < 0 && steps_down(op, i, j, ctx, &undo) < 0)
		log_warn("%s: undo: %s", op->name, undo.msg);
	return r;
}

int steps_up(const struct op *op, const struct journal *j, void *ctx, struct zerr *e)
{
	return steps_up_from(op, 0, j, ctx, e);
}

int steps_refresh(const struct op *op, void *ctx, struct zerr *e)
{
	int r = 0;

	for (const struct step *s = op->steps; r == 0 && s->name; s++)
		r = step_up(op, s, ctx, e);
	return r;
}

/* Walk down from the step at @reached, all of them. The first error. */
static int walk_down(const struct op *op, unsigned reached, void *ctx, struct zerr *e)
{
	unsigned n = 0;
	int first = 0;

	while (n <= reached && op->steps[n].name) /* the one at reached may be half done */
		n++;
	while (n-- > 0) {
		const struct step *s = &op->steps[n];
		struct zerr own = { 0 };
		const int r = s->down ? zerr_in(&own, s->down(ctx, &own), "%s", s->name) : 0;

		if (r >= 0)
			continue;
		if (first == 0 && e)
			*e = own;
		else
			log_warn("%s: %s", op->name, own.msg);
		first = first ? first : r;
	}
	return first;
}

int steps_down(const struct op *op, unsigned reached, const struct journal *j, void *ctx,
	       struct zerr *e)
{
	int r;

	steps_hold_signals(true);
	r = walk_down(op, reached, ctx, e);
	steps_hold_signals(false);
	return r < 0 ? r : journal_clear(j, e);
}
