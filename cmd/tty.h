/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our terminal (or whatever the standard descriptors are) on one side, a console or a pty of a zone
 * on the other: bytes both ways, window size, signals, the escape key. The terminal is put back on
 * every way out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum tty_end {
	TTY_GONE,   /* the other side, or the process of pidfd, has ended */
	TTY_LEFT,   /* by the escape key, or our side has gone */
	TTY_SIGNAL, /* `signal` returned false */
};

enum { TTY_EOF_NONE = -1, TTY_EOF_CLOSE = -2 };

struct tty_pump {
	/* From `in` to `to`, from `from` to `out`; -1: not that way, but what `from` says is still
	 * read and dropped without an `out`. `to` and `from`, which may be one, are made
	 * non-blocking. */
	int in, to, from, out;
	int pidfd;  /* ends when it becomes readable and `from` is drained; -1: when `from` ends */
	int escape; /* key, or -1 */
	bool mute;  /* what is typed is looked at for the escape key only */
	bool raw;   /* put our terminal, when it is one, into raw mode */
	int eof;    /* when `in` ends and is no raw terminal: a byte to send, or TTY_EOF_* */
	const struct buf *first; /* printed before anything else; may be NULL */
	/* Send input: bytes taken, -EAGAIN, or another -errno when the other side is gone. */
	int (*send)(int to, const void *data, size_t len);
	int (*resize)(int to, unsigned short rows, unsigned short cols); /* may be NULL */
	/* SIGINT, SIGTERM, SIGHUP or SIGQUIT arrived. True: go on. NULL: they leave. */
	bool (*signal)(void *arg, int sig);
	void *arg;
};

/* Pump until the end. An enum tty_end, or -errno and @e. */
int tty_pump(const struct tty_pump *p, struct zerr *e);

/* Rows and columns of our terminal; false (and 24x80) when there is none. */
bool tty_size(unsigned short *ret_rows, unsigned short *ret_cols);
/* Whether standard input and output are both terminals. */
bool tty_is_ours(void);

/* `send` for a pipe or the master of a pty. */
int tty_write(int fd, const void *data, size_t len);
/* `resize` for the master of a pty. */
int tty_pty_resize(int fd, unsigned short rows, unsigned short cols);

/* `send` for a console of zone_console(). */
int tty_console_send(int fd, const void *data, size_t len);
