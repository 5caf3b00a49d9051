/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A zone's directory as a whole. Thrown away means renamed into .trash/ of its zone path: one
 * rename, whatever the size; the blocks are freed afterwards by a process that nobody waits for. */
#include "core/zonedir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/subvol.h"
#include "base/sys.h"
#include "core/unitfiles.h"

/* Directory @from to .trash/NAME, or NAME.1 … when an earlier one is still being freed. */
static int throw_away(int zones, const char *from, int trash, const char *name, struct zerr *e)
{
	char to[128];

	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(to, sizeof(to), i ? "%s.%u" : "%s", name, i);
		if (renameat2(zones, from, trash, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == ENOENT)
			return 0; /* done already */
		if (errno != EEXIST)
			break;
	}
	return zerr_sys(e, "rename into .trash");
}

static int release_all(int dir, const char *name, struct zerr *e)
{
	AUTO_CLOSE int all = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	int r = 0;

	if (all < 0 || fs_list(all, &names) < 0)
		return 0;
	for (size_t i = 0; i < names.n && r == 0; i++) {
		AUTO_CLOSE int one = fs_open_below(all, names.v[i], O_RDONLY | O_DIRECTORY, 0);

		r = one < 0 ? 0 : storage_release(one, e);
	}
	return r;
}

int zonedir_release(int dir, struct zerr *e)
{
	int r = release_all(dir, "snapshots", e);

	if (r == 0)
		r = release_all(dir, "views", e);
	return r == 0 ? storage_release(dir, e) : r;
}

int zonedir_clear_orphan(int zones, const char *path, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(zones, name, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir == -ENOENT)
		return 0;
	/* never one with a manifest: that is a whole zone, of another index */
	if (dir >= 0 && fs_exists(dir, "journal") && !fs_exists(dir, "manifest")) {
		log_note("%s: removing what an interrupted command left", name);
		r = zonedir_release(dir, e);
		return r < 0 ? r : fs_remove(zones, name, e);
	}
	if (dir >= 0 && unlinkat(zones, name, AT_REMOVEDIR) == 0)
		return 0; /* empty: killed between its mkdir and the journal */
	zerr_as(e, ZERR_STATE, "%s/%s is there and is not a zone", path, name);
	return zerr_hint(e, -EEXIST, "move it away, or choose another name");
}

static int open_parent(const struct zone *z, struct zerr *e)
{
	AUTO_FREE char *path = strdup(z->entry.dir);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return zerr_set(e, EINVAL, "zone path");
	*slash = '\0';
	return fs_open_dir(path[0] ? path : "/", e);
}

int zonedir_trash(const struct zone *z)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int zones = open_parent(z, &ignored);

	return zones < 0 ? zones : fs_open_below(zones, ".trash", O_RDONLY | O_DIRECTORY, 0);
}

/* ---- destroy --------------------------------------------------------------------------------- */

static int free_one(int trash, const char *name)
{
	AUTO_CLOSE int dir = fs_open_below(trash, name, O_RDONLY | O_DIRECTORY, 0);
	struct zerr e = { 0 };
	const int r = dir < 0 ? 0 : zonedir_release(dir, &e);

	return r < 0 ? r : fs_remove(trash, name, &e);
}

struct gone {
	struct zone *z;
	int zones, trash;
};

static int up_throw(void *ctx, struct zerr *e)
{
	struct gone *g = ctx;
	const char *slash = strrchr(g->z->entry.dir, '/');
	const char *from = slash ? slash + 1 : g->z->name;

	if (g->z->dir < 0)
		return 0; /* gone already: interrupted after this, or its storage is lost */
	if (!fs_exists(g->zones, from)) /* a rename that was killed has moved it */
		from = g->z->name;
	return throw_away(g->zones, from, g->trash, g->z->name, e);
}

/* A zone of this name that is made later shall not have them. */
static int up_units(void *ctx, struct zerr *e)
{
	struct gone *g = ctx;
	struct zerr why = { 0 };

	(void)e;
	if (unitfiles_remove(g->z->h, g->z->name, &why) < 0)
		log_warn("%s: %s", g->z->name, why.msg);
	return 0;
}

