/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The full-screen side of top: lines in, keys out. It is a module, zone-screen.so, so that ncurses
 * is loaded by whoever shows a screen and by nobody else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum screen_key {
	SCREEN_NONE = -1,
	SCREEN_UP = 256,
	SCREEN_DOWN,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END
};

struct screen_ops {
	/* Take the terminal. Exit status 7 when its type is not known. */
	int (*open)(struct zerr *e);
	/* Give it back. */
	void (*close)(void);
	void (*size)(unsigned *ret_rows, unsigned *ret_columns);
	/* Show @lines, cut to the screen; @heading of them (-1: none) is shown reversed. */
	void (*draw)(const struct strv *lines, int heading);
	/* A key within @timeout_ms: a character, an enum screen_key; SCREEN_NONE too when the size
	 * has changed or a signal came. */
	int (*key)(int timeout_ms);
};
extern const struct screen_ops zone_screen;
