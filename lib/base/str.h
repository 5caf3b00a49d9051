/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing strings, string vectors, strict numbers. Out of memory is sticky: check once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
	char *p;    /* NUL-terminated once anything was added; owned */
	size_t len; /* bytes, without the NUL */
	size_t cap;
	bool failed; /* an allocation failed; p is what was there before */
};

/* Append bytes, a string, formatted text, a character. On failure only `failed` is set. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_char(struct buf *b, char c);
/* Free it; it is empty then and can be used again. */
void buf_done(struct buf *b);
#define AUTO_BUF __attribute__((cleanup(buf_done)))

struct strv {
	char **v; /* NULL-terminated once anything was added; owned with its strings */
	size_t n;
};

/* Append a copy of @s (or the formatted text). 0 or -ENOMEM. Only these may grow `v`. */
int strv_add(struct strv *v, const char *s);
int strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append the words of @s, separated by any of @seps; empty words are dropped. */
int strv_split(struct strv *v, const char *s, const char *seps);
/* True when one of them is @s. */
bool strv_has(const struct strv *v, const char *s);
/* By bytes, as strcmp() does. */
void strv_sort(struct strv *v);
/* Free it with its strings; it is empty then and can be used again. */
void strv_done(struct strv *v);
#define AUTO_STRV __attribute__((cleanup(strv_done)))

/* Comparisons; NULL equals nothing. */
static inline bool str_eq(const char *a, const char *b)
{
	return a && b && __builtin_strcmp(a, b) == 0;
}

/* True when @s begins (ends) so. */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* asprintf that returns NULL on failure; the caller owns the result. */
char *str_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Replace *@dst by a copy of @src (NULL allowed). 0 or -ENOMEM. */
int str_set(char **dst, const char *src);

/* A whole decimal number, digits only, at most @max. 0, -EINVAL or -ERANGE. */
int parse_u64(const char *s, uint64_t max, uint64_t *ret);
/* Bytes: digits and an optional K, M, G or T (steps of 1024). 0, -EINVAL or -ERANGE. */
int parse_size(const char *s, uint64_t *ret);
/* Bits per second: digits and an optional k, M or G (steps of 1000, in any case) and "bit": "10M",
 * "500kbit". 0, -EINVAL or -ERANGE. */
int parse_rate(const char *s, uint64_t *ret);
/* yes/no, true/false, on/off, 1/0. 0 or -EINVAL. */
int parse_bool(const char *s, bool *ret);
/* A new UUID (RFC 4122, version 4) as text. 0 or -EIO. */
int make_uuid(char out[static 40]);
/* Whether the kernel's list of processors ("0-3,8") has @cpu. */
bool cpulist_has(const char *list, unsigned long cpu);
/* "1.5 GiB" for people; @out needs 16 bytes. Returns @out. */
char *format_size(uint64_t bytes, char out[static 16]);

/* Zone and snapshot names of zone(8). 0 or a usage error (exit 2) that says what is allowed. */
int name_check_zone(const char *name, struct zerr *e);
int name_check_snapshot(const char *name, struct zerr *e);

/* Edit distance for did-you-mean; at most 32 characters are compared. */
unsigned str_distance(const char *a, const char *b);
/* The nearest word of the NULL-terminated list within distance 2 (or prefix), or NULL. */
const char *str_nearest(const char *s, const char *const *words);

/* RFC 3339 in UTC from seconds since the epoch; @out needs 32 bytes. Returns @out. */
char *format_time(int64_t seconds, char out[static 32]);
/* Now, by CLOCK_REALTIME in seconds, and CLOCK_BOOTTIME in nanoseconds. */
int64_t now_seconds(void);
uint64_t now_boot_ns(void);
/* Now, by CLOCK_MONOTONIC in milliseconds: for deadlines. */
int64_t now_ms(void);
