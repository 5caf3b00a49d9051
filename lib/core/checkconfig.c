/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone checkconfig: the trials and the capacities, made one after the other into one list. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/check.h"
#include "zone.h"

static int add(struct zone_checks *to, const char *id, const char *what, bool must,
	       const struct finding *f)
{
	static const char *const words[] = { "ok", "limited", "missing" };
	struct zone_check *v = reallocarray(to->v, to->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	to->v = v;
	v += to->n++;
	*v = (struct zone_check){ .id = strdup(id),
				  .what = strdup(what),
				  .detail = strdup(f->detail),
				  .status = words[f->verdict],
				  .needed = must ? "must" : "should" };
	return v->id && v->what && v->detail ? 0 : -ENOMEM;
}

int zone_checkconfig(unsigned zones, struct zone_checks *ret, struct zerr *e)
{
	int r = 0;

	for (const struct check *t = trials; t->id && r == 0; t++) {
		struct finding f = { CHECK_OK, "" };

		t->run(&f);
		/* root may well be able to; the kernel's version is the same for all */
		if (geteuid() != 0 && f.verdict == CHECK_MISSING && !str_eq(t->id, "kernel"))
			f.verdict = CHECK_LIMITED;
		r = add(ret, t->id, t->what, t->must, &f);
	}
	for (const struct capacity *c = capacities; c->id && r == 0; c++) {
		struct finding f = { CHECK_OK, "" };

		capacity_check(c, zones, &f);
		r = add(ret, c->id, c->key, false, &f);
	}
	return r < 0 ? zerr_code(e, ENOMEM, "checkconfig") : 0;
}

void zone_checks_done(struct zone_checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].id);
		free(c->v[i].what);
		free(c->v[i].detail);
	}
	free(c->v);
	*c = (struct zone_checks){ 0 };
}
