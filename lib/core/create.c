/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone create: the template names an image or fills a directory; everything of the zone before its
 * manifest is INCOMPLETE, and undone by `destroy` or the next attempt. From a cached image on
 * overlay it is a few mkdirs and the durable writes: index, configuration, manifest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/cgroup.h"
#include "core/lease.h"
#include "core/state.h"
#include "core/zonedir.h"
#include "templates/template.h"

struct creation {
	struct zone_host *h;
	const char *name;
	const struct zone_create *args;
	const struct template_ops *template;
	struct template_args targs;
	struct template_result made;
	const struct storage_ops *backend;
	struct buf conf; /* text of zone.conf */
	struct zone_spec spec;
	struct index_entry entry;
	int dir;		     /* the zone's directory */
	int root;		     /* empty root for the template, or -1 */
	const struct volume *source; /* a clone: of this volume, */
	int snap;		     /* or of this snapshot of it */
};

static void creation_done(struct creation *c)
{
	template_result_done(&c->made);
	buf_done(&c->conf);
	spec_done(&c->spec);
	index_entry_done(&c->entry);
	(void)own_close(c->dir);
	(void)own_close(c->root);
}
#define AUTO_CREATION __attribute__((cleanup(creation_done)))

/* ---- before anything exists ------------------------------------------------------------------ */

static int set_key(struct creation *c, const char *key, const char *value, struct zerr *e)
{
	bool changed;

	return conf_edit(&c->conf, key, value, &changed, e);
}

static int set_given(struct creation *c, struct zerr *e)
{
	const struct strv *set = c->args->set;
	int r = 0;

	for (size_t i = 0; set && i < set->n && r == 0; i++) {
		AUTO_FREE char *key = strdup(set->v[i]);
		char *eq = key ? strchr(key, '=') : NULL;

		if (!eq)
			return zerr_as(e, ZERR_USAGE, "-s %s: not KEY=VALUE", set->v[i]);
		*eq = '\0';
		r = set_key(c, key, eq + 1, e);
	}
	return r;
}

static const char privileged_note[] =
	"security.level=privileged: root in the zone is root of the host's user namespace; "
	"the kernel's checks of capabilities, devices, system calls and mounts are all that is "
	"left";

/* The configuration as it will be: format, backend, a NIC, what the template wants, what was asked.
 */
static int make_config(struct creation *c, struct zerr *e)
{
	char size[32];
	int r;

	buf_fmt(&c->conf, "format = %d\n", CONF_FORMAT);
	r = set_key(c, "root.backend", c->backend->name, e);
	if (r == 0 && c->args->size) {
		(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)c->args->size);
		r = set_key(c, "root.size", size, e);
	}
	if (r == 0 && c->args->privileged)
		r = set_key(c, "security.level", "privileged", e);
	for (size_t i = 0; i + 1 < c->made.config.n && r == 0; i += 2)
		r = set_key(c, c->made.config.v[i], c->made.config.v[i + 1], e);
	if (r == 0)
		r = set_key(c, "net.eth0.network", NET_DEFAULT, e);
	if (r == 0)
		r = set_given(c, e);
	if (r == 0)
		r = conf_parse(&c->spec, c->conf.p, "zone.conf", e);
	if (r == 0 && c->spec.level == LEVEL_PRIVILEGED)
		log_note("%s", privileged_note);
	return r;
}

static int check_size(const struct creation *c, struct zerr *e)
{
	if (!c->args->size)
		return 0;
	zerr_as(e, ZERR_HOST, "--size: backend %s cannot hold to a size here", c->backend->name);
	return zerr_hint(e, -ENOTSUP, "leave --size out");
}

