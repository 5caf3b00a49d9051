/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files that only zone reads and writes: lines of key=value, first of them `format=N`. Values
 * are escaped (\n, \\, \xHH), so any text fits. A file of a newer format than the code is refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct record {
	struct strv kv; /* key, value, key, value, … in file order */
};

/* The value of @key, NULL when missing; the number, @missing when missing or no number. */
const char *record_get(const struct record *r, const char *key);
uint64_t record_u64(const struct record *r, const char *key, uint64_t missing);
/* Set or replace. 0, -ENOMEM, or -EINVAL for a key that is not graphic ASCII without '='. */
int record_set(struct record *r, const char *key, const char *value);
int record_setf(struct record *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Forget a key; forget all. */
void record_unset(struct record *r, const char *key);
void record_done(struct record *r);
#define AUTO_RECORD __attribute__((cleanup(record_done)))

/* Parse @text into @ret, replacing what is there; @what names it in errors. 0, -EPROTO (damaged),
 * -ENOTSUP (newer than @format). */
int record_parse(struct record *ret, const char *text, unsigned format, const char *what,
		 struct zerr *e);
/* Load @name below @dirfd. As above, or -ENOENT without message and with *@ret
 * empty. */
int record_load(struct record *ret, int dirfd, const char *name, unsigned format, struct zerr *e);
/* As it is written, appended to @ret. 0 or -errno. */
int record_text(const struct record *r, unsigned format, struct buf *ret);
/* Write @name below @dirfd by rename; @durable also syncs file and directory. */
int record_save(const struct record *r, int dirfd, const char *name, unsigned format, bool durable,
		struct zerr *e);
