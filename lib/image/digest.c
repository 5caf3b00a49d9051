/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data counts as runs: where each begins, and its bytes. Holes need not be read for it, and zeros
 * that were written are told from holes, as they are in the archive. */
#include "image/digest.h"

#include <errno.h>
#include <string.h>

static void add_number(struct hash *h, uint64_t n)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	(void)hash_add(h, bytes, sizeof(bytes)); /* fails for want of a context only */
}

static void add_text(struct hash *h, const char *s)
{
	add_number(h, s ? strlen(s) + 1 : 0);
	if (s)
		(void)hash_add(h, s, strlen(s));
}

uint64_t digest_mix(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) /* FNV-1a */
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

int digest_begin(struct digest *d, const struct digest_head *head)
{
	const uint64_t numbers[] = { head->mode,    head->uid,	       head->gid,  head->size,
				     head->seconds, head->nanoseconds, head->extra };

	digest_drop(d);
	d->end = UINT64_MAX;
	d->hash = hash_new();
	if (!d->hash)
		return -ENOMEM;
	add_text(d->hash, head->name);
	add_text(d->hash, head->link);
	add_text(d->hash, head->target);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(d->hash, numbers[i]);
	return 0;
}

void digest_data(struct digest *d, uint64_t at, const void *data, size_t len)
{
	if (!d->hash || !len)
		return;
	if (at != d->end)
		add_number(d->hash, at);
	(void)hash_add(d->hash, data, len);
	d->end = at + len;
}

int digest_end(struct digest *d, const char *name, struct buf *list)
{
	char hex[HASH_HEX];

	if (!d->hash)
		return 0;
	const int r = hash_end(d->hash, hex);
	d->hash = NULL;
	if (r < 0)
		return r;
	buf_fmt(list, "%s  %s\n", hex, name);
	return list->failed ? -ENOMEM : 0;
}

void digest_drop(struct digest *d)
{
	hash_drop(d->hash);
	d->hash = NULL;
}
