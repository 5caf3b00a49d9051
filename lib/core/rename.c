/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone rename. The index goes first: from then on the zone has its new name, in a directory that
 * still has the old one, and all that follows can be found out and done again from there. Who
 * stands on the zone finds it by its uuid.
 */
#include "core/rename.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/creation.h"
#include "core/follow.h"
#include "core/restart.h"
#include "core/unitfiles.h"
#include "core/zonedir.h"

struct renaming {
	struct zone *z;
	const char *from, *to;
	int parent;	     /* of the zone's directory */
	struct strv changed; /* other zones, whose configurations name @to now */
	bool units;	     /* systemd has files of it */
};

static void renaming_done(struct renaming *n)
{
	n->parent = own_close(n->parent);
	strv_done(&n->changed);
}
#define AUTO_RENAMING __attribute__((cleanup(renaming_done)))

/* ---- the steps, each in both directions -------------------------------------------------------
 */

typedef int there_fn(const struct renaming *n, const char *from, const char *to, struct zerr *e);

static int set_name(const struct renaming *n, const char *from, const char *to, struct zerr *e)
{
	AUTO_CLOSE int lock = index_lock(n->z->h->host, e);

	return lock < 0 ? lock : index_rename(n->z->h->host, from, to, e);
}

static int move_directory(const struct renaming *n, const char *from, const char *to,
			  struct zerr *e)
{
	if (!fs_exists(n->parent, from))
		return 0; /* done already */
	if (renameat2(n->parent, from, n->parent, to, RENAME_NOREPLACE) < 0)
		return zerr_sys(e, "rename the directory to %s", to);
	return fs_sync_dir(n->parent) < 0 ? zerr_sys(e, "sync") : 0;
}

static int set_place(const struct renaming *n, const char *from, const char *to, struct zerr *e)
{
	struct index_entry *x = &n->z->entry;
	AUTO_CLOSE int lock = index_lock(n->z->h->host, e);
	const char *slash = strrchr(x->dir, '/');
	AUTO_FREE char *dir = str_fmt("%.*s/%s", slash ? (int)(slash - x->dir) : 0, x->dir, to);

	(void)from;
	if (lock < 0)
		return lock;
	if (!dir || str_set(&x->dir, dir) < 0 || str_set(&x->name, n->to) < 0)
		return zerr_code(e, ENOMEM, "rename");
	return index_put(n->z->h->host, x, e);
}

static int set_manifest(const struct renaming *n, const char *name, struct zerr *e)
{
	AUTO_RECORD struct record m = { 0 };
	const int r = record_load(&m, n->z->dir, "manifest", MANIFEST_FORMAT, e);

	if (r < 0)
		return r;
	if (record_set(&m, "name", name) < 0)
		return zerr_code(e, ENOMEM, "manifest");
	return record_save(&m, n->z->dir, "manifest", MANIFEST_FORMAT, true, e);
}

