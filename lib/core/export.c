/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone export: the views of a zone's states, from the oldest to the present one, handed to the
 * archiver with what changed in between. A running zone stands still for its present state only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/snapshot.h"
#include "core/view.h"
#include "image/module.h"

struct exporting {
	struct zone *z;
	const struct status *s;
	const struct image_module *m;
	struct image_bundle *b;
	struct view last, present; /* last: the state that was written last */
};

/* ---- states ---------------------------------------------------------------------------------- */

struct delta {
	struct buf changed, gone;
};

static int take_change(void *ctx, enum diff_kind kind, const char *path, bool directory)
{
	struct delta *d = ctx;
	struct buf *to = kind == DIFF_REMOVED ? &d->gone : &d->changed;

	(void)directory;
	if (str_eq(path, "."))
		return 0; /* directories are written in any case */
	buf_add(to, path, strlen(path) + 1);
	return to->failed ? -ENOMEM : 0;
}

static int write_state(struct exporting *x, const char *snapshot, const struct view *view,
		       struct zerr *e)
{
	struct delta d = { 0 };
	int r = x->last.tree >= 0 ? view_diff(&x->last, view, take_change, &d, e) : 0;

	if (r == 0)
		r = x->m->export_state(x->b, snapshot, view->tree,
				       x->last.tree >= 0 ? &d.changed : NULL, &d.gone, e);
	buf_done(&d.changed);
	buf_done(&d.gone);
	return r;
}

static int write_snapshot(struct exporting *x, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = snapshot_open(x->z, name, e);
	AUTO_FREE char *member = str_fmt("snapshots/%s/record", name);
	AUTO_BUF struct buf record = { 0 };
	int r = dir < 0 ? dir : fs_read(dir, "record", 1U << 20, &record);

	if (r < 0)
		return dir < 0 ? dir : zerr_code(e, -r, "snapshot %s", name);
	if (!member)
		return zerr_code(e, ENOMEM, "export");
	struct view view = VIEW_NONE;
	r = x->m->export_text(x->b, member, record.p, record.len, e);
	if (r == 0)
		r = view_open(x->z, x->s, name, &view, e);
	if (r == 0)
		r = write_state(x, name, &view, e);
	view_close(&x->last);
	x->last = view;
	return zerr_in(e, r, "snapshot %s", name);
}

static int write_snapshots(struct exporting *x, struct zerr *e)
{
	struct zone_snapshots all = { 0 };
	int r = zone_snapshot_list(x->z->h, x->z->name, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++)
		r = write_snapshot(x, all.v[i].name, e);
	zone_snapshots_done(&all);
	return r;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static int write_head(struct exporting *x, struct zerr *e)
{
	static const char *const kept[] = { "backend",	     "template",      "created",
					    "image.server",  "image.dist",    "image.release",
					    "image.arch",    "image.variant", "image.build",
					    "image.verified" };
	AUTO_RECORD struct record head = { 0 };
	AUTO_BUF struct buf text = { 0 };
	const struct record *m = &x->z->manifest;
	int r = record_set(&head, "name", x->z->name);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && r == 0; i++)
		if (record_get(m, kept[i]))
			r = record_set(&head, kept[i], record_get(m, kept[i]));
	if (r == 0)
		r = record_setf(&head, "exported", "%lld", (long long)now_seconds());
	if (r == 0)
		r = record_text(&head, BUNDLE_FORMAT, &text);
	return r < 0 ? zerr_code(e, -r, "export")
		     : x->m->export_text(x->b, BUNDLE_HEAD, text.p, text.len, e);
}

static int write_conf(struct exporting *x, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = fs_read(x->z->dir, "zone.conf", CONF_MAX, &text);

	return r < 0 ? zerr_code(e, -r, "zone.conf")
		     : x->m->export_text(x->b, BUNDLE_CONF, text.p, text.len, e);
}

static int write_all(struct exporting *x, int fd, bool snapshots, struct zerr *e)
{
	int r = x->m->export_begin(fd, x->z->h->o.progress, x->z->h->o.arg, &x->b, e);

	if (r == 0)
		r = write_head(x, e);
	if (r == 0)
		r = write_conf(x, e);
	if (r == 0 && snapshots)
		r = write_snapshots(x, e);
	if (r == 0)
		r = write_state(x, "", &x->present, e);
	return r == 0 ? x->m->export_end(x->b, e) : r;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A regular file is made beside its place and renamed when it is whole. */
struct output {
	int fd;
	char *path, *part; /* part: NULL when written in place */
};

static void output_done(struct output *o)
{
	(void)own_close(o->fd);
	if (o->part)
		(void)unlink(o->part);
	free(o->path);
	free(o->part);
}

static int name_output(const struct zone *z, const char *asked, struct output *o, struct zerr *e)
{
	const time_t now = (time_t)now_seconds();
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	o->path = asked ? strdup(asked) : str_fmt("%s-%s.zone.tar.zst", z->name, date);
	return o->path ? 0 : zerr_code(e, ENOMEM, "export");
}

static int open_output(struct output *o, struct zerr *e)
{
	struct stat st;

	if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode)) { /* a device or fifo */
		o->fd = open(o->path, O_WRONLY | O_CLOEXEC);
		return o->fd < 0 ? zerr_sys(e, "%s", o->path) : 0;
	}
	AUTO_FREE char *part = str_fmt("%s.part", o->path);
	if (!part)
		return zerr_code(e, ENOMEM, "export");
	o->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (o->fd < 0)
		return zerr_sys(e, "%s", part);
	o->part = own_take(part);
	return 0;
}

static int close_output(struct output *o, struct zerr *e)
{
	if (!o->part)
		return 0;
	if (fsync(o->fd) < 0 || rename(o->part, o->path) < 0)
		return zerr_sys(e, "%s", o->path);
	free(own_take(o->part));
	return 0;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int export_to(struct zone *z, const struct status *s, int fd, bool snapshots, struct zerr *e)
{
	struct exporting x = { .z = z, .s = s, .last = VIEW_NONE, .present = VIEW_NONE };
	int r = 0;

	x.m = image_module_load(e);
	if (!x.m)
		return -ENOENT;
	AUTO_CLOSE int used = snapshot_use(z, e);
	if (used < 0)
		return used;
	r = view_open(z, s, NULL, &x.present, e);
	if (r == 0 && s->live) /* it is as it was at this moment, whatever becomes of it */
		zone_unlock(z);
	if (r == 0)
		r = write_all(&x, fd, snapshots, e);
	x.m->bundle_close(x.b);
	view_close(&x.last);
	view_close(&x.present);
	return r;
}

int zone_export(struct zone_host *h, const char *name, const struct zone_export *x, char **ret_path,
		struct zerr *e)
{
	__attribute__((cleanup(output_done))) struct output o = { .fd = -1 };
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	const bool pipe = str_eq(x->path, "-");
	int r = state_load_storage(h, name, &z, &s, e);

	if (r == 0 && !pipe)
		r = name_output(&z, x->path, &o, e);
	if (r == 0 && !pipe)
		r = open_output(&o, e);
	if (r == 0)
		r = export_to(&z, &s, pipe ? STDOUT_FILENO : o.fd, x->snapshots, e);
	if (r == 0 && !pipe)
		r = close_output(&o, e);
	if (r < 0)
		return r;
	const char *const fields[] = { "path", pipe ? "-" : o.path, NULL };
	zone_event(h, name, "exported", fields);
	*ret_path = pipe ? NULL : own_take(o.path);
	return 0;
}
