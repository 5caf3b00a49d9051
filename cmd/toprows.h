/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What top shows, without saying how: two looks at the zones made into rates, sorted, and each row
 * as text. Pure, so that it can be tested.
 */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "zone.h"

enum top_sort { TOP_NAME, TOP_CPU, TOP_MEMORY, TOP_IO, TOP_PIDS, TOP_SORTS };

/* One zone, or one of its groups. Rates are per second; negative or UINT64_MAX: not known. */
struct top_row {
	const struct zone_sample *s; /* of the later look; borrowed */
	double cpu;		     /* percent of one processor */
	double read, written, received, sent;
	double wait_cpu, wait_memory, wait_io; /* percent of time in which some process waited */
};

struct top_view {
	struct top_row
		*v; /* sorted; the groups of a zone stand behind it in the order of their paths */
	size_t n;
	size_t zones; /* how many of the rows are zones */
	double cpu;   /* sums over zones, of what is known */
	uint64_t memory, pids;
};

/* Rates between @before and @now, which stays alive as long as the view. A zone that is new has
 * unknown ones. 0 or -ENOMEM. */
int top_compute(const struct zone_samples *before, const struct zone_samples *now,
		enum top_sort sort, bool reverse, struct top_view *ret);
void top_done(struct top_view *v);

/* The key's letter of each sort ("ncmbp"), as -s and the keyboard take it; -1: none. */
int top_sort_of(int letter);

/* The heading and a row, each without newline, for a terminal of @columns. */
void top_heading(unsigned columns, struct buf *out);
void top_line(const struct top_row *r, unsigned columns, struct buf *out);
/* "12 zones  CPU 34.2 %  memory 1.2 GiB  340 processes". */
void top_summary(const struct top_view *v, struct buf *out);
/* One object. */
void top_json(struct json *j, const struct top_row *r);
