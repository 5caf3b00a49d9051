/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The escape key of console: KEY q leaves, KEY KEY sends one KEY, KEY and anything else sends both.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct escape {
	int key;    /* the byte, or -1: none */
	bool armed; /* it was the last byte seen */
};

/* "^a", "a" (the control key of that letter), one byte below 32, or "none". 0 or a usage error. */
int escape_parse(const char *text, int *ret_key, struct zerr *e);
/* "Ctrl-a". @out needs 8 bytes. Returns @out. */
char *escape_name(int key, char out[static 8]);
/* Append what is to be sent to @out. True: leave, what follows in @data is dropped. */
bool escape_feed(struct escape *x, const char *data, size_t len, struct buf *out);
