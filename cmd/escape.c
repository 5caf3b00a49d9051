/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See escape.h. Pure: no terminal here. */
#include "cmd/escape.h"

#include <stdio.h>
#include <string.h>

int escape_parse(const char *text, int *ret_key, struct zerr *e)
{
	const char *key = text[0] == '^' && text[1] ? text + 1 : text;
	const unsigned char c = (unsigned char)*key;

	if (strcmp(text, "none") == 0) {
		*ret_key = -1;
		return 0;
	}
	if (c && !key[1]) {
		if (c < ' ') {
			*ret_key = c;
			return 0;
		}
		/* letters of both cases, and with "^" also @ [ \ ] ^ _ */
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (key != text && c >= '@' && c <= '_')) {
			*ret_key = c & 0x1f;
			return 0;
		}
	}
	return zerr_hint(e, zerr_as(e, ZERR_USAGE, "no such escape key: \"%.20s\"", text),
			 "^a is Ctrl-a, none switches it off");
}

char *escape_name(int key, char out[static 8])
{
	const int c = key | 0x40;

	(void)snprintf(out, 8, "Ctrl-%c", c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	return out;
}

bool escape_feed(struct escape *x, const char *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		const int c = (unsigned char)data[i];

		if (!x->armed && c == x->key) {
			x->armed = true;
			continue;
		}
		if (x->armed && c == 'q')
			return true;
		if (x->armed && c != x->key)
			buf_char(out, (char)x->key);
		x->armed = false;
		buf_char(out, (char)c);
	}
	return false;
}
