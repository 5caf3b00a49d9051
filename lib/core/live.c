/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of families that `set` applies to a running zone, and what they share. */
#include "core/live.h"

#include "base/own.h"

static const struct family {
	const char *prefix; /* of its keys */
	int (*change)(const struct live *l, struct zerr *e);
} families[] = {
	{ "limits.", limits_live },
	{ "raw.cgroup.", raw_cgroup_live },
	{ "device.", devices_live },
	{ "net.", nics_live },
	{ "forward.", forwards_live },
	{ "mount.", usermounts_live },
	{ "rlimit.", rlimits_live },
	{ "sysctl.", sysctls_live }, /* last: what it was is not known */
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

struct live live_back(const struct live *l, struct strv *later)
{
	struct live back = *l;

	back.from = l->to;
	back.to = l->from;
	back.later = later;
	return back;
}

/* Walk the first @n families back. */
static void undo(const struct live *l, size_t n)
{
	AUTO_STRV struct strv later = { 0 };
	const struct live back = live_back(l, &later);

	while (n--) {
		struct zerr lost = { 0 };

		(void)families[n].change(&back, &lost);
	}
}

int live_change(const struct live *l, struct zerr *e)
{
	size_t n = 0;
	int r = 0;

	while (n < FAMILIES && (r = families[n].change(l, e)) == 0)
		n++;
	if (r == 0)
		r = record_save(l->state, l->z->run, "state", STATE_FORMAT, false, e);
	if (r < 0) {
		struct zerr lost = { 0 };

		undo(l, n); /* by other means than before, perhaps */
		(void)record_save(l->state, l->z->run, "state", STATE_FORMAT, false, &lost);
	}
	return r;
}

void live_undo(const struct live *l)
{
	struct zerr lost = { 0 };

	undo(l, FAMILIES);
	(void)record_save(l->state, l->z->run, "state", STATE_FORMAT, false, &lost);
}

bool live_has(const char *path)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (str_starts(path, families[i].prefix))
			return true;
	return false;
}

int live_later(const struct live *l, const char *prefix, const char *name, struct zerr *e)
{
	return strv_addf(l->later, "%s%s", prefix, name) < 0 ? zerr_code(e, ENOMEM, "set") : 0;
}

int live_remember(const struct live *l, const char *key, const char *was, struct zerr *e)
{
	AUTO_FREE char *name = str_fmt("was.%s", key);

	if (!name || (!record_get(l->state, name) && record_set(l->state, name, was) < 0))
		return zerr_code(e, ENOMEM, "state record");
	return 0;
}

const char *live_remembered(const struct live *l, const char *key)
{
	AUTO_FREE char *name = str_fmt("was.%s", key);

	return name ? record_get(l->state, name) : NULL;
}

/* Names of either list whose values differ. */
static int differences(const struct pairs *from, const struct pairs *to, struct strv *ret)
{
	const struct pairs *const lists[] = { from, to };
	int r = 0;

	for (int l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n && r == 0; i++) {
			const char *name = lists[l]->v[i].name;
			const char *a = pairs_get(from, name), *b = pairs_get(to, name);

			if (!(a && b && str_eq(a, b)) && !strv_has(ret, name))
				r = strv_add(ret, name);
		}
	return r;
}

int live_pairs(const struct pairs *from, const struct pairs *to,
	       int (*change)(void *ctx, const char *name, const char *was, const char *value,
			     struct zerr *e),
	       void *ctx, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	size_t n = 0;
	int r = 0;

	if (differences(from, to, &names) < 0)
		return zerr_code(e, ENOMEM, "set");
	while (n < names.n && (r = change(ctx, names.v[n], pairs_get(from, names.v[n]),
					  pairs_get(to, names.v[n]), e)) == 0)
		n++;
	while (r < 0 && n--) {
		struct zerr lost = { 0 };

		(void)change(ctx, names.v[n], pairs_get(to, names.v[n]),
			     pairs_get(from, names.v[n]), &lost);
	}
	return r;
}
