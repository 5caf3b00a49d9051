/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decoding beside unpacking: one thread fills a small ring of blocks, the caller empties it. Which
 * codec is told by the first bytes, never by a file's name.
 */
#include "image/decode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/codec.h"

#define BLOCK (1U << 20)
#define SLOTS 4

struct slot {
	uint8_t *data;
	size_t len;
};

struct decode {
	int fd;
	atomic_ullong *consumed;
	uint8_t *in; /* what was read last */
	size_t in_len;
	bool in_end;
	const struct codec *codec; /* NULL: passed on as it is */
	void *state;

	/* Below: shared with the thread, under the lock. */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot slots[SLOTS];
	unsigned filled;  /* blocks put in so far */
	unsigned emptied; /* blocks given back so far */
	bool taken;	  /* the caller holds the block at `emptied` */
	bool finished;	  /* the thread has ended, with `err` or at the end */
	bool stop;	  /* the caller wants no more */
	struct zerr err;
};

/* Fill d->in: all of it, but at the end. */
static int read_some(struct decode *d, struct zerr *e)
{
	d->in_len = 0;
	while (d->in_len < BLOCK && !d->in_end) {
		const ssize_t n = read(d->fd, d->in + d->in_len, BLOCK - d->in_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return zerr_sys(e, "read");
		d->in_end = n == 0;
		d->in_len += (size_t)n;
		atomic_fetch_add_explicit(d->consumed, (unsigned long long)n, memory_order_relaxed);
	}
	return 0;
}

/* Wait for a free block. NULL: the caller wants no more. */
static struct slot *ring_free(struct decode *d)
{
	struct slot *s;

	pthread_mutex_lock(&d->lock);
	while (!d->stop && d->filled - d->emptied == SLOTS)
		pthread_cond_wait(&d->changed, &d->lock);
	s = d->stop ? NULL : &d->slots[d->filled % SLOTS];
	pthread_mutex_unlock(&d->lock);
	return s;
}

static void ring_put(struct decode *d, bool block, bool finished)
{
	pthread_mutex_lock(&d->lock);
	if (block)
		d->filled++;
	d->finished = finished;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

/* Decode until @out is full or the stream ends (1). */
static int fill_block(struct decode *d, struct codec_io *io, struct slot *out, struct zerr *e)
{
	int r = 0;

	io->out = out->data;
	io->out_len = BLOCK;
	while (r == 0 && io->out_len) {
		if (io->in_len == 0 && !d->in_end) {
			r = read_some(d, e);
			if (r < 0)
				return r;
			io->in = d->in;
			io->in_len = d->in_len;
			io->last = d->in_end;
		}
		r = d->codec->step(d->state, io, e);
	}
	out->len = BLOCK - io->out_len;
	return r;
}

static void *decode_thread(void *arg)
{
	struct decode *d = arg;
	struct codec_io io = { .in = d->in, .in_len = d->in_len, .last = d->in_end };
	struct slot *s;
	int r = 0;

	while (r == 0 && (s = ring_free(d))) {
		r = fill_block(d, &io, s, &d->err);
		ring_put(d, r >= 0 && s->len, r != 0);
	}
	return NULL;
}

static int start(struct decode *d, struct zerr *e)
{
	static const struct codec *const codecs[] = { &codec_xz, &codec_zstd };
	int r = read_some(d, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (d->in_len >= codecs[i]->magic_len &&
		    memcmp(d->in, codecs[i]->magic, codecs[i]->magic_len) == 0)
			d->codec = codecs[i];
	if (!d->codec)
		return 0;
	d->state = d->codec->open(e);
	if (!d->state)
		return -e->code;
	for (unsigned i = 0; i < SLOTS; i++) {
		d->slots[i].data = malloc(BLOCK);
		if (!d->slots[i].data)
			return zerr_code(e, ENOMEM, "%s", d->codec->name);
	}
	r = pthread_create(&d->thread, NULL, decode_thread, d);
	if (r)
		return zerr_code(e, r, "%s: thread", d->codec->name);
	d->running = true;
	return 0;
}

struct decode *decode_open(int fd, atomic_ullong *consumed, struct zerr *e)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (!d || !(d->in = malloc(BLOCK))) {
		free(d);
		zerr_code(e, ENOMEM, "decode");
		return NULL;
	}
	d->fd = fd;
	d->consumed = consumed;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->changed, NULL);
	if (start(d, e) < 0) {
		decode_close(d);
		return NULL;
	}
	return d;
}

static ssize_t next_plain(struct decode *d, const void **ret, struct zerr *e)
{
	if (d->taken) {
		const int r = read_some(d, e);

		if (r < 0)
			return r;
	}
	d->taken = true;
	*ret = d->in;
	return (ssize_t)d->in_len;
}

ssize_t decode_next(struct decode *d, const void **ret, struct zerr *e)
{
	ssize_t len = 0;

	if (!d->codec)
		return next_plain(d, ret, e);
	pthread_mutex_lock(&d->lock);
	if (d->taken) {
		d->emptied++;
		d->taken = false;
		pthread_cond_signal(&d->changed);
	}
	while (d->filled == d->emptied && !d->finished)
		pthread_cond_wait(&d->changed, &d->lock);
	if (d->filled != d->emptied) {
		const struct slot *s = &d->slots[d->emptied % SLOTS];

		d->taken = true;
		*ret = s->data;
		len = (ssize_t)s->len;
	} else if (d->err.code) {
		*e = d->err;
		len = -d->err.code;
	}
	pthread_mutex_unlock(&d->lock);
	return len;
}

void decode_close(struct decode *d)
{
	if (!d)
		return;
	if (d->running) {
		pthread_mutex_lock(&d->lock);
		d->stop = true;
		pthread_cond_signal(&d->changed);
		pthread_mutex_unlock(&d->lock);
		pthread_join(d->thread, NULL);
	}
	if (d->state)
		d->codec->close(d->state);
	for (unsigned i = 0; i < SLOTS; i++)
		free(d->slots[i].data);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->changed);
	free(d->in);
	free(d);
}