static int choose(struct creation *c, struct zerr *e)
{
	const char *backend = c->args->backend;

	c->template = template_find(c->args->template ? c->args->template : "none", e);
	if (!c->template)
		return -EINVAL;
	c->backend = !backend || str_eq(backend, "best") ? storage_best(c->h->zones)
							 : storage_find(backend, e);
	if (!c->backend)
		return -EINVAL;
	int r = c->backend->probe(c->h->zones, e);
	return r < 0 ? r : check_size(c, e);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static int up_index(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_INDEX struct index all = { 0 };
	AUTO_CLOSE int lock = index_lock(c->h->host, e);
	int r = lock < 0 ? lock : index_load(c->h->host, &all, e);

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

static int open_image(const struct creation *c, struct zerr *e)
{
	return c->made.image.fingerprint
		       ? image_store_open(&c->h->images, c->made.image.fingerprint, e)
		       : -1;
}

static int up_volume(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_CLOSE int image = open_image(c, e);
	const struct volume v = {
		.ops = c->backend, .dir = c->dir, .image = image, .size = c->spec.root_size
	};

	if (c->made.image.fingerprint && image < 0)
		return image;
	if (c->source)
		return c->backend->clone(c->source, c->snap, &v, e);
	return c->backend->create(&v, &c->root, e);
}

static int down_volume(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	const struct volume v = { .ops = c->backend, .dir = c->dir, .image = -1 };

	c->root = own_close(c->root);
	return c->backend->destroy ? c->backend->destroy(&v, e)
				   : 0; /* the directory goes as a whole */
}

/* What the build found out; what was asked for wins, and the whole is judged again. */
static int take_config(struct creation *c, struct zerr *e)
{
	AUTO_SPEC struct zone_spec whole;
	int r = 0;

	spec_init(&whole);
	for (size_t i = 0; i + 1 < c->made.config.n && r == 0; i += 2)
		r = set_key(c, c->made.config.v[i], c->made.config.v[i + 1], e);
	if (r == 0)
		r = set_given(c, e);
	return r == 0 ? conf_parse(&whole, c->conf.p, "zone.conf", e) : r;
}

static int up_build(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_FREE char *path = NULL;
	char link[32];

	if (c->source || c->made.image.fingerprint || !c->template->build)
		return 0;
	path = realpath(fs_fd_path(c->root, link), NULL);
	if (!path)
		return zerr_sys(e, "root");
	const int r = c->template->build(&c->targs, c->root, path, &c->made, e);
	if (r < 0)
		return zerr_in(e, r, "template %s", c->template->name);
	for (size_t i = 0; i < c->made.ignored.n; i++)
		log_note("not honoured: %s", c->made.ignored.v[i]);
	const int k = take_config(c, e);
	return k < 0 || syncfs(c->root) == 0 ? k : zerr_sys(e, "sync");
}

static int make_uuid(char out[static 40])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return -EIO;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 4122, version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	char *p = out;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += sprintf(p, "%02x", b[i]);
	}
	return 0;
}

static int fill_manifest(const struct creation *c, struct record *m)
{
	const struct image *i = &c->made.image;
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "name", c->name },
		{ "backend", c->backend->name },
		{ "template", c->template ? c->template->name : "clone" },
		{ "image.server", i->server },
		{ "image.dist", i->ref.dist },
		{ "image.release", i->ref.release },
		{ "image.arch", i->ref.arch },
		{ "image.variant", i->ref.variant },
		{ "image.build", i->build },
		{ "image.fingerprint", i->fingerprint },
		{ "image.verified", i->verified },
	};
	char uuid[40];

	if (make_uuid(uuid) < 0)
		return -EIO;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (rows[k].value && record_set(m, rows[k].key, rows[k].value) < 0)
			return -ENOMEM;
	if (record_set(m, "uuid", uuid) < 0 ||
	    record_setf(m, "created", "%lld", (long long)now_seconds()) < 0)
		return -ENOMEM;
	return 0;
}

