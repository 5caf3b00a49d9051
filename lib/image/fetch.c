/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts and files from a server: retries with growing pauses, files that go on where an interrupted
 * download ended and that are only ever handed out under the hash that was demanded. Knows nothing
 * of images or of libcurl.
 */
#include "image/fetch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "image/hash.h"
#include "image/http.h"

#define TRIES	       3
#define FIRST_PAUSE_MS 500
#define TAG_MAX	       512

struct fetch {
	struct http *http;
};

int fetch_open(const struct fetch_options *o, struct fetch **ret, struct zerr *e)
{
	struct fetch *f = calloc(1, sizeof(*f));
	int r = f ? http_open(o, &f->http, e) : zerr_code(e, ENOMEM, "download");

	if (r < 0) {
		free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void fetch_close(struct fetch *f)
{
	if (!f)
		return;
	http_close(f->http);
	free(f);
}

/* ---- retries -------------------------------------------------------------------------------- */

/* Whether to try again after *@r; the pause is made here, and a signal in it becomes the result. */
static bool again(int *r, const struct http_reply *reply, unsigned *tries, struct zerr *e)
{
	const long ms = (long)FIRST_PAUSE_MS << *tries;
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (*r == 0 || !reply->transient || ++*tries >= TRIES)
		return false;
	log_note("%s; trying again", e->msg);
	(void)nanosleep(&t, NULL); /* a signal ends it early; then the check fails */
	*e = (struct zerr){ 0 };
	if (steps_check(e) == 0)
		return true;
	*r = -EINTR;
	return false;
}

/* ---- texts ---------------------------------------------------------------------------------- */

struct text_sink {
	struct buf *buf;
	size_t max;
	const char *url;
};

static int text_begin(void *ctx, uint64_t from, const char *tag, struct zerr *e)
{
	struct text_sink *s = ctx;

	(void)from;
	(void)tag;
	(void)e;
	s->buf->len = 0;
	buf_str(s->buf, "");
	return 0;
}

static int text_data(void *ctx, const void *data, size_t len, struct zerr *e)
{
	struct text_sink *s = ctx;

	if (len > s->max - s->buf->len)
		return zerr_set(e, EFBIG, "%s: larger than %zu MiB", s->url, s->max >> 20);
	buf_add(s->buf, data, len);
	return s->buf->failed ? zerr_code(e, ENOMEM, "%s", s->url) : 0;
}

int fetch_text(struct fetch *f, const char *url, size_t max, struct buf *ret, struct zerr *e)
{
	struct text_sink sink = { .buf = ret, .max = max, .url = url };
	const char *slash = strrchr(url, '/');
	const struct http_request q = {
		.url = url,
		.what = slash ? slash + 1 : url,
		.compressed = true,
		.begin = text_begin,
		.data = text_data,
		.ctx = &sink,
	};
	struct http_reply reply;
	unsigned tries = 0;
	int r;

	do
		r = http_get(f->http, &q, &reply, e);
	while (again(&r, &reply, &tries, e));
	return r;
}

int fetch_exists(struct fetch *f, const char *url, struct zerr *e)
{
	const struct http_request q = { .url = url, .what = url, .head = true };
	struct http_reply reply;
	unsigned tries = 0;
	int r;

	do
		r = http_get(f->http, &q, &reply, e);
	while (again(&r, &reply, &tries, e));
	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

/* ---- files ---------------------------------------------------------------------------------- */

struct download {
	const struct fetch_file *file;
	int dirfd, fd; /* of NAME.part */
	char *part, *tag;
	uint64_t at; /* bytes in it */
	bool resumed;
};

static void download_done(struct download *d)
{
	own_close(d->fd);
	free(d->part);
	free(d->tag);
}

/* Forget what came so far. */
static int restart(struct download *d, struct zerr *e)
{
	int r = fs_remove(d->dirfd, d->tag, e);

	if (r == 0 && ftruncate(d->fd, 0) < 0)
		r = zerr_sys(e, "%s", d->part);
	d->at = 0;
	d->resumed = false;
	return r;
}

static int file_begin(void *ctx, uint64_t from, const char *tag, struct zerr *e)
{
	struct download *d = ctx;
	int r = 0;

	if (from != d->at) /* the server sends it all: it changed, or knows no ranges */
		r = restart(d, e);
	d->resumed = d->resumed || from > 0;
	if (r == 0 && from == 0 && tag[0])
		r = fs_write(d->dirfd, d->tag, tag, strlen(tag), 0600, false, e);
	if (r == 0 && lseek(d->fd, (off_t)d->at, SEEK_SET) < 0)
		r = zerr_sys(e, "%s", d->part);
	return r;
}

static int file_data(void *ctx, const void *data, size_t len, struct zerr *e)
{
	struct download *d = ctx;
	const struct fetch_file *file = d->file;
	int r;

	if (len > (file->size ? file->size : file->max) - d->at)
		return zerr_set(e, EBADMSG, "%s: larger than announced", file->what);
	r = fs_write_all(d->fd, data, len);
	if (r < 0)
		return zerr_code(e, -r, "%s", file->what);
	d->at += len;
	return 0;
}

static int transfer(struct fetch *f, struct download *d, struct zerr *e)
{
	AUTO_BUF struct buf tag = { 0 };
	struct http_request q = {
		.url = d->file->url,
		.what = d->file->what,
		.begin = file_begin,
		.data = file_data,
		.ctx = d,
	};
	struct http_reply reply;
	unsigned tries = 0;
	int r;

	do {
		tag.len = 0;
		if (d->at > 0 && fs_read(d->dirfd, d->tag, TAG_MAX, &tag) == 0 && tag.len > 0) {
			q.from = d->at;
			q.tag = tag.p;
		} else {
			q.from = 0;
			r = restart(d, e);
			if (r < 0)
				return r;
		}
		r = http_get(f->http, &q, &reply, e);
		if (r < 0 && reply.status == 416 && q.from) { /* shorter than what we have */
			r = restart(d, e);
			reply.transient = r == 0;
			r = r < 0 ? r : -EAGAIN;
		}
	} while (again(&r, &reply, &tries, e));
	return r;
}

/* 0 when the file @fd is what is demanded, -EBADMSG with message when not. */
static int check(int fd, const struct fetch_file *file, struct zerr *e)
{
	char hex[HASH_HEX];
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return zerr_sys(e, "%s", file->what);
	if (file->size && (uint64_t)st.st_size != file->size)
		return zerr_set(e, EBADMSG, "%s: %lld bytes instead of %llu", file->what,
				(long long)st.st_size, (unsigned long long)file->size);
	r = hash_fd(fd, hex, e);
	if (r < 0)
		return zerr_in(e, r, "%s", file->what);
	if (strcmp(hex, file->sha256) != 0)
		return zerr_set(e, EBADMSG, "%s: its SHA-256 is %.16s… instead of %.16s…",
				file->what, hex, file->sha256);
	return 0;
}

/* The finished file of an earlier call: fd, -ENOENT, or -EINTR. */
static int take_finished(int dirfd, const struct fetch_file *file, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dirfd, file->name, O_RDONLY | O_CLOEXEC, 0);
	struct zerr why = { 0 };
	int r;

	if (fd < 0)
		return fd == -ENOENT ? fd : zerr_code(e, -fd, "%s", file->name);
	r = check(fd, file, &why);
	if (r == 0)
		return own_take_fd(&fd);
	if (r != -EBADMSG) {
		*e = why;
		return r;
	}
	log_warn("cached %s; downloading it again", why.msg);
	r = fs_remove(dirfd, file->name, e);
	return r < 0 ? r : -ENOENT;
}

static int open_part(struct download *d, struct zerr *e)
{
	struct stat st;

	d->part = str_fmt("%s.part", d->file->name);
	d->tag = str_fmt("%s.tag", d->file->name);
	if (!d->part || !d->tag)
		return zerr_code(e, ENOMEM, "%s", d->file->what);
	d->fd = fs_open_below(d->dirfd, d->part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return zerr_code(e, -d->fd, "%s", d->part);
	if (fstat(d->fd, &st) < 0)
		return zerr_sys(e, "%s", d->part);
	d->at = (uint64_t)st.st_size;
	return d->at > (d->file->size ? d->file->size : d->file->max) ? restart(d, e) : 0;
}

/* Remove what no later call could use. */
static void discard(const struct download *d)
{
	struct zerr ignored = { 0 };

	(void)fs_remove(d->dirfd, d->part, &ignored);
	(void)fs_remove(d->dirfd, d->tag, &ignored);
}

static int download(struct fetch *f, struct download *d, struct zerr *e)
{
	int r = 0;

	if (!d->file->size || d->at != d->file->size)
		r = transfer(f, d, e);
	else
		d->resumed = true; /* killed between the last byte and the rename */
	if (r == 0)
		r = check(d->fd, d->file, e);
	if (r != -EBADMSG || !d->resumed)
		return r;
	*e = (struct zerr){ 0 };
	log_note("%s: the resumed download is not what was announced; once more from the start",
		 d->file->what);
	r = restart(d, e);
	if (r == 0)
		r = transfer(f, d, e);
	return r < 0 ? r : check(d->fd, d->file, e);
}

int fetch_file(struct fetch *f, int dirfd, const struct fetch_file *file, struct zerr *e)
{
	__attribute__((cleanup(download_done))) struct download d = { .file = file,
								      .dirfd = dirfd,
								      .fd = -1 };
	int r = take_finished(dirfd, file, e);

	if (r != -ENOENT)
		return r;
	r = open_part(&d, e);
	if (r == 0)
		r = download(f, &d, e);
	if (r == -EBADMSG || r == -EFBIG || r == -ENOSPC || r == -ENOENT)
		discard(&d);
	if (r < 0)
		return r;
	if (renameat(dirfd, d.part, dirfd, file->name) < 0)
		return zerr_sys(e, "%s", file->name);
	r = fs_remove(dirfd, d.tag, e);
	return r < 0 ? r : own_take_fd(&d.fd);
}
