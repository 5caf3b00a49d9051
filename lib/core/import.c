/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone import: a creation whose root is unpacked, state after state, each before the present one
 * made a snapshot. Until the archive's end was reached and its sums were right there is no
 * manifest, and the zone is INCOMPLETE. What configuration it brings is text from somewhere:
 * host-only keys are not taken unless that was asked for.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/creation.h"
#include "core/hostkeys.h"
#include "core/snapshot.h"
#include "image/module.h"

struct importing {
	struct creation c;
	const struct zone_import *args;
	const struct image_module *m;
	struct image_bundle *b;
	struct record head;
	char state[64]; /* the one that comes; "": the present root */
	bool sealed;
};

static void importing_done(struct importing *i)
{
	if (i->m)
		i->m->bundle_close(i->b);
	record_done(&i->head);
	creation_done(&i->c);
}

/* ---- the root -------------------------------------------------------------------------------- */

static int make_volume(struct creation *c, const struct volume *v, struct zerr *e)
{
	return c->backend->create(v, &c->root, e);
}

/* A tree to unpack the next state into: the fresh root at first, then the volume as it will be
 * used. */
static int open_tree_for(const struct importing *i, const struct volume *v, struct zerr *e)
{
	const struct volume_attach a = { .userns = -1, .scratch = -1, .snap = -1 };

	return i->sealed ? v->ops->attach(v, &a, e) : mount_clone_tree(i->c.root, -1, false, e);
}

static int seal(struct importing *i, const struct volume *v, struct zerr *e)
{
	int r = 0;

	if (i->sealed)
		return 0;
	if (syncfs(i->c.root) < 0)
		return zerr_sys(e, "sync");
	i->c.root = own_close(i->c.root);
	if (v->ops->seal)
		r = v->ops->seal(v, e);
	i->sealed = r == 0;
	return r;
}

/* What the archive says of the snapshot, with the place of its root as it is here. */
static int save_record(const struct importing *i, const struct buf *text, int dir, struct zerr *e)
{
	AUTO_RECORD struct record r = { 0 };
	AUTO_BUF struct buf conf = { 0 };
	int k = record_parse(&r, text->p, SNAPSHOT_FORMAT, "record", e);
	const char *old = record_get(&r, "conf"), *comment = record_get(&r, "comment");

	if (k == 0 && (!old || (comment && strlen(comment) > SNAPSHOT_COMMENT_MAX)))
		k = zerr_set(e, EPROTO, "a damaged record");
	if (k < 0)
		return k;
	buf_str(&conf, old);
	k = hostkeys_rehome(&conf, &i->c.spec, e);
	if (k < 0)
		return k;
	if (record_set(&r, "conf", conf.p) < 0 || record_set(&r, "name", i->state) < 0 ||
	    record_set(&r, "backend", i->c.backend->name) < 0)
		return zerr_code(e, ENOMEM, "record");
	return record_save(&r, dir, "record", SNAPSHOT_FORMAT, true, e);
}

static int take_snapshot(struct importing *i, const struct volume *v, const struct buf *record,
			 struct zerr *e)
{
	AUTO_CLOSE int all = fs_subdir(i->c.dir, "snapshots", 0700, e);
	int r = all < 0 ? all : 0;

	if (r == 0 && fs_exists(all, i->state))
		r = zerr_set(e, EPROTO, "it comes twice");
	AUTO_CLOSE int dir = r == 0 ? fs_subdir(all, i->state, 0700, e) : -1;
	if (r == 0 && dir < 0)
		r = dir;
	if (r == 0 && !v->ops->snapshot)
		r = zerr_as(e, ZERR_HOST, "backend %s has no snapshots", v->ops->name);
	if (r == 0)
		r = v->ops->snapshot(v, dir, e);
	if (r == 0 && v->ops->settle)
		r = v->ops->settle(v, dir, e);
	return r == 0 ? save_record(i, record, dir, e) : r;
}