/* The commit: configuration, then the manifest that makes the zone installed, synced together. */
static int up_commit(void *ctx, struct zerr *e)
{
	struct creation *c = ctx;
	AUTO_RECORD struct record m = { 0 };
	int r = fill_manifest(c, &m);

	if (r < 0)
		return zerr_code(e, -r, "manifest");
	r = fs_write(c->dir, "fresh", "", 0, 0600, false, e); /* its first start writes who it is */
	if (r == 0)
		r = fs_write(c->dir, "zone.conf", c->conf.p, c->conf.len, 0600, true, e);
	if (r == 0)
		r = record_save(&m, c->dir, "manifest", MANIFEST_FORMAT, true, e);
	if (r == 0 && fsync(c->h->zones) < 0)
		r = zerr_sys(e, "sync");
	return r;
}

static const struct step steps[] = {
	{ "index", up_index, down_index },
	{ "volume", up_volume, down_volume },
	{ "build", up_build, NULL },
	{ "commit", up_commit, NULL },
	{ NULL, NULL, NULL },
};
static const struct op create_op = { "create", steps };

/* ---- the verb -------------------------------------------------------------------------------- */

/* Exit status 4 when the name is taken; a directory that a killed create left is cleared. */
static int check_free(struct creation *c, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	int r = zone_load(c->h, c->name, 0, &z, &ignored);

	if (r == 0) {
		r = state_now(&z, &s, e);
		if (r < 0)
			return r;
		zerr_as(e, ZERR_STATE, "a zone of this name exists (%s%s%s)", state_name(s.state),
			s.op[0] ? ":" : "", s.op);
		return zerr_hint(e, -EEXIST, "zone destroy %s", c->name);
	}
	if (ignored.status != ZERR_MISSING) {
		*e = ignored;
		return -ignored.code;
	}
	return zonedir_clear_orphan(c->h, c->name, e);
}

/* The directory and what the index will say of it. */
static int make_directory(struct creation *c, struct zerr *e)
{
	if (mkdirat(c->h->zones, c->name, 0700) < 0)
		return zerr_sys(e, "%s/%s", c->h->zones_path, c->name);
	c->dir = fs_open_below(c->h->zones, c->name, O_RDONLY | O_DIRECTORY, 0);
	c->entry.name = strdup(c->name);
	c->entry.dir = str_fmt("%s/%s", c->h->zones_path, c->name);
	if (c->dir < 0)
		return zerr_code(e, -c->dir, "zone directory");
	return c->entry.name && c->entry.dir ? 0 : zerr_code(e, ENOMEM, "zone directory");
}

static int walk(struct creation *c, struct zerr *e)
{
	int r = make_directory(c, e);
	const struct journal j = { c->dir, "journal", false };

	if (r == 0)
		r = steps_up(&create_op, &j, c, e);
	if (r == 0)
		r = journal_clear(&j, e);
	if (r < 0 && c->dir >= 0) {
		struct zerr ignored = { 0 };

		(void)fs_remove(c->h->zones, c->name, &ignored);
	}
	return r;
}

static int make_zone(struct creation *c, struct zerr *e)
{
	const char *fingerprint = c->made.image.fingerprint;
	AUTO_CLOSE int lock = zone_lock(c->h, c->name, e);
	int r = lock < 0 ? lock : check_free(c, e);
	/* until the manifest names it, nothing but this keeps the image from being removed */
	AUTO_CLOSE int held =
		r == 0 && fingerprint ? image_store_lock(&c->h->images, fingerprint, e) : -1;

	if (r == 0 && fingerprint && held < 0)
		r = held;
	if (r == 0)
		r = c->source ? conf_parse(&c->spec, c->conf.p, "zone.conf", e) : make_config(c, e);
	if (r == 0)
		r = walk(c, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "backend", c->backend->name, "template",
				       c->template ? c->template->name : "clone", NULL };
	zone_event(c->h, c->name, "created", fields);
	return 0;
}

