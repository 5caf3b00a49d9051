/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8 decoding by the table of the Unicode standard (well-formed byte sequences). Pure functions;
 * must not depend on the locale, which the library never sets. */
#include "base/utf8.h"

#include <string.h>

size_t utf8_char(const char *s, uint32_t *ret_code)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = 0;
	uint32_t code = 0;

	if (u[0] == 0)
		return 0;
	if (u[0] < 0x80) {
		n = 1;
		code = u[0];
	} else if (u[0] >= 0xc2 && u[0] < 0xe0) {
		n = 2;
		code = u[0] & 0x1f;
	} else if (u[0] >= 0xe0 && u[0] < 0xf0) {
		n = 3;
		code = u[0] & 0x0f;
	} else if (u[0] >= 0xf0 && u[0] < 0xf5) {
		n = 4;
		code = u[0] & 0x07;
	}
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (u[i] & 0x3f);
	}
	if (n > 1 && (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
		return 0;
	if (n && ret_code)
		*ret_code = code;
	return n;
}

size_t utf8_cut(const char *s, size_t max)
{
	const size_t len = strnlen(s, max + 1);

	if (len <= max)
		return len;
	for (size_t back = 0; back < 4 && back <= max; back++) {
		if (((unsigned char)s[max - back] & 0xc0) != 0x80)
			return max - back;
	}
	return max; /* no UTF-8 at all */
}
