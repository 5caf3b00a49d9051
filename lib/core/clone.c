/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone clone, and restoring a snapshot into a new zone: a root by the backend's own way of copying,
 * a configuration without what nobody may have twice. A clone that its backend lets stand on the
 * same tree as its source shares that;
 * --full, or another zone path, copies the whole root.
 */
#include <fcntl.h>
#include <string.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "core/base.h"
#include "core/creation.h"
#include "core/hostkeys.h"
#include "core/pause.h"
#include "core/reset.h"
#include "core/snapshot.h"
#include "core/view.h"

struct cloning {
	struct creation c;
	struct zone *from;
	const struct status *s;
	const char *snapshot; /* NULL: the present root */
	int snap;	      /* its directory */
	struct volume source;
	bool full, reset;
};

static void cloning_done(struct cloning *k)
{
	creation_done(&k->c);
	(void)own_close(k->snap);
	(void)own_close(k->source.image);
}

/* ---- the root -------------------------------------------------------------------------------- */

static int share(struct creation *c, const struct volume *v, struct zerr *e)
{
	const struct cloning *k = c->from;
	const struct status still = { .state = STATE_STOPPED };
	struct pause pause = PAUSE_NONE;
	int r = pause_begin(&pause, k->from, k->snap < 0 ? k->s : &still, e);
	struct zerr ignored = { 0 };

	if (r < 0)
		return r;
	r = c->backend->clone(&k->source, k->snap, v, e);
	const int t = pause_end(&pause, r < 0 ? &ignored : e);
	return r < 0 ? r : t;
}

static int copy_whole(struct creation *c, const struct volume *v, struct zerr *e)
{
	const struct cloning *k = c->from;
	AUTO_VIEW struct view view = VIEW_NONE;
	int r = view_open(k->from, k->s, k->snapshot, &view, e);

	if (r == 0)
		r = c->backend->create(v, &c->root, e);
	if (r == 0)
		r = copy_tree(view.tree, c->root, NULL, e);
	if (r == 0 && syncfs(c->root) < 0)
		r = zerr_sys(e, "sync");
	return r == 0 && c->backend->seal ? c->backend->seal(v, e) : r;
}

static int make_volume(struct creation *c, const struct volume *v, struct zerr *e)
{
	const struct cloning *k = c->from;

	return k->full ? copy_whole(c, v, e) : share(c, v, e);
}

static int new_identity(struct creation *c, const struct volume *v, struct zerr *e)
{
	const struct cloning *k = c->from;

	return k->reset ? reset_identity(v, c->name, e) : 0;
}

static const struct op clone_op = { "clone", creation_steps };
static const struct creation_way by_cloning = { &clone_op, make_volume, new_identity };

/* ---- what it is ------------------------------------------------------------------------------ */

/* What is a zone's own must not be had twice: name, addresses, ports of the host. */
int clone_drop_identity(struct creation *c, struct zerr *e)
{
	static const char *const keys[] = { "address", "mac" };
	bool changed;
	int r = creation_judge(c, e);

	if (r == 0)
		r = conf_edit(&c->conf, "hostname", NULL, &changed, e);
	for (size_t i = 0; i < c->spec.nics_n * 2 && (r == 0 || r == -ENOENT); i++) {
		AUTO_FREE char *key = str_fmt("net.%s.%s", c->spec.nics[i / 2].name, keys[i % 2]);

		r = key ? conf_edit(&c->conf, key, NULL, &changed, e) : -ENOMEM;
	}
	for (size_t i = 0; i < c->spec.forwards.n && (r == 0 || r == -ENOENT); i++) {
		AUTO_FREE char *key = str_fmt("forward.%s", c->spec.forwards.v[i].name);

		r = key ? conf_edit(&c->conf, key, NULL, &changed, e) : -ENOMEM;
	}
	if (r < 0 && r != -ENOENT)
		return r;
	*e = (struct zerr){ 0 };
	return creation_judge(c, e);
}

