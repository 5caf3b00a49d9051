/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots: snapshots/NAME/ in the zone's directory holds what the backend copied, the
 * configuration of that moment and a record. Taken of a running zone: frozen, synced, copied,
 * thawed. A snapshot is there once its record is; what was killed before that is cleared by the
 * next command.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/pause.h"
#include "core/snapshot.h"
#include "core/zonedir.h"

/* ---- names and records ----------------------------------------------------------------------- */

static int open_snapshots(const struct zone *z, struct zerr *e)
{
	return fs_subdir(z->dir, "snapshots", 0700, e);
}

static bool is_whole(int snapshots, const char *name)
{
	AUTO_CLOSE int dir = fs_open_below(snapshots, name, O_RDONLY | O_DIRECTORY, 0);

	return dir >= 0 && fs_exists(dir, "record");
}

size_t snapshot_count(const struct zone *z)
{
	AUTO_CLOSE int all =
		z->dir < 0 ? -1 : fs_open_below(z->dir, "snapshots", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	size_t n = 0;

	if (all < 0 || fs_list(all, &names) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++)
		n += is_whole(all, names.v[i]);
	return n;
}

static int lock_snapshots(const struct zone *z, int how, struct zerr *e)
{
	AUTO_CLOSE int fd = open_snapshots(z, e);

	if (fd == -EROFS && !fs_exists(z->dir, "snapshots")) {
		*e = (struct zerr){ 0 }; /* nor will there be any */
		const int none = fcntl(z->dir, F_DUPFD_CLOEXEC, 3);

		return none < 0 ? zerr_sys(e, "snapshots") : none;
	}
	if (fd < 0)
		return fd;
	const int r = fs_lock_fd(fd, how, "the lock of its snapshots", z->h->o.lock_wait_ms, e);
	return r < 0 ? r : own_take_fd(&fd);
}

int snapshot_use(const struct zone *z, struct zerr *e)
{
	return lock_snapshots(z, LOCK_SH, e);
}

int snapshot_change(const struct zone *z, struct zerr *e)
{
	return lock_snapshots(z, LOCK_EX, e);
}

/* The lowest free snapN. */
static int free_name(int snapshots, char out[static 64])
{
	for (unsigned i = 0; i < 100000; i++) {
		(void)snprintf(out, 64, "snap%u", i);
		if (!is_whole(snapshots, out))
			return 0;
	}
	return -ENOSPC;
}

/* The record goes first: from then on the rest is only rubbish. What is done to a file system is on
 * disk in the order in which it was done, so this needs no sync. */
int snapshot_clear(int snapshots, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(snapshots, name, O_RDONLY | O_DIRECTORY, 0);
	int r = 0;

	if (dir >= 0 && unlinkat(dir, "record", 0) < 0 && errno != ENOENT)
		return zerr_sys(e, "remove snapshot %s", name);
	if (dir >= 0)
		r = storage_release(dir, e);
	return r < 0 ? r : fs_remove(snapshots, name, e);
}

static int missing(struct zerr *e, const char *name, const char *snapshot)
{
	zerr_as(e, ZERR_MISSING, "no snapshot '%s'", snapshot);
	return zerr_hint(e, -ENOENT, "zone snapshot %s -L shows what there is", name);
}

/* ---- create ---------------------------------------------------------------------------------- */

struct taking {
	struct zone *z;
	const struct status *s;
	int snapshots, dir;
	const char *name, *comment;
	struct volume volume;
	struct pause pause;
};

static int up_directory(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;
	int r = snapshot_clear(t->snapshots, t->name, e); /* what a killed one left */

	if (r == 0)
		r = t->dir = fs_subdir(t->snapshots, t->name, 0700, e);
	return r < 0 ? r : 0;
}

static int down_directory(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;

	return snapshot_clear(t->snapshots, t->name, e);
}

static int up_freeze(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;

	return pause_begin(&t->pause, t->z, t->s, e);
}

static int up_copy(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;

	return t->volume.ops->snapshot(&t->volume, t->dir, e);
}

static int up_thaw(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;

	return pause_end(&t->pause, e);
}

static int up_settle(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;

	return t->volume.ops->settle ? t->volume.ops->settle(&t->volume, t->dir, e) : 0;
}

/* All in one file, for each costs two syncs: with the configuration of the time. */
static int up_record(void *ctx, struct zerr *e)
{
	struct taking *t = ctx;
	AUTO_RECORD struct record r = { 0 };
	AUTO_BUF struct buf conf = { 0 };
	const int k = fs_read(t->z->dir, "zone.conf", CONF_MAX, &conf);

	if (k < 0)
		return zerr_code(e, -k, "zone.conf");
	if (record_set(&r, "name", t->name) < 0 ||
	    record_set(&r, "comment", t->comment ? t->comment : "") < 0 ||
	    record_set(&r, "backend", t->volume.ops->name) < 0 ||
	    record_set(&r, "fresh", fs_exists(t->z->dir, "fresh") ? "1" : "0") < 0 ||
	    record_set(&r, "conf", conf.p) < 0 ||
	    record_setf(&r, "created", "%lld", (long long)now_seconds()) < 0)
		return zerr_code(e, ENOMEM, "record");
	return record_save(&r, t->dir, "record", SNAPSHOT_FORMAT, true, e);
}

static const struct step take_steps[] = {
	{ "directory", up_directory, down_directory },
	{ "freeze", up_freeze, up_thaw },
	{ "copy", up_copy, NULL },
	{ "thaw", up_thaw, NULL },
	{ "settle", up_settle, NULL },
	{ "record", up_record, NULL },
	{ NULL, NULL, NULL },
};
static const struct op take_op = { "snapshot", take_steps };

static int check_comment(const char *comment, struct zerr *e)
{
	if (comment && strlen(comment) > SNAPSHOT_COMMENT_MAX)
		return zerr_as(e, ZERR_USAGE, "the comment is longer than %d bytes",
			       SNAPSHOT_COMMENT_MAX);
	return 0;
}

/* No journal: of a killed one a directory without a record is left, which is no snapshot, and its
 * guard has thawed the zone. */
static int take(struct taking *t, struct zerr *e)
{
	return steps_up(&take_op, &(struct journal){ .dirfd = -1 }, t, e);
}

static int choose_name(const struct zone *z, int snapshots, const char *asked, char own[static 64],
		       struct zerr *e)
{
	if (!asked)
		return free_name(snapshots, own) < 0 ? zerr_set(e, ENOSPC, "no free name") : 0;
	if (!is_whole(snapshots, asked))
		return 0;
	zerr_as(e, ZERR_STATE, "snapshot '%s' exists", asked);
	return zerr_hint(e, -EEXIST, "zone snapshot %s -d %s", z->name, asked);
}

int zone_snapshot_create(struct zone_host *h, const char *name, const char *snapshot,
			 const char *comment, char **ret_name, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct taking t = { .z = &z, .s = &s, .dir = -1, .comment = comment, .pause = PAUSE_NONE };
	char own[64];
	int r = snapshot ? name_check_snapshot(snapshot, e) : 0;

	if (r == 0)
		r = check_comment(comment, e);
	if (r == 0)
		r = state_load_storage(h, name, &z, &s, e);
	if (r == 0)
		r = t.snapshots = open_snapshots(&z, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int snapshots = t.snapshots;
	t.name = snapshot ? snapshot : own;
	r = choose_name(&z, snapshots, snapshot, own, e);
	if (r == 0)
		r = zone_volume(&z, &t.volume, e);
	AUTO_CLOSE int image = r == 0 ? t.volume.image : -1;
	if (r == 0)
		r = take(&t, e);
	(void)own_close(t.dir);
	if (r < 0)
		return r;
	const char *const fields[] = { "snapshot", t.name, NULL };
	zone_event(h, name, "snapshot", fields);
	*ret_name = strdup(t.name);
	return *ret_name ? 0 : zerr_code(e, ENOMEM, "name");
}

/* ---- list, remove ---------------------------------------------------------------------------- */

static int read_one(int snapshots, const char *name, struct zone_snapshot *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(snapshots, name, O_RDONLY | O_DIRECTORY, 0);
	AUTO_RECORD struct record rec = { 0 };
	struct zerr ignored = { 0 };
	int r = dir < 0 ? dir : record_load(&rec, dir, "record", SNAPSHOT_FORMAT, e);

	if (r < 0)
		return r;
	const char *backend = record_get(&rec, "backend"), *comment = record_get(&rec, "comment");
	*ret = (struct zone_snapshot){ .created = (int64_t)record_u64(&rec, "created", 0),
				       .size_bytes = UINT64_MAX };
	if (str_set(&ret->name, name) < 0 || str_set(&ret->comment, comment) < 0 ||
	    str_set(&ret->backend, backend) < 0)
		return zerr_code(e, ENOMEM, "snapshots");
	const struct storage_ops *ops = backend ? storage_find(backend, &ignored) : NULL;
	if (ops && ops->usage)
		(void)ops->usage(dir, &ret->size_bytes, &ignored);
	return 0;
}

void zone_snapshots_done(struct zone_snapshots *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].comment);
		free(s->v[i].backend);
	}
	free(s->v);
	*s = (struct zone_snapshots){ 0 };
}

