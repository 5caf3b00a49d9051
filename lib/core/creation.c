/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table that makes a zone. The manifest is the commit. From a cached image it is a few system
 * calls of the backend and the durable writes: index, configuration, manifest.
 */
#include "core/creation.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/autostart.h"
#include "core/lease.h"
#include "core/state.h"
#include "core/zonedir.h"

/* Take over @zones. */
static int put_under(struct creation *c, int zones, const char *path, struct zerr *e)
{
	(void)own_close(c->zones);
	c->zones = zones;
	c->images = c->h->images;
	c->images.zones = zones;
	if (zones < 0)
		return zerr_sys(e, "zone path");
	return str_set(&c->zones_path, path) < 0 ? zerr_code(e, ENOMEM, "zone path") : 0;
}

int creation_init(struct creation *c, struct zone_host *h, const char *name, struct zerr *e)
{
	*c = (struct creation){
		.h = h, .name = name, .dir = -1, .root = -1, .base_tree = -1, .zones = -1
	};
	spec_init(&c->spec);
	return put_under(c, fcntl(h->zones, F_DUPFD_CLOEXEC, 3), h->zones_path, e);
}

int creation_beside(struct creation *c, const struct zone *z, struct zerr *e)
{
	AUTO_FREE char *path = NULL;
	const char *slash = strrchr(z->entry.dir, '/');

	if (c->h->o.path)
		return 0;
	path = strndup(z->entry.dir, slash ? (size_t)(slash - z->entry.dir) : 0);
	if (!path)
		return zerr_code(e, ENOMEM, "zone path");
	return put_under(c, openat(z->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path, e);
}

bool creation_moves(const struct creation *c, const struct zone *z)
{
	struct stat a, b;

	return fstat(c->zones, &a) < 0 || fstatat(z->dir, "..", &b, 0) < 0 ||
	       a.st_ino != b.st_ino || a.st_dev != b.st_dev;
}

void creation_done(struct creation *c)
{
	image_done(&c->image);
	free(c->base);
	free(c->base_name);
	strv_done(&c->kept);
	buf_done(&c->conf);
	spec_done(&c->spec);
	index_entry_done(&c->entry);
	(void)own_close(c->dir);
	(void)own_close(c->root);
	(void)own_close(c->base_tree);
	(void)own_close(c->zones);
	free(c->zones_path);
}

/* ---- configuration --------------------------------------------------------------------------- */

int creation_set(struct creation *c, const char *key, const char *value, struct zerr *e)
{
	bool changed;

	return conf_edit(&c->conf, key, value, &changed, e);
}

int creation_set_all(struct creation *c, const struct strv *set, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; set && i < set->n && r == 0; i++) {
		AUTO_FREE char *key = strdup(set->v[i]);
		char *eq = key ? strchr(key, '=') : NULL;

		if (!eq)
			return zerr_as(e, ZERR_USAGE, "-s %s: not KEY=VALUE", set->v[i]);
		*eq = '\0';
		r = creation_set(c, key, eq + 1, e);
	}
	return r;
}

int creation_judge(struct creation *c, struct zerr *e)
{
	spec_done(&c->spec);
	spec_init(&c->spec);
	return conf_parse(&c->spec, c->conf.p ? c->conf.p : "", "zone.conf", e);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static int up_index(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_INDEX struct index all = { 0 };
	AUTO_CLOSE int lock = index_lock(c->h->host, e);
	int r = lock < 0 ? lock : index_load(c->h->host, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++)
		if (str_eq(all.v[i].dir, c->entry.dir)) /* its rename was killed */
			r = zerr_hint(e,
				      zerr_as(e, ZERR_STATE, "%s is the directory of zone %s",
					      c->entry.dir, all.v[i].name),
				      "zone verify --repair %s", all.v[i].name);
	if (r == 0)
		r = index_free_slot(&all, &c->entry.slot, e);
	if (r == 0)
		r = lease_all(c->h, &c->spec, &all, &c->entry, e);
	return r == 0 ? index_put(c->h->host, &c->entry, e) : r;
}

static int down_index(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_CLOSE int lock = index_lock(c->h->host, e);

	return lock < 0 ? lock : index_remove(c->h->host, c->name, e);
}

/* The tree it stands on, or is made from: an owned descriptor, or -1. */
static int open_tree_below(const struct creation *c, struct zerr *e)
{
	if (c->base_tree >= 0)
		return fcntl(c->base_tree, F_DUPFD_CLOEXEC, 3);
	return c->image.fingerprint ? image_store_open(&c->images, c->image.fingerprint, e) : -1;
}

static int up_volume(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_CLOSE int tree = open_tree_below(c, e);
	struct volume v;

	if (c->image.fingerprint && tree < 0)
		return tree;
	volume_of(&c->spec, c->entry.slot, &v);
	v.ops = c->backend;
	v.dir = c->dir;
	v.image = tree;
	int r = c->way->volume(c, &v, e);
	if (r == 0 && c->root < 0 && c->backend->settle)
		r = c->backend->settle(&v, c->dir, e);
	return zerr_in(e, r, "%s", c->backend->name);
}

static int down_volume(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;

	c->root = own_close(c->root);
	return c->backend->release ? c->backend->release(c->dir, e)
				   : 0; /* the directory goes as a whole */
}

static int up_build(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_CLOSE int tree = open_tree_below(c, e);
	struct volume v;

	volume_of(&c->spec, c->entry.slot, &v);
	v.ops = c->backend;
	v.dir = c->dir;
	v.image = tree;
	return c->way->build ? c->way->build(c, &v, e) : 0;
}

static int fill_manifest(const struct creation *c, struct record *m)
{
	const struct image *i = &c->image;
	char uuid[40];
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "name", c->name },
		{ "uuid", uuid },
		{ "backend", c->backend->name },
		{ "template", c->template },
		{ "image.server", i->server },
		{ "image.dist", i->ref.dist },
		{ "image.release", i->ref.release },
		{ "image.arch", i->ref.arch },
		{ "image.variant", i->ref.variant },
		{ "image.build", i->build },
		{ "image.fingerprint", i->fingerprint },
		{ "image.verified", i->verified },
		{ "base", c->base },
		{ "base.name", c->base_name },
	};

	if (make_uuid(uuid) < 0)
		return -EIO;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (rows[k].value && record_set(m, rows[k].key, rows[k].value) < 0)
			return -ENOMEM;
	for (size_t k = 0; k + 1 < c->kept.n; k += 2)
		if (record_set(m, c->kept.v[k], c->kept.v[k + 1]) < 0)
			return -ENOMEM;
	return record_setf(m, "created", "%lld", (long long)now_seconds());
}

