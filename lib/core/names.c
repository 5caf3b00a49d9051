/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of zones: all of them, and by shell pattern. */
#include <fnmatch.h>
#include <string.h>

#include "core/core.h"

int zone_names(struct zone_host *h, struct strv *ret, struct zerr *e)
{
	const struct index *all;
	const int r = index_cached(h->host, &h->index, &all, e);

	if (r < 0)
		return r;
	h->looked_up = true;
	for (size_t i = 0; i < all->n; i++)
		if (strv_add(ret, all->v[i].name) < 0)
			return zerr_code(e, ENOMEM, "names");
	return 0;
}

int zone_match(struct zone_host *h, char *const *patterns, int n, struct strv *ret, struct zerr *e)
{
	AUTO_STRV struct strv all = { 0 };
	int r = 0;

	for (int i = 0; i < n; i++) {
		bool found = false;

		if (!strpbrk(patterns[i], "*?[")) {
			r = name_check_zone(patterns[i], e);
			if (r == 0 && !strv_has(ret, patterns[i]) && strv_add(ret, patterns[i]) < 0)
				r = zerr_code(e, ENOMEM, "names");
			if (r < 0)
				return r;
			continue;
		}
		if (!all.n && (r = zone_names(h, &all, e)) < 0)
			return r;
		for (size_t k = 0; k < all.n; k++) {
			if (fnmatch(patterns[i], all.v[k], 0) != 0)
				continue;
			found = true;
			if (!strv_has(ret, all.v[k]) && strv_add(ret, all.v[k]) < 0)
				return zerr_code(e, ENOMEM, "names");
		}
		if (!found)
			return zerr_as(e, ZERR_MISSING, "no zone matches '%s'", patterns[i]);
	}
	return 0;
}