static int by_age(const void *a, const void *b)
{
	const struct zone_snapshot *x = a, *y = b;

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;
	return strcmp(x->name, y->name);
}

int snapshot_open(const struct zone *z, const char *snapshot, struct zerr *e)
{
	AUTO_CLOSE int all = fs_open_below(z->dir, "snapshots", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int dir = all < 0 ? -1 : fs_open_below(all, snapshot, O_RDONLY | O_DIRECTORY, 0);

	return dir < 0 || !fs_exists(dir, "record") ? missing(e, z->name, snapshot)
						    : own_take_fd(&dir);
}

int snapshot_conf(int dir, struct buf *ret, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	const int r = record_load(&rec, dir, "record", SNAPSHOT_FORMAT, e);
	const char *conf = record_get(&rec, "conf");

	if (r < 0)
		return r;
	buf_str(ret, conf ? conf : "");
	if (!conf)
		return zerr_set(e, EPROTO, "the snapshot has no configuration");
	return ret->failed ? zerr_code(e, ENOMEM, "zone.conf") : 0;
}

bool snapshot_is_fresh(int dir)
{
	AUTO_RECORD struct record rec = { 0 };
	struct zerr ignored = { 0 };

	return record_load(&rec, dir, "record", SNAPSHOT_FORMAT, &ignored) == 0 &&
	       str_eq(record_get(&rec, "fresh"), "1");
}

int zone_snapshot_list(struct zone_host *h, const char *name, struct zone_snapshots *ret,
		       struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STRV struct strv names = { 0 };
	int r = zone_load(h, name, 0, &z, e);

	if (r == 0)
		r = zone_need_dir(&z, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int dir = fs_open_below(z.dir, "snapshots", O_RDONLY | O_DIRECTORY, 0);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0 || (r = fs_list(dir, &names)) < 0)
		return zerr_code(e, dir < 0 ? -dir : -r, "snapshots");
	ret->v = calloc(names.n + 1, sizeof(*ret->v));
	if (!ret->v)
		return zerr_code(e, ENOMEM, "snapshots");
	for (size_t i = 0; i < names.n && r == 0; i++) {
		r = read_one(dir, names.v[i], &ret->v[ret->n], e);
		if (r == 0)
			ret->n++;
		else if (r == -ENOENT)
			r = 0; /* half made, or being removed */
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_age);
	return r;
}

int zone_snapshot_remove(struct zone_host *h, const char *name, const char *snapshot,
			 struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	AUTO_STRV struct strv names = { 0 };
	const bool all = str_eq(snapshot, "ALL");
	int r = all ? 0 : name_check_snapshot(snapshot, e);

	if (r == 0)
		r = state_load_storage(h, name, &z, &s, e);
	AUTO_CLOSE int dir = r < 0 ? -1 : snapshot_change(&z, e);
	if (r == 0 && dir < 0)
		r = dir;
	if (r < 0)
		return r;
	if (!all && !is_whole(dir, snapshot))
		return missing(e, name, snapshot);
	if (all && (r = fs_list(dir, &names)) < 0)
		return zerr_code(e, -r, "snapshots");
	if (!all && strv_add(&names, snapshot) < 0)
		return zerr_code(e, ENOMEM, "snapshots");
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = snapshot_clear(dir, names.v[i], e);
	return r;
}
