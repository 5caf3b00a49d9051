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

struct tty_pump {
	int fd;	    /* the other side; made non-blocking. -1: only wait for pidfd */
	int pidfd;  /* ends when it becomes readable and the other side is drained; -1: none */
	int escape; /* key, or -1 */
	bool mute;  /* what is typed is looked at for the escape key only */
	bool watch; /* only wait for the end of the other side: no input, output is dropped */
	bool raw;   /* put our terminal, when it is one, into raw mode */
	int eof;    /* byte to send when an input that is no terminal ends; -1: none */
	const struct buf *first; /* printed before anything else; may be NULL */
	/* Send input: bytes taken, -EAGAIN, or another -errno when the other side is gone. */
	int (*send)(int fd, const void *data, size_t len);
	int (*resize)(int fd, unsigned short rows, unsigned short cols); /* may be NULL */
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

/* `send` and `resize` for the master of a pty. */
int tty_pty_send(int fd, const void *data, size_t len);
int tty_pty_resize(int fd, unsigned short rows, unsigned short cols);

/* `send` for a console of zone_console(). */
int tty_console_send(int fd, const void *data, size_t len);
