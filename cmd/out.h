/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Output for people and programs: aligned columns, cleaned text, JSON to standard output. What
 * comes from zones (names, comments, logs) goes through here, never raw to a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

/* Rows of cells under headings. Cells are added row by row. */
struct out_table {
	const char *const *heads;
	size_t columns;
	struct strv cells;
	bool failed; /* out of memory */
	bool colour; /* colour words of state */
};

/* NULL and "" become "-". Control characters become '?'. */
void out_cell(struct out_table *t, const char *text);
void out_cell_strv(struct out_table *t, const struct strv *v, const char *between);
void out_cell_fmt(struct out_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append the table, nothing when it has no rows. Columns are as wide as their widest cell. */
void out_table(const struct out_table *t, struct buf *out);
void out_table_done(struct out_table *t);
#define AUTO_TABLE __attribute__((cleanup(out_table_done)))

/* Names in as many columns as @width holds, filled downwards like ls(1). */
void out_names(const struct strv *names, unsigned width, struct buf *out);

/* Append @s with control characters replaced. */
void out_clean(struct buf *out, const char *s);
/* The same when standard output is a terminal, otherwise @s as it is: a value for a program. */
void out_text(struct buf *out, const char *s);
/* Append a console log without escape sequences and control characters, lines kept. */
void out_log(struct buf *out, const char *data, size_t len);

/* A value of a configuration as JSON: whole numbers and true/false as such, otherwise a string. */
void out_json_auto(struct json *j, const char *key, const char *value);
/* Seconds since the epoch as RFC 3339, 0 as null. */
void out_json_time(struct json *j, const char *key, int64_t seconds);

/* isatty() that keeps errno. */
bool out_is_terminal(int fd);
/* Whether colour is wanted on @fd: a terminal, TERM not "dumb", NO_COLOR not set. */
bool out_colour(int fd);
/* The width of @fd, 80 when it has none. */
unsigned out_columns(int fd);

/* Write all of @b to standard output. 0, or -errno and @e (out of memory too). */
int out_write(const struct buf *b, struct zerr *e);
/* One line. */
int out_line(struct zerr *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whatever is still buffered. 0, or -errno and @e. */
int out_flush(struct zerr *e);
