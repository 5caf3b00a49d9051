/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See unitfiles.h. Each file is moved or removed by itself, whatever becomes of the others; done
 * again, it is found done. */
#include "core/unitfiles.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/systemd.h"

/* The second: of set-property. */
static const char *const places[] = { "/etc/systemd/system", "/etc/systemd/system.control" };

struct work {
	const char *from, *to; /* to NULL: away with it */
	bool any;
	int r;		/* the first failure, */
	struct zerr *e; /* told */
};

static void fail(struct work *w, int r, const char *place, const char *what)
{
	if (w->r == 0)
		w->r = zerr_code(w->e, -r, "%s/%s", place, what);
}

static void work_one(struct work *w, int dir, const char *place, const char *end)
{
	struct zerr ignored = { 0 };
	char was[96], is[96];
	int r;

	(void)snprintf(was, sizeof(was), "zone@%s%s", w->from, end);
	(void)snprintf(is, sizeof(is), "zone@%s%s", w->to ? w->to : "", end);
	if (!fs_exists(dir, was))
		return;
	w->any = true;
	if (!w->to)
		r = fs_remove(dir, was, &ignored);
	else
		r = renameat2(dir, was, dir, is, RENAME_NOREPLACE) < 0 ? -errno : 0;
	if (r < 0)
		fail(w, r, place, was);
}

static void work_in(struct work *w, int dir, const char *place)
{
	work_one(w, dir, place, ".service");
	work_one(w, dir, place, ".service.d");
}

static bool holds_links(const char *name)
{
	return str_ends(name, ".wants") || str_ends(name, ".requires") ||
	       str_ends(name, ".upholds");
}

static void work_below(struct work *w, const char *place)
{
	struct zerr missing = { 0 };
	AUTO_CLOSE int top = fs_open_dir(place, &missing);
	AUTO_STRV struct strv names = { 0 };

	if (top < 0 || fs_list(top, &names) < 0)
		return;
	work_in(w, top, place);
	for (size_t i = 0; i < names.n; i++) {
		AUTO_CLOSE int dir = -1;

		if (holds_links(names.v[i]))
			dir = fs_open_below(top, names.v[i], O_RDONLY | O_DIRECTORY, 0);
		if (dir >= 0)
			work_in(w, dir, place);
	}
}

static int work(const struct zone_host *h, struct work *w)
{
	for (size_t i = 0; systemd_knows(h) && i < sizeof(places) / sizeof(places[0]); i++)
		work_below(w, places[i]);
	return w->r < 0 ? w->r : w->any;
}

int unitfiles_move(const struct zone_host *h, const char *from, const char *to, struct zerr *e)
{
	return work(h, &(struct work){ .from = from, .to = to, .e = e });
}

int unitfiles_remove(const struct zone_host *h, const char *name, struct zerr *e)
{
	return work(h, &(struct work){ .from = name, .e = e });
}