static int up_index(void *ctx, struct zerr *e)
{
	struct gone *g = ctx;
	AUTO_CLOSE int lock = index_lock(g->z->h->host, e);
	int r = lock < 0 ? lock : index_remove(g->z->h->host, g->z->name, e);

	/* The disk is full: of this zone, most likely. A file system may take its time to free it.
	 */
	for (int tries = 0; r == -ENOSPC && g->trash >= 0 && tries < 50; tries++) {
		if (tries == 0)
			(void)free_one(g->trash, g->z->name);
		else
			(void)usleep(100000);
		if (subvol_free_soon(g->trash) < 0)
			(void)syncfs(g->trash);
		*e = (struct zerr){ 0 };
		r = index_remove(g->z->h->host, g->z->name, e);
	}
	return r;
}

/* No way back: what a destroy has begun is only ever finished. */
static const struct step steps[] = {
	{ "trash", up_throw, NULL },
	{ "units", up_units, NULL },
	{ "index", up_index, NULL },
	{ NULL, NULL, NULL },
};
static const struct op destroy_op = { "destroy", steps };

static int forget_run(struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int logs = fs_open_below(z->h->run, ".log", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv files = { 0 };
	const size_t len = strlen(z->name);

	if (logs >= 0 && fs_list(logs, &files) == 0) /* NAME, NAME.1, NAME:1, … */
		for (size_t i = 0; i < files.n; i++)
			if (str_starts(files.v[i], z->name) && strchr(".:", files.v[i][len]))
				(void)unlinkat(logs, files.v[i], 0);
	return fs_remove(z->h->run, z->name, e);
}

int zonedir_destroy(struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int zones = open_parent(z, e);
	AUTO_CLOSE int trash = zones < 0 ? zones : fs_subdir(zones, ".trash", 0700, e);
	struct gone g = { z, zones, trash };

	if (trash < 0 && z->dir >= 0)
		return trash;
	*e = (struct zerr){ 0 };
	/* no journal: until its index line goes, a zone whose directory is in .trash shows as
	 * INCOMPLETE:destroy, and the sweeper leaves that directory alone */
	const int r = steps_up(&destroy_op, &(struct journal){ .dirfd = -1 }, &g, e);
	if (r < 0)
		return r;
	struct zerr ignored = { 0 };
	(void)forget_run(z, &ignored);
	return 0;
}

/* Its destroy was killed (or is at it now): the index still has a zone of that name, whose
 * directory is not where it was. */
static bool is_needed(struct zone_host *h, const char *name)
{
	struct index_entry x = { 0 };
	struct zerr ignored = { 0 };
	AUTO_FREE char *plain = strndup(name, strcspn(name, "."));
	const int r = plain ? index_find_one(h->host, plain, &x, &ignored) : -ENOMEM;
	AUTO_CLOSE int dir = r == 0 ? open(x.dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	index_entry_done(&x);
	return r != -ENOENT && dir < 0;
}

static void free_trash(struct zone_host *h, int trash)
{
	AUTO_CLOSE int lock = -1;
	AUTO_STRV struct strv names = { 0 };
	struct zerr e = { 0 };

	lock = fs_lock(trash, ".lock", 0, &e);
	if (lock < 0)
		return; /* another one is at it */
	for (int round = 0; round < 16; round++) {
		strv_done(&names);
		if (fs_list(trash, &names) < 0 || !names.n)
			return;
		for (size_t i = 0; i < names.n; i++)
			if (!is_needed(h, names.v[i]) && free_one(trash, names.v[i]) < 0)
				return; /* the next command tries again */
	}
}

void zonedir_sweep_trash(const struct zone *z, bool background)
{
	struct zone_host *h = z->h;
	AUTO_CLOSE int trash = zonedir_trash(z);
	AUTO_STRV struct strv names = { 0 };

	if (trash < 0 || fs_list(trash, &names) < 0 || !names.n)
		return;
	if (!background) {
		free_trash(h, trash);
		return;
	}
	if (fork() == 0) {
		(void)setsid();
		/* a caller that reads our output, whatever its number, must not wait for this: all
		 * but the two descriptors that are needed is closed */
		trash = fcntl(trash, F_DUPFD_CLOEXEC, 5);
		h->host = fcntl(h->host, F_DUPFD_CLOEXEC, 5);
		trash = dup3(trash, 3, O_CLOEXEC);
		h->host = dup3(h->host, 4, O_CLOEXEC);
		for (int i = 0; i < 3; i++)
			(void)close(i);
		(void)sys_close_range(5, ~0U, 0);
		free_trash(h, trash);
		_exit(0);
	}
}
