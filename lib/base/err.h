/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one way to report a failure: a negative errno as return value, and one plain struct that the
 * caller owns. No heap, no pointers: it is written to a pipe as it is, so that the failure of a
 * child prints like any other. Library code sets it where a call fails, adds context once per
 * layer, and never prints; cmd/main.c prints it once.
 */
#pragma once

#include <errno.h>
#include <limits.h>
#include <stdarg.h>

/* Exit statuses of zone(8). */
enum zerr_status {
	ZERR_OK = 0,
	ZERR_FAILED = 1,
	ZERR_USAGE = 2,
	ZERR_MISSING = 3, /* no such zone, snapshot, image or network */
	ZERR_STATE = 4,	  /* wrong state, or exists already */
	ZERR_PERM = 5,
	ZERR_BUSY = 6, /* another command holds the lock */
	ZERR_HOST = 7, /* the host lacks something */
};

struct zerr {
	int code;	/* positive errno; 0 = no error */
	int status;	/* enum zerr_status, the exit status that this error asks for */
	char msg[760];	/* "outer: inner: cause" */
	char hint[256]; /* one line that says what to do, or empty */
};
_Static_assert(sizeof(struct zerr) <= PIPE_BUF, "must cross a pipe in one atomic write");

/* Set @e to status 1, errno @code and the message. Returns -@code. */
int zerr_set(struct zerr *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with an exit status; the errno is derived from it. Returns -errno. */
int zerr_as(struct zerr *e, enum zerr_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set @e from @code and append ": " and its text. Returns -@code. */
int zerr_code(struct zerr *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* zerr_code() with the present errno. */
#define zerr_sys(e, ...) zerr_code((e), errno, __VA_ARGS__)

/* If @r < 0, put "prefix: " before the message. Returns @r. */
int zerr_in(struct zerr *e, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* If @r < 0 and no hint is set, set it. Returns @r. */
int zerr_hint(struct zerr *e, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Replace control characters (terminal injection) in place by '?'; UTF-8 stays. */
void zerr_clean(char *text);
