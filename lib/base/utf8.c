/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8 decoding by the table of the Unicode standard (well-formed byte sequences). Pure functions;
 * must not depend on the locale, which the library never sets. */
#include "base/utf8.h"

#include <string.h>

/* Length of the character that @first begins, and its bits of the code; 0 when it begins none. */
static size_t lead_byte(unsigned char first, uint32_t *ret_bits)
{
	static const struct {
		unsigned char from, to, mask;
	} leads[] = { { 0x01, 0x7f, 0x7f },
		      { 0xc2, 0xdf, 0x1f },
		      { 0xe0, 0xef, 0x0f },
		      { 0xf0, 0xf4, 0x07 } };

	for (size_t i = 0; i < 4; i++) {
		if (first >= leads[i].from && first <= leads[i].to) {
			*ret_bits = first & leads[i].mask;
			return i + 1;
		}
	}
	return 0;
}

size_t utf8_char(const char *s, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code = 0;
	const size_t n = lead_byte((unsigned char)s[0], &code);

	for (size_t i = 1; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
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
