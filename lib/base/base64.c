/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base 64: bytes in text files. Strict: one text for each sequence of bytes. */
#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *data, size_t len, struct buf *out)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i += 3) {
		const size_t n = len - i < 3 ? len - i : 3;
		unsigned v = 0;
		char four[5] = "====";

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < n ? p[i + k] : 0U);
		for (size_t k = 0; k <= n; k++)
			four[k] = digits[v >> (18 - 6 * k) & 63];
		buf_add(out, four, 4);
	}
}

static int value_of(char c)
{
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

int base64_decode(const char *text, struct buf *out)
{
	const size_t len = strlen(text);

	if (len % 4)
		return -EINVAL;
	for (size_t i = 0; i < len; i += 4) {
		const size_t pad = i + 4 < len		? 0
				   : text[i + 3] != '=' ? 0
				   : text[i + 2] != '=' ? 1
							: 2;
		unsigned char three[3];
		unsigned v = 0;

		for (size_t k = 0; k < 4; k++) {
			const int d = k < 4 - pad ? value_of(text[i + k]) : 0;

			if (d < 0)
				return -EINVAL;
			v = v << 6 | (unsigned)d;
		}
		if (v & ((1U << 8 * pad) - 1)) /* bits that stand for nothing */
			return -EINVAL;
		for (size_t k = 0; k < 3; k++)
			three[k] = (unsigned char)(v >> (16 - 8 * k));
		buf_add(out, three, 3 - pad);
	}
	return out->failed ? -ENOMEM : 0;
}
