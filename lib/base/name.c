/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What zones and snapshots may be called, and what somebody may have meant. Must not touch
 * anything: names are checked before a path is made of them. */
#include <string.h>

#include "base/str.h"

int name_check_zone(const char *name, struct zerr *e)
{
	const size_t n = strnlen(name, 64);
	static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (n > 0 && n < 64 && name[0] != '-' && name[n - 1] != '-' && strspn(name, all) == n)
		return 0;
	return zerr_hint(e,
			 zerr_as(e, ZERR_USAGE, "'%.80s%s' is not a zone name", name,
				 strnlen(name, 81) > 80 ? "…" : ""),
			 "1 to 63 of a-z, 0-9 and '-', which neither begins nor ends it");
}

int name_check_snapshot(const char *name, struct zerr *e)
{
	static const char inner[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t n = strnlen(name, 64);

	if (n > 0 && n < 64 && !strchr("._-", name[0]) && strspn(name, inner) == n &&
	    !str_eq(name, "ALL"))
		return 0;
	return zerr_hint(e,
			 zerr_as(e, ZERR_USAGE, "'%.80s%s' is not a snapshot name", name,
				 strnlen(name, 81) > 80 ? "…" : ""),
			 "1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-', a letter or digit first; "
			 "not ALL");
}

#define DISTANCE_MAX 32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	const unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned str_distance(const char *a, const char *b)
{
	const size_t n = strnlen(a, DISTANCE_MAX), k = strnlen(b, DISTANCE_MAX);
	unsigned row[DISTANCE_MAX + 1];

	for (size_t j = 0; j <= k; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= k; j++) {
			const unsigned up = row[j];

			row[j] = min3(up + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = up;
		}
	}
	return row[k];
}

const char *str_nearest(const char *s, const char *const *words)
{
	const char *best = NULL;
	unsigned best_distance = 3;

	if (!*s)
		return NULL;
	for (; *words; words++) {
		unsigned d = str_distance(s, *words);

		if (d >= strlen(s) && d > 0) /* nothing in common */
			d = 3;
		if (d > 2 && str_starts(*words, s))
			d = 2;
		if (d < best_distance) {
			best_distance = d;
			best = *words;
		}
	}
	return best;
}
