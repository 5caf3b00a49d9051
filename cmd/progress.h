/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress on standard error, where that is a terminal: a bar with rate and time left. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct progress {
	bool drawn;    /* a bar stands on the terminal's line */
	bool finished; /* `what` has been reported as done */
	char what[80];
	uint64_t first;	 /* bytes that were there at the first call (a resumed download) */
	int64_t started; /* now_ms() of the first call for `what` */
};

/* @what stands at @done of @total bytes (0: unknown). */
void progress_update(struct progress *p, const char *what, uint64_t done, uint64_t total);
/* Take the bar away: before anything else is printed there, and at the end. */
void progress_clear(struct progress *p);

/* One line for a terminal of @columns; @rate in bytes per second, 0: unknown. No newline. */
void progress_bar(struct buf *out, unsigned columns, const char *what, uint64_t done,
		  uint64_t total, uint64_t rate);