/* The commit: configuration, then the manifest that makes the zone installed, synced together. */
static int up_commit(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_RECORD struct record m = { 0 };
	int r = fill_manifest(c, &m);

	if (r < 0)
		return zerr_code(e, -r, "manifest");
	if (c->fresh)
		r = fs_write(c->dir, "fresh", c->fresh, strlen(c->fresh), 0600, false, e);
	if (r == 0)
		r = fs_write(c->dir, "zone.conf", c->conf.p, c->conf.len, 0600, true, e);
	if (r == 0)
		r = record_save(&m, c->dir, "manifest", MANIFEST_FORMAT, true, e);
	if (r == 0 && fsync(c->zones) < 0)
		r = zerr_sys(e, "sync");
	return r;
}

const struct step creation_steps[] = {
	{ "index", up_index, down_index },
	{ "volume", up_volume, down_volume },
	{ "build", up_build, NULL },
	{ "commit", up_commit, NULL },
	{ NULL, NULL, NULL },
};

/* ---- walking --------------------------------------------------------------------------------- */

int creation_check_free(struct creation *c, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	int r = zone_load(c->h, c->name, 0, &z, &ignored);

	if (r == 0) {
		r = state_now(&z, &s, e);
		if (r < 0)
			return r;
		zerr_as(e, ZERR_STATE, "a zone called %s exists (%s%s%s)", c->name,
			state_name(s.state), s.op[0] ? ":" : "", s.op);
		return zerr_hint(e, -EEXIST, "zone destroy %s", c->name);
	}
	if (ignored.status != ZERR_MISSING) {
		*e = ignored;
		return -ignored.code;
	}
	return zonedir_clear_orphan(c->zones, c->zones_path, c->name, e);
}

int creation_check(struct creation *c, struct zerr *e)
{
	const int r = creation_check_free(c, e);

	return r == 0 ? autostart_check(c->h, c->name, &c->spec, e) : r;
}

/* The directory and what the index will say of it. */
static int make_directory(struct creation *c, struct zerr *e)
{
	/* now, for a disk that is full when it is needed */
	AUTO_CLOSE int trash = fs_subdir(c->zones, ".trash", 0700, e);

	if (trash < 0)
		return trash;
	if (mkdirat(c->zones, c->name, 0700) < 0)
		return zerr_sys(e, "%s/%s", c->zones_path, c->name);
	c->dir = fs_open_below(c->zones, c->name, O_RDONLY | O_DIRECTORY, 0);
	c->entry.name = strdup(c->name);
	c->entry.dir = str_fmt("%s/%s", c->zones_path, c->name);
	if (c->dir < 0)
		return zerr_code(e, -c->dir, "zone directory");
	return c->entry.name && c->entry.dir ? 0 : zerr_code(e, ENOMEM, "zone directory");
}

static int walk(struct creation *c, struct zerr *e)
{
	int r = make_directory(c, e);
	const struct journal j = { .dirfd = c->dir, .file = "journal" };

	if (r == 0)
		r = steps_up(c->way->op, &j, c, e);
	if (r == 0)
		r = journal_clear(&j, e);
	if (r < 0 && c->dir >= 0) {
		struct zerr ignored = { 0 };

		(void)fs_remove(c->zones, c->name, &ignored);
	}
	return r;
}

static const char privileged_note[] =
	"security.level=privileged: root in the zone is root of the host's user namespace; "
	"the kernel's checks of capabilities, devices, system calls and mounts are all that is "
	"left";

int creation_run(struct creation *c, struct zerr *e)
{
	const char *fingerprint = c->image.fingerprint;
	AUTO_CLOSE int lock = zone_lock(c->h, c->name, e);
	int r = lock < 0 ? lock : creation_check(c, e);
	/* until the manifest names it, nothing but this keeps the image from being removed */
	AUTO_CLOSE int held =
		r == 0 && fingerprint ? image_store_lock(&c->images, fingerprint, e) : -1;

	if (r == 0 && fingerprint && held < 0)
		r = held;
	if (r == 0 && c->spec.level == LEVEL_PRIVILEGED)
		log_note("%s", privileged_note);
	if (r == 0)
		r = walk(c, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "backend", c->backend->name, "template", c->template, NULL };
	zone_event(c->h, c->name, "created", fields);
	return 0;
}