int zone_create(struct zone_host *h, const char *name, const struct zone_create *a, struct zerr *e)
{
	AUTO_CREATION struct creation c = {
		.h = h, .name = name, .args = a, .dir = -1, .root = -1
	};
	int r = name ? name_check_zone(name, e) : 0;

	spec_init(&c.spec);
	if (r == 0)
		r = choose(&c, e);
	if (r < 0)
		return r;
	if (name) { /* refuse a taken name before a long download */
		AUTO_CLOSE int lock = zone_lock(h, name, e);

		r = lock < 0 ? lock : check_free(&c, e);
	}
	c.targs = (struct template_args){ .zone = name,
					  .word = a->template,
					  .argc = a->template_argc,
					  .argv = a->template_argv,
					  .images = &h->images,
					  .terminal = a->terminal,
					  .progress = h->o.progress,
					  .progress_arg = h->o.arg,
					  .print = a->print,
					  .print_arg = a->print_arg };
	if (r == 0)
		r = c.template->prepare(&c.targs, &c.made, e);
	if (r < 0 || c.made.done)
		return r;
	if (!name)
		return zerr_as(e, ZERR_USAGE, "a name for the zone is missing");
	return make_zone(&c, e);
}

/* ---- a clone --------------------------------------------------------------------------------- */

/* What is a zone's own must not be had twice: name, addresses. */
static int drop_identity(struct creation *c, const struct zone *from, struct zerr *e)
{
	static const char *const keys[] = { "address", "mac" };
	bool changed;
	int r = conf_edit(&c->conf, "hostname", NULL, &changed, e);

	for (size_t i = 0; i < from->spec.nics_n && (r == 0 || r == -ENOENT); i++)
		for (size_t k = 0; k < 2 && (r == 0 || r == -ENOENT); k++) {
			AUTO_FREE char *key =
				str_fmt("net.%s.%s", from->spec.nics[i].name, keys[k]);

			r = key ? conf_edit(&c->conf, key, NULL, &changed, e) : -ENOMEM;
		}
	/* nor ports of the host */
	for (size_t i = 0; i < from->spec.forwards.n && (r == 0 || r == -ENOENT); i++) {
		AUTO_FREE char *key = str_fmt("forward.%s", from->spec.forwards.v[i].name);

		r = key ? conf_edit(&c->conf, key, NULL, &changed, e) : -ENOMEM;
	}
	if (r == -ENOENT)
		*e = (struct zerr){ 0 };
	return r == -ENOENT ? 0 : r;
}

static int copy_image(const struct record *m, struct image *i)
{
	const struct {
		char **to;
		const char *key;
	} rows[] = {
		{ &i->server, "image.server" },		  { &i->ref.dist, "image.dist" },
		{ &i->ref.release, "image.release" },	  { &i->ref.arch, "image.arch" },
		{ &i->ref.variant, "image.variant" },	  { &i->build, "image.build" },
		{ &i->fingerprint, "image.fingerprint" }, { &i->verified, "image.verified" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (str_set(rows[k].to, record_get(m, rows[k].key)) < 0)
			return -ENOMEM;
	return 0;
}

int zonedir_clone(struct zone_host *h, struct zone *from, int snap, const char *to, struct zerr *e)
{
	AUTO_CREATION struct creation c = {
		.h = h, .name = to, .dir = -1, .root = -1, .snap = snap
	};
	struct volume source;
	int r = zone_volume(from, &source, e);

	spec_init(&c.spec);
	if (r < 0)
		return r;
	AUTO_CLOSE int image = source.image;
	c.source = &source;
	c.backend = source.ops;
	if (!source.ops->clone)
		return zerr_as(e, ZERR_HOST, "backend %s cannot clone", source.ops->name);
	r = fs_read(snap >= 0 ? snap : from->dir, "zone.conf", 1U << 20, &c.conf);
	if (r < 0)
		return zerr_code(e, -r, "zone.conf");
	if (copy_image(&from->manifest, &c.made.image) < 0)
		return zerr_code(e, ENOMEM, "manifest");
	r = drop_identity(&c, from, e);
	return r < 0 ? r : make_zone(&c, e);
}