/* Unpack the state that was announced, hear which comes next (1) or that all is well (0). */
static int take_state(struct importing *i, const struct volume *v, struct zerr *e)
{
	AUTO_BUF struct buf record = { 0 };
	char next[64];
	int r = *i->state ? i->m->import_text(i->b, "record", &record, e) : 0;
	AUTO_CLOSE int tree = r == 0 ? open_tree_for(i, v, e) : r;

	if (tree < 0)
		return tree;
	r = i->m->import_state(i->b, tree, e);
	const int more = i->m->import_next(i->b, next, e); /* its own words come first */
	if (more < 0)
		return more;
	if (r < 0)
		return r;
	tree = own_close(tree);
	r = seal(i, v, e);
	if (r == 0 && *i->state)
		r = zerr_in(e, take_snapshot(i, v, &record, e), "snapshot %s", i->state);
	if (more)
		memcpy(i->state, next, sizeof(next));
	return r < 0 ? r : more;
}

static int unpack_all(struct creation *c, const struct volume *v, struct zerr *e)
{
	struct importing *i = c->from;
	int r;

	do
		r = take_state(i, v, e);
	while (r > 0);
	if (r == 0 && v->ops->settle)
		r = v->ops->settle(v, c->dir, e);
	return r;
}

static const struct op import_op = { "import", creation_steps };
static const struct creation_way from_bundle = { &import_op, make_volume, unpack_all };

/* ---- what it is ------------------------------------------------------------------------------ */