/* NAME, NAME.1, NAME:1, … */
static int move_logs(const struct renaming *n, const char *from, const char *to, struct zerr *e)
{
	AUTO_CLOSE int logs = fs_open_below(n->z->h->run, ".log", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv files = { 0 };
	const size_t len = strlen(from);

	if (logs < 0 || fs_list(logs, &files) < 0)
		return 0;
	for (size_t i = 0; i < files.n; i++) {
		if (!str_starts(files.v[i], from) || !strchr(".:", files.v[i][len]))
			continue;
		AUTO_FREE char *fresh = str_fmt("%s%s", to, files.v[i] + len);

		if (!fresh || renameat(logs, files.v[i], logs, fresh) < 0)
			return zerr_sys(e, "log %s", files.v[i]);
	}
	return 0;
}

static int move_run(const struct renaming *n, const char *from, const char *to, struct zerr *e)
{
	struct zerr ignored = { 0 };

	if (fs_exists(n->z->h->run, from)) {
		(void)fs_remove(n->z->h->run, to, &ignored); /* of a zone that was */
		if (renameat(n->z->h->run, from, n->z->h->run, to) < 0)
			return zerr_sys(e, "rename the run directory");
	}
	return move_logs(n, from, to, e);
}

static int go(void *ctx, there_fn *there, struct zerr *e)
{
	const struct renaming *n = ctx;

	return there(n, n->from, n->to, e);
}

static int back(void *ctx, there_fn *there, struct zerr *e)
{
	const struct renaming *n = ctx;

	return there(n, n->to, n->from, e);
}

static int up_index(void *ctx, struct zerr *e)
{
	return go(ctx, set_name, e);
}

static int down_index(void *ctx, struct zerr *e)
{
	return back(ctx, set_name, e);
}

static int up_directory(void *ctx, struct zerr *e)
{
	return go(ctx, move_directory, e);
}

static int down_directory(void *ctx, struct zerr *e)
{
	return back(ctx, move_directory, e);
}

static int up_place(void *ctx, struct zerr *e)
{
	return go(ctx, set_place, e);
}

static int down_place(void *ctx, struct zerr *e)
{
	return back(ctx, set_place, e);
}

/* Its own files have its name, too: its next start mends that, unless a name was given to it. */
static int up_files(void *ctx, struct zerr *e)
{
	const struct renaming *n = ctx;
	AUTO_FREE char *was = str_fmt("rename %s", n->from);
	int r = was ? 0 : zerr_code(e, ENOMEM, "rename");

	if (r == 0 && !n->z->spec.hostname && !fs_exists(n->z->dir, "fresh"))
		r = fs_write(n->z->dir, "fresh", was, strlen(was), 0600, true, e);
	return r == 0 ? set_manifest(n, n->to, e) : r;
}

static int down_files(void *ctx, struct zerr *e)
{
	const struct renaming *n = ctx;
	AUTO_FREE char *was = str_fmt("rename %s", n->from);
	AUTO_BUF struct buf fresh = { 0 };
	int r = 0;

	if (fs_read(n->z->dir, "fresh", 256, &fresh) == 0 && str_eq(fresh.p, was))
		r = fs_remove(n->z->dir, "fresh", e);
	return r == 0 ? set_manifest(n, n->from, e) : r;
}

static int up_run(void *ctx, struct zerr *e)
{
	return go(ctx, move_run, e);
}

static int down_run(void *ctx, struct zerr *e)
{
	return back(ctx, move_run, e);
}

static int up_others(void *ctx, struct zerr *e)
{
	struct renaming *n = ctx;

	return follow_rename(n->z->h, n->from, n->to, &n->changed, e);
}

/* Those that were changed: others may have named the new name all along. */
static int down_others(void *ctx, struct zerr *e)
{
	struct renaming *n = ctx;
	int r = 0;

	for (size_t i = 0; i < n->changed.n; i++) {
		const int one = follow_one(n->z->h, n->changed.v[i], n->to, n->from, e);

		r = one < 0 ? one : r;
	}
	return r;
}

static int up_units(void *ctx, struct zerr *e)
{
	struct renaming *n = ctx;
	const int r = unitfiles_move(n->z->h, n->from, n->to, e);

	n->units = r > 0;
	return r < 0 ? r : 0;
}

static int down_units(void *ctx, struct zerr *e)
{
	const struct renaming *n = ctx;
	const int r = unitfiles_move(n->z->h, n->to, n->from, e);

	return r < 0 ? r : 0;
}

static const struct step steps[] = {
	{ "index", up_index, down_index },
	{ "directory", up_directory, down_directory },
	{ "place", up_place, down_place },
	{ "run", up_run, down_run },
	{ "others", up_others, down_others },
	{ "units", up_units, down_units },
	{ "files", up_files, down_files }, /* the last: the manifest has the old name until then */
	{ NULL, NULL, NULL },
};
static const struct op rename_op = { "rename", steps };

/* ---- finishing ------------------------------------------------------------------------------- */

int rename_look(const struct index_entry *entry)
{
	AUTO_FREE char *path = strdup(entry->dir);
	char *slash = path ? strrchr(path, '/') : NULL;
	struct zerr ignored = { 0 };

	if (!slash || str_eq(slash + 1, entry->name))
		return -ENOENT;
	*slash = '\0';
	AUTO_CLOSE int parent = fs_open_dir(path[0] ? path : "/", &ignored);
	AUTO_CLOSE int dir =
		parent < 0 ? parent : fs_open_below(parent, entry->name, O_RDONLY | O_DIRECTORY, 0);
	return dir >= 0 && fs_exists(dir, "journal") ? own_take_fd(&dir) : -ENOENT;
}

static int open_parent(const struct zone *z, struct zerr *e)
{
	const int fd = openat(z->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? zerr_sys(e, "zone path") : fd;
}

/* The name before: that of the directory as the index has it, or, when that is mended, of the
 * manifest. */
static const char *old_name(const struct zone *z, const struct record *manifest)
{
	const char *slash = strrchr(z->entry.dir, '/');

	if (slash && !str_eq(slash + 1, z->name))
		return slash + 1;
	return record_get(manifest, "name");
}

/* All steps once more; but when somebody has made a zone of the old name meanwhile, what has that
 * name is of this one. */
static int walk_again(struct renaming *n, struct zerr *e)
{
	AUTO_CLOSE int lock = zone_lock(n->z->h, n->from, e);
	struct index_entry other = { 0 };
	const struct step *s = steps;
	int r;

	if (lock < 0)
		return lock;
	r = index_find_one(n->z->h->host, n->from, &other, e);
	index_entry_done(&other);
	while (r == 0 && s[1].name)
		s++;
	for (r = r == -ENOENT ? 0 : r; r == 0 && s->name; s++)
		r = zerr_in(e, s->up(n, e), "%s", s->name);
	return r;
}

int rename_finish(struct zone *z, struct zerr *e)
{
	const struct journal j = { z->dir, "journal", true, JOURNAL_ONCE, NULL };
	AUTO_RECORD struct record m = { 0 };
	AUTO_RENAMING struct renaming n = { .z = z, .to = z->name, .parent = open_parent(z, e) };
	int r = n.parent < 0 ? n.parent : record_load(&m, z->dir, "manifest", MANIFEST_FORMAT, e);

	if (r < 0)
		return r;
	const char *found = old_name(z, &m);
	AUTO_FREE char *from = found ? strdup(found) : NULL; /* the steps replace what it is from */
	if (found && !from)
		return zerr_code(e, ENOMEM, "rename");
	n.from = from;
	if (from && !str_eq(from, n.to)) {
		r = walk_again(&n, e);
		zone_units_reload(z->h);
	}
	return r == 0 ? journal_clear(&j, e) : r;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int check_free(struct zone_host *h, const struct zone *z, const char *to, struct zerr *e)
{
	AUTO_CREATION struct creation c;
	int r = creation_init(&c, h, to, e);

	if (r == 0)
		r = creation_beside(&c, z, e);
	return r == 0 ? creation_check_free(&c, e) : r;
}

static int load(struct zone_host *h, const char *name, struct zone *z, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	int r = zone_load(h, name, LOAD_LOCK | LOAD_SPEC, z, e);

	if (r == 0)
		r = state_now(z, &s, e);
	if (r == 0 && s.live)
		r = zerr_hint(e, zerr_as(e, ZERR_STATE, "the zone is %s", state_name(s.state)),
			      "zone stop %s", name);
	if (r == 0 && restart_at(z)) /* its process, or its unit, waits under the old name */
		r = zerr_hint(e, zerr_as(e, ZERR_STATE, "the zone is about to be started again"),
			      "zone stop %s", name);
	return r == 0 ? state_allows(&s, DO_STORAGE, name, e) : r;
}

static int rename_locked(struct renaming *n, struct zerr *e)
{
	const struct journal j = { n->z->dir, "journal", true, JOURNAL_ONCE, NULL };
	int r = n->parent < 0 ? n->parent : check_free(n->z->h, n->z, n->to, e);

	if (r == 0)
		r = steps_up(&rename_op, &j, n, e);
	if (r == 0)
		r = journal_clear(&j, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "from", n->from, NULL };
	zone_event(n->z->h, n->to, "renamed", fields);
	if (n->units || n->changed.n || n->z->spec.autostart)
		zone_units_reload(n->z->h);
	return 0;
}

int zone_rename(struct zone_host *h, const char *name, const char *to, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	int r = name_check_zone(to, e);

	if (r == 0)
		r = load(h, name, &z, e);
	if (r < 0 || str_eq(name, to))
		return r;
	AUTO_CLOSE int lock = zone_lock(h, to, e);
	if (lock < 0)
		return lock;
	AUTO_RENAMING struct renaming n = {
		.z = &z, .from = name, .to = to, .parent = open_parent(&z, e)
	};
	return rename_locked(&n, e);
}
