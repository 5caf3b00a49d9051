/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone .generator DIR …, run by systemd at boot and at each reload (systemd.generator(7)): what the
 * configurations of zones say about their order becomes what units say.
 *
 * | configuration  | in DIR                                                                       |
 * | autostart      | zones.target.wants/zone@NAME.service, also for those that it requires        |
 * | start.after    | zone@NAME.service.d/50-zone.conf: After=                                     |
 * | start.requires | Requires=, After=                                                            |
 * | start.order    | zones-order-N.target, between the zones of one order and those of the next   |
 * | net.*.network  | Wants=, After= its zone-network@.service                                     |
 * | its place      | RequiresMountsFor=                                                           |
 *
 * Writes to DIR alone, asks nobody, and does what it can: a zone that cannot be read is left out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/internal.h"
#include "core/systemd.h"
#include "core/unittext.h"

#define MISSED "/run/zone-generator.missed"

struct generator {
	struct zone_host *h;
	int dir;
	const char *units; /* where zone@.service is installed */
	struct unit_orders orders;
};

static int put_file(int dir, const char *name, const struct buf *text, struct zerr *e)
{
	if (text->failed)
		return zerr_code(e, ENOMEM, "%s", name);
	return fs_write(dir, name, text->p, text->len, 0644, false, e);
}

static int put_link(const struct generator *g, const char *where, const char *unit,
		    const char *template, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_subdir(g->dir, where, 0755, e);
	AUTO_FREE char *target = str_fmt("%s/%s", g->units, template);

	if (dir < 0)
		return dir;
	if (!target)
		return zerr_code(e, ENOMEM, "%s", unit);
	if (symlinkat(target, dir, unit) < 0 && errno != EEXIST)
		return zerr_sys(e, "%s", unit);
	return 0;
}

/* ---- what there is -----------------------------------------------------------------------------
 */

static int put_orders(const struct generator *g, struct zerr *e)
{
	int r = 0;

	for (size_t i = 1; i < g->orders.n && r == 0; i++) {
		AUTO_FREE char *name = str_fmt("zones-order-%zu.target", i);
		AUTO_BUF struct buf text = { 0 };

		unit_put_order(&text, &g->orders, i);
		r = name ? put_file(g->dir, name, &text, e) : zerr_code(e, ENOMEM, "orders");
	}
	return r;
}

static int put_zone(const struct generator *g, const struct zone_plan_entry *x, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FREE char *where = str_fmt("zone@%s.service.d", x->name);
	AUTO_BUF struct buf text = { 0 };
	int r = where ? zone_load(g->h, x->name, LOAD_SPEC, &z, e)
		      : zerr_code(e, ENOMEM, "%s", x->name);

	if (r < 0)
		return r;
	unit_put_zone(&text, z.entry.dir, &z.spec, &g->orders, x->order);
	AUTO_CLOSE int dir = fs_subdir(g->dir, where, 0755, e);
	return dir < 0 ? dir : put_file(dir, "50-zone.conf", &text, e);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void complain(const char *name, const char *what)
{
	(void)dprintf(STDERR_FILENO, "%s: %s\n", name, what); /* the kernel's log */
}

/* Zones are on file systems that are not mounted yet: zones-stop.service looks again. */
static int miss(void)
{
	AUTO_CLOSE int fd = open(MISSED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return 0;
}

static int put_wanted(const struct generator *g, struct zerr *e)
{
	const struct zone_autostart wanted = { .all = true };
	struct zone_plan p = { 0 };
	int r = zone_plan_make(g->h, &wanted, &p, e);

	for (size_t i = 0; i < p.n && r == 0; i++) {
		AUTO_FREE char *unit = str_fmt("zone@%s.service", p.v[i].name);

		if (p.v[i].refused)
			complain(p.v[i].name, p.v[i].refused);
		else
			r = unit ? put_link(g, "zones.target.wants", unit, "zone@.service", e)
				 : zerr_code(e, ENOMEM, "%s", p.v[i].name);
	}
	zone_plan_done(&p);
	return r;
}

static int put_all(struct generator *g, struct zerr *e)
{
	const struct zone_autostart every = { .all = true, .ignore_auto = true };
	struct zone_plan p = { 0 };
	int r = zone_plan_make(g->h, &every, &p, e);

	if (r == 0 && unit_orders_find(&g->orders, &p) < 0)
		r = zerr_code(e, ENOMEM, "orders");
	if (r == 0)
		r = put_orders(g, e);
	for (size_t i = 0; i < p.n && r == 0; i++) {
		struct zerr own = { 0 };

		if (!p.v[i].refused && put_zone(g, &p.v[i], &own) < 0)
			complain(p.v[i].name, own.msg);
		if (p.v[i].refused)
			(void)miss();
	}
	zone_plan_done(&p);
	unit_orders_done(&g->orders);
	return r == 0 ? put_wanted(g, e) : r;
}

static int generate(struct generator *g, struct zerr *e)
{
	const struct zone_options o = { 0 };
	int r = put_link(g, "multi-user.target.wants", "zones.target", "zones.target", e);

	if (r < 0)
		return r;
	/* opening makes the directories that are missing, which would be below the mount */
	if (access("/var/lib/zone/.host", F_OK) < 0)
		return miss();
	r = zone_host_open(&o, &g->h, e);
	return r < 0 ? r : put_all(g, e);
}

int internal_generator(int argc, char **argv)
{
	struct generator g = { .dir = -1, .units = ZONE_UNITDIR };
	struct zerr e = { 0 };

	if (argc < 2)
		return ZERR_USAGE;
	(void)unlink(MISSED);
	AUTO_CLOSE int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g.dir = dir;
	const int r = dir < 0 ? zerr_sys(&e, "%s", argv[1]) : generate(&g, &e);
	zone_host_close(g.h);
	if (r < 0)
		complain("zone-generator", e.msg);
	return r < 0 ? ZERR_FAILED : ZERR_OK;
}

int internal_mounted(int argc, char **argv)
{
	struct zerr e = { 0 };

	(void)argv;
	if (argc != 1)
		return ZERR_USAGE;
	if (access(MISSED, F_OK) < 0)
		return ZERR_OK;
	int r = systemd_reload(&e);
	if (r == 0)
		r = systemd_begin("zones.target", &e);
	if (r < 0)
		complain("zones.target", e.msg);
	return r < 0 ? ZERR_FAILED : ZERR_OK;
}