static int take_image(struct importing *i)
{
	struct image *m = &i->c.image;
	const struct {
		char **to;
		const char *key;
	} rows[] = {
		{ &m->server, "image.server" },	      { &m->ref.dist, "image.dist" },
		{ &m->ref.release, "image.release" }, { &m->ref.arch, "image.arch" },
		{ &m->ref.variant, "image.variant" }, { &m->build, "image.build" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (str_set(rows[k].to, record_get(&i->head, rows[k].key)) < 0)
			return -ENOMEM;
	return 0;
}

static int probe(struct importing *i, const struct zone_spec *place, const char *backend,
		 struct zerr *e)
{
	struct volume v;
	int r;

	volume_of(place, 0, &v);
	v.dir = i->c.zones;
	v.size = i->c.spec.root_size;
	i->c.backend = backend ? storage_find(backend, e) : storage_best(&v);
	r = i->c.backend ? i->c.backend->probe(&v, e) : -EINVAL;
	if (r == 0 && v.fs && !place->root_fs)
		r = creation_set(&i->c, "root.fs", v.fs, e);
	if (r < 0 && v.size &&
	    e->status == ZERR_HOST) /* the backend's own hint is about the zone path */
		(void)snprintf(e->hint, sizeof(e->hint),
			       "zone import -s root.size=0 leaves the size out");
	return r;
}

/* The backend asked for (by -B, -s or the pool); the one it had and where that was, if this host
 * has it; the best. */
static int choose_backend(struct importing *i, const struct zone_spec *had, struct zerr *e)
{
	const char *asked = i->args->backend ? i->args->backend : i->c.spec.backend;
	struct zerr ignored = { 0 };
	int r = -ENOENT;

	if (!asked && had->backend && probe(i, had, had->backend, &ignored) == 0) {
		r = hostkeys_rehome(&i->c.conf, had, e);
	} else {
		r = probe(i, &i->c.spec, str_eq(asked, "best") ? NULL : asked, e);
		if (r == 0 && !asked && had->backend)
			log_note("backend %s", i->c.backend->name);
	}
	return r == 0 ? creation_set(&i->c, "root.backend", i->c.backend->name, e) : r;
}

/* Under its old name it is the zone that moved; under another it is a clone. */
static int take_conf(struct importing *i, struct zerr *e)
{
	AUTO_STRV struct strv dropped = { 0 };
	AUTO_SPEC struct zone_spec had, nowhere = { 0 };
	int r = i->m->import_text(i->b, BUNDLE_CONF, &i->c.conf, e);

	spec_init(&had);
	if (r == 0 && !i->args->trust)
		r = hostkeys_replace(&i->c.conf, NULL, &dropped, e);
	hostkeys_tell(&dropped, i->c.name);
	if (r == 0)
		r = conf_parse(&had, i->c.conf.p, BUNDLE_CONF, e);
	if (r == 0)
		r = hostkeys_rehome(&i->c.conf, &nowhere, e);
	if (r == 0 && !i->args->backend)
		r = creation_set_all(&i->c, &i->c.h->defaults, e);
	if (r == 0)
		r = creation_set_all(&i->c, i->args->set, e);
	if (r == 0)
		r = creation_judge(&i->c, e);
	if (r == 0 && !str_eq(i->c.name, record_get(&i->head, "name")))
		r = clone_drop_identity(&i->c, e);
	if (r == 0)
		r = choose_backend(i, &had, e);
	return r == 0 ? creation_judge(&i->c, e) : r;
}

static int choose_name(struct importing *i, const char *asked, struct zerr *e)
{
	const char *name = asked ? asked : record_get(&i->head, "name");

	i->c.name = name;
	return zerr_in(e, name_check_zone(name ? name : "", e), "name");
}

static int read_head(struct importing *i, const char *asked, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = i->m->import_next(i->b, i->state, e);

	if (r == 0)
		r = zerr_set(e, EPROTO, "there is no root in it");
	if (r < 0)
		return r;
	r = i->m->import_text(i->b, BUNDLE_HEAD, &text, e);
	if (r == 0)
		r = record_parse(&i->head, text.p, BUNDLE_FORMAT, BUNDLE_HEAD, e);
	if (r == 0)
		r = choose_name(i, asked, e);
	if (r == 0 && take_image(i) < 0)
		r = zerr_code(e, ENOMEM, "import");
	return r == 0 ? take_conf(i, e) : r;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int open_input(const char *path, struct zerr *e)
{
	if (str_eq(path, "-"))
		return STDIN_FILENO;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return zerr_sys(e, "%s", path);
	return fd;
}

static int run(struct importing *i, int fd, const char *name, struct zerr *e)
{
	struct zone_host *h = i->c.h;
	char fresh[128];
	int r;

	i->m = image_module_load(e);
	if (!i->m)
		return -ENOENT;
	r = i->m->import_begin(fd, h->o.progress, h->o.arg, &i->b, e);
	if (r == 0)
		r = read_head(i, name, e);
	if (r < 0)
		return r;
	(void)snprintf(fresh, sizeof(fresh), "clone %s", record_get(&i->head, "name"));
	if (!str_eq(i->c.name, record_get(&i->head, "name")))
		i->c.fresh = fresh;
	return creation_run(&i->c, e);
}

int zone_import(struct zone_host *h, const char *path, const char *name,
		const struct zone_import *a, char **ret_name, struct zerr *e)
{
	__attribute__((cleanup(importing_done))) struct importing i = { .args = a };
	const int fd = open_input(path, e);
	AUTO_CLOSE int opened = fd == STDIN_FILENO ? -1 : fd;
	int r = creation_init(&i.c, h, name, e);

	i.c.way = &from_bundle;
	i.c.from = &i;
	i.c.template = "import";
	if (fd < 0)
		return fd;
	if (r == 0 && name) { /* before a long read */
		r = name_check_zone(name, e);
		if (r == 0)
			r = creation_check_free(&i.c, e);
	}
	if (r == 0)
		r = run(&i, fd, name, e);
	if (r < 0)
		return zerr_in(e, r, "%s", str_eq(path, "-") ? "standard input" : path);
	*ret_name = strdup(i.c.name);
	return *ret_name ? 0 : zerr_code(e, ENOMEM, "import");
}