static int copy_image(const struct record *m, bool stands, struct image *i)
{
	const struct {
		char **to;
		const char *key;
	} rows[] = {
		{ &i->server, "image.server" },	      { &i->ref.dist, "image.dist" },
		{ &i->ref.release, "image.release" }, { &i->ref.arch, "image.arch" },
		{ &i->ref.variant, "image.variant" }, { &i->build, "image.build" },
		{ &i->verified, "image.verified" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (str_set(rows[k].to, record_get(m, rows[k].key)) < 0)
			return -ENOMEM;
	return stands ? str_set(&i->fingerprint, record_get(m, "image.fingerprint")) : 0;
}

/* The zone whose tree both stand on: the source, or the one that it stands on itself. */
static int take_base(struct cloning *k, struct zerr *e)
{
	const struct record *m = &k->from->manifest;
	const char *base = record_get(m, "base");

	if (str_set(&k->c.base, base ? base : record_get(m, "uuid")) < 0 ||
	    str_set(&k->c.base_name, base ? record_get(m, "base.name") : k->from->name) < 0)
		return zerr_code(e, ENOMEM, "manifest");
	k->c.base_tree = base ? base_open(k->from, e)
			      : fs_open_below(k->from->dir, BASE_TREE, O_RDONLY | O_DIRECTORY, 0);
	if (k->c.base_tree < 0)
		return base ? k->c.base_tree : zerr_code(e, -k->c.base_tree, BASE_TREE);
	return base ? 0 : base_share(k->from, e);
}

/* Who the source is in its own files; nothing is known of who it was. */
static void choose_fresh(struct cloning *k, char *out, size_t size)
{
	const char *hostname = k->from->spec.hostname;
	const bool fresh =
		k->snap >= 0 ? snapshot_is_fresh(k->snap) : fs_exists(k->from->dir, "fresh");

	(void)snprintf(out, size, "clone %s", hostname ? hostname : k->from->name);
	k->c.fresh = fresh ? "" : out;
}

static int read_conf(struct cloning *k, struct zerr *e)
{
	AUTO_STRV struct strv dropped = { 0 };
	int r;

	if (k->snap >= 0) {
		r = snapshot_conf(k->snap, &k->c.conf, e);
		if (r == 0)
			r = hostkeys_replace(&k->c.conf, &k->from->spec, &dropped, e);
		hostkeys_tell(&dropped, k->c.name);
	} else if ((r = fs_read(k->from->dir, "zone.conf", CONF_MAX, &k->c.conf)) < 0) {
		r = zerr_code(e, -r, "zone.conf");
	}
	return r < 0 ? r : clone_drop_identity(&k->c, e);
}

static int prepare(struct cloning *k, struct zerr *e)
{
	const struct record *m = &k->from->manifest;
	struct volume at;
	int r = zone_volume(k->from, &k->source, e);

	if (r < 0)
		return r;
	k->c.backend = k->source.ops;
	k->full = k->source.ops->stands && (k->full || creation_moves(&k->c, k->from));
	if (!k->full && !k->source.ops->clone)
		return zerr_as(e, ZERR_HOST, "backend %s cannot clone", k->source.ops->name);
	r = read_conf(k, e);
	if (r == 0 && copy_image(m, !k->full, &k->c.image) < 0)
		r = zerr_code(e, ENOMEM, "manifest");
	if (r == 0 && !k->full && k->source.ops->stands && !k->c.image.fingerprint)
		r = take_base(k, e);
	if (r < 0)
		return r;
	volume_of(&k->c.spec, 0, &at);
	at.dir = k->c.zones;
	return k->c.backend->probe(&at, e);
}

int clone_zone(struct zone *from, const struct status *s, const struct clone *a, struct zerr *e)
{
	__attribute__((cleanup(cloning_done))) struct cloning k = {
		.from = from,
		.s = s,
		.snapshot = a->snapshot,
		.snap = -1,
		.source.image = -1,
		.full = a->full,
		.reset = a->reset,
	};
	char fresh[128];
	int r = creation_init(&k.c, from->h, a->to, e);

	k.c.way = &by_cloning;
	k.c.from = &k;
	k.c.template = "clone";
	if (r == 0)
		r = creation_beside(&k.c, from, e);
	if (r == 0 && a->snapshot)
		r = k.snap = snapshot_open(from, a->snapshot, e);
	if (r >= 0)
		r = prepare(&k, e);
	if (r < 0)
		return r;
	choose_fresh(&k, fresh, sizeof(fresh));
	return creation_run(&k.c, e);
}

int zone_clone(struct zone_host *h, const char *name, const char *to, const struct zone_clone *a,
	       struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = name_check_zone(to, e);

	if (r == 0 && a->snapshot)
		r = name_check_snapshot(a->snapshot, e);
	if (r == 0 && a->reset_identity)
		r = reset_probe(e);
	if (r == 0)
		r = state_load_storage(h, name, &z, &s, e);
	if (r < 0)
		return r;
	const struct clone c = {
		.to = to, .snapshot = a->snapshot, .full = a->full, .reset = a->reset_identity
	};
	return clone_zone(&z, &s, &c, e);
}
