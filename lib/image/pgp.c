/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key files, armoured or binary, as a binary keyring, and the fingerprints in it (RFC
 * 4880: 4.2, 6.2, 12.2). Nothing here decides whom to trust.
 */
#include "image/pgp.h"

#include <string.h>

#include "image/hash.h"

#define TAG_PUBLIC_KEY 6

/* ---- armour --------------------------------------------------------------------------------- */

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* The base64 lines from @p up to the checksum or the end line. Where they end, or NULL. */
static const char *decode(const char *p, struct buf *ret)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (; *p && *p != '=' && *p != '-'; p++) {
		const int v = base64_value(*p);

		if (v < 0 && !strchr(" \t\r\n", *p))
			return NULL;
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_char(ret, (char)(bits >> n & 0xff));
		}
	}
	return *p ? p : NULL;
}

/* After the armour's header lines: behind the first empty line. */
static const char *skip_headers(const char *p)
{
	while (*p) {
		const size_t n = strcspn(p, "\n");
		const bool empty = strspn(p, " \t\r") >= n;

		p += n + (p[n] == '\n');
		if (empty)
			return p;
	}
	return p;
}

static int dearmour(const char *text, struct buf *ret)
{
	static const char begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
	static const char end[] = "-----END PGP PUBLIC KEY BLOCK-----";
	const char *p = strstr(text, begin);

	if (!p)
		return -EPROTO;
	while (p) {
		p = decode(skip_headers(p), ret);
		p = p ? strstr(p, end) : NULL;
		if (!p)
			return -EPROTO;
		p = strstr(p, begin);
	}
	return ret->failed ? -ENOMEM : 0;
}

int pgp_binary(const void *data, size_t len, struct buf *ret)
{
	AUTO_BUF struct buf text = { 0 };

	if (len == 0)
		return -EPROTO;
	if (*(const unsigned char *)data & 0x80) {
		buf_add(ret, data, len);
		return ret->failed ? -ENOMEM : 0;
	}
	buf_add(&text, data, len);
	return text.failed ? -ENOMEM : dearmour(text.p, ret);
}

/* ---- packets -------------------------------------------------------------------------------- */

struct packet {
	unsigned tag;
	const unsigned char *body;
	size_t len;
};

static size_t big_endian(const unsigned char *p, size_t n)
{
	size_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* Size of the length field that begins with @p in a header of the new format; 0: not for keys. */
static size_t new_length(const unsigned char *p, size_t left, size_t *ret)
{
	if (left >= 1 && p[0] < 192) {
		*ret = p[0];
		return 1;
	}
	if (left >= 2 && p[0] < 224) {
		*ret = ((size_t)(p[0] - 192) << 8) + p[1] + 192;
		return 2;
	}
	if (left >= 5 && p[0] == 255) {
		*ret = big_endian(p + 1, 4);
		return 5;
	}
	return 0;
}

static size_t old_length(unsigned char tag, const unsigned char *p, size_t left, size_t *ret)
{
	const size_t n = (size_t)1 << (tag & 3);

	if (n > 4 || left < n)
		return 0;
	*ret = big_endian(p, n);
	return n;
}

/* Bytes of the packet that begins at @p, or 0. */
static size_t packet_next(const unsigned char *p, size_t left, struct packet *ret)
{
	size_t n;

	if (left < 2 || !(p[0] & 0x80))
		return 0;
	if (p[0] & 0x40) {
		ret->tag = p[0] & 0x3f;
		n = new_length(p + 1, left - 1, &ret->len);
	} else {
		ret->tag = p[0] >> 2 & 0xf;
		n = old_length(p[0], p + 1, left - 1, &ret->len);
	}
	if (n == 0 || ret->len > left - 1 - n)
		return 0;
	ret->body = p + 1 + n;
	return 1 + n + ret->len;
}

static int add_fingerprint(const struct packet *k, struct strv *ret)
{
	const unsigned char head[3] = { 0x99, (unsigned char)(k->len >> 8), (unsigned char)k->len };
	AUTO_BUF struct buf b = { 0 };
	char hex[PGP_FINGERPRINT];

	if (k->len < 6 || k->len > 0xffff || k->body[0] != 4)
		return 0; /* another version: gpgv 2.2 would not use it either */
	buf_add(&b, head, sizeof(head));
	buf_add(&b, k->body, k->len);
	if (b.failed || hash_sha1(b.p, b.len, hex) < 0)
		return -ENOMEM;
	return strv_add(ret, hex);
}

int pgp_fingerprints(const struct buf *ring, struct strv *ret)
{
	const unsigned char *p = (const unsigned char *)ring->p;
	struct packet packet;
	int r = 0;

	for (size_t at = 0, n; r == 0 && at < ring->len; at += n) {
		n = packet_next(p + at, ring->len - at, &packet);
		if (n == 0)
			return -EPROTO;
		if (packet.tag == TAG_PUBLIC_KEY)
			r = add_fingerprint(&packet, ret);
	}
	return r;
}
