/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a bundle: the parent hands over texts and trees, the confined child reads the trees and
 * writes the archive. */
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "image/archive.h"
#include "image/bundle.h"
#include "image/encode.h"

#define CAPS_EXPORT (1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_DAC_OVERRIDE)

/* ---- the child ------------------------------------------------------------------------------ */

struct exporter {
	struct encode *encode;
	struct archive_writer *w;
	struct strv changed; /* sorted */
};

static void exporter_done(struct exporter *x)
{
	archive_writer_close(x->w);
	encode_close(x->encode);
	strv_done(&x->changed);
}

/* All that is in a memory file. */
static int read_fd(int fd, struct buf *ret, struct zerr *e)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)n);
	if (n < 0)
		return zerr_sys(e, "read");
	return ret->failed ? zerr_code(e, ENOMEM, "export") : 0;
}

static int write_text(struct exporter *x, const char *name, int fd, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = read_fd(fd, &text, e);

	return r < 0 ? r : archive_writer_text(x->w, name, text.p, text.len, e);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool choose(void *arg, const char *name, bool directory, bool linked)
{
	const struct strv *v = arg;

	return directory || linked || (v->n && bsearch(&name, v->v, v->n, sizeof(*v->v), by_bytes));
}

static int take_list(int fd, struct strv *ret, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = read_fd(fd, &text, e);

	strv_done(ret);
	for (const char *p = text.p; r == 0 && p && p < text.p + text.len; p += strlen(p) + 1)
		if (strv_add(ret, p) < 0)
			r = zerr_code(e, ENOMEM, "export");
	strv_sort(ret);
	return r;
}

static int write_state(struct exporter *x, const struct bundle_message *m, const int *fds,
		       struct zerr *e)
{
	AUTO_FREE char *gone = str_fmt("%s" BUNDLE_GONE, m->name);
	AUTO_FREE char *root = str_fmt("%s" BUNDLE_ROOT, m->name);
	int r = gone && root ? 0 : zerr_code(e, ENOMEM, "export");

	if (r == 0 && m->delta)
		r = take_list(fds[1], &x->changed, e);
	if (r == 0 && m->delta)
		r = write_text(x, gone, fds[2], e);
	if (r == 0 && fchdir(fds[0]) < 0)
		r = zerr_sys(e, "enter the root");
	return r == 0 ? archive_writer_tree(x->w, root, m->delta ? choose : NULL, &x->changed, e)
		      : r;
}

static int finish(struct exporter *x, struct zerr *e)
{
	AUTO_BUF struct buf sums = { 0 };
	const struct buf *list = archive_writer_sums(x->w);

	buf_add(&sums, list->p, list->len);
	if (sums.failed)
		return zerr_code(e, ENOMEM, "export");
	int r = archive_writer_text(x->w, BUNDLE_SUMS, sums.p, sums.len, e);
	if (r == 0)
		r = archive_writer_finish(x->w, e);
	return r == 0 ? encode_end(x->encode, e) : r;
}

static int obey(struct exporter *x, const struct bundle_message *m, const int *fds, struct zerr *e)
{
	switch ((enum bundle_kind)m->kind) {
	case BUNDLE_TEXT:
		return write_text(x, m->name, fds[0], e);
	case BUNDLE_STATE:
		return write_state(x, m, fds, e);
	case BUNDLE_END:
		return finish(x, e);
	case BUNDLE_TREE:
	case BUNDLE_DONE:
		break;
	}
	return zerr_set(e, EPROTO, "export: message %d", m->kind);
}

static int export_child(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	__attribute__((cleanup(exporter_done))) struct exporter x = { 0 };
	const struct bundle_message done = { .kind = BUNDLE_DONE };
	struct archive_output out = { .write = encode_write };
	struct bundle_message m = { .kind = BUNDLE_DONE };
	int fds[BUNDLE_FDS];
	int r;

	(void)arg;
	out.arg = x.encode = encode_open(fd, &encode_zstd, e);
	r = x.encode ? archive_writer_open(&out, ARCHIVE_FULL, stats, &x.w, e) : -e->code;
	while (r == 0 && m.kind != BUNDLE_END) {
		r = bundle_receive(CONFINED_TALK, &m, fds, e);
		if (r == 0)
			r = obey(&x, &m, fds, e);
		for (int i = 0; i < BUNDLE_FDS; i++)
			(void)own_close(fds[i]);
		if (r == 0)
			r = bundle_send(CONFINED_TALK, &done, NULL, 0, e);
	}
	return r;
}

/* ---- the parent ----------------------------------------------------------------------------- */

int export_begin(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
		 struct zerr *e)
{
	const struct confined c = { .what = "export",
				    .caps = CAPS_EXPORT,
				    .locale = "C.UTF-8",
				    .fd = fd,
				    .run = export_child,
				    .progress = progress,
				    .progress_arg = arg };

	return bundle_start(&c, ret, e);
}

/* Tell it, and wait until it has done so. */
static int command(struct image_bundle *b, const struct bundle_message *m, const int *fds, size_t n,
		   struct zerr *e)
{
	struct bundle_message answer;
	int none[BUNDLE_FDS];
	struct zerr said = { 0 };
	int r = bundle_send(b->child.talk, m, fds, n, &said);

	/* one that has failed says why in its own way */
	const int w = confined_wait(&b->child, e);
	if (w < 0)
		return w;
	if (r < 0) {
		*e = said;
		return r;
	}
	if (w == 0)
		return m->kind == BUNDLE_END ? 0 : zerr_set(e, EPROTO, "the archiver has gone");
	r = bundle_receive(b->child.talk, &answer, none, e);
	for (int i = 0; i < BUNDLE_FDS; i++)
		(void)own_close(none[i]);
	return r == -EPIPE ? zerr_set(e, EPROTO, "the archiver has gone") : r;
}

static int memory_file(const void *data, size_t len, struct zerr *e)
{
	AUTO_CLOSE int fd = memfd_create("zone-export", MFD_CLOEXEC);
	const int r = fd < 0 ? -errno : fs_write_all(fd, data, len);

	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return zerr_code(e, r < 0 ? -r : errno, "memory file");
	return own_take_fd(&fd);
}

int export_text(struct image_bundle *b, const char *name, const void *data, size_t len,
		struct zerr *e)
{
	struct bundle_message m = { .kind = BUNDLE_TEXT };
	AUTO_CLOSE int fd = memory_file(data, len, e);

	(void)snprintf(m.name, sizeof(m.name), "%s", name);
	return fd < 0 ? fd : command(b, &m, &fd, 1, e);
}

int export_state(struct image_bundle *b, const char *snapshot, int tree, const struct buf *changed,
		 const struct buf *gone, struct zerr *e)
{
	struct bundle_message m = { .kind = BUNDLE_STATE, .delta = changed };
	AUTO_CLOSE int list = changed ? memory_file(changed->p, changed->len, e) : -1;
	AUTO_CLOSE int names = changed && list >= 0 ? memory_file(gone->p, gone->len, e) : -1;
	const int fds[] = { tree, list, names };

	if (changed && names < 0)
		return list < 0 ? list : names;
	if (*snapshot)
		(void)snprintf(m.name, sizeof(m.name), BUNDLE_SNAPSHOTS "%s/", snapshot);
	return command(b, &m, fds, changed ? 3 : 1, e);
}

int export_end(struct image_bundle *b, struct zerr *e)
{
	const struct bundle_message m = { .kind = BUNDLE_END };
	int r = command(b, &m, NULL, 0, e);

	if (r == 0 && b->child.pid > 0)
		r = confined_wait(&b->child, e);
	return r;
}
