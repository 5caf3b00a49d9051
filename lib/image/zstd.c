/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zstd, both ways. The only user of zstd.h. */
#include "image/codec.h"

#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

struct zstd {
	ZSTD_DCtx *ctx;
	size_t want; /* 0: at the end of a frame */
};

static void zstd_close(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDCtx(z->ctx);
	free(z);
}

static void *zstd_open(struct zerr *e)
{
	struct zstd *z = calloc(1, sizeof(*z));

	if (!z || !(z->ctx = ZSTD_createDCtx())) {
		free(z);
		zerr_code(e, ENOMEM, "zstd");
		return NULL;
	}
	z->want = 1;
	return z;
}

/* The library's own default bounds the window (128 MiB); a frame that wants more is an error. */
static int zstd_step(void *state, struct codec_io *io, struct zerr *e)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = { .src = io->in, .size = io->in_len };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_len };
	const size_t r = in.size || z->want ? ZSTD_decompressStream(z->ctx, &out, &in) : 0;

	if (ZSTD_isError(r))
		return zerr_set(e, EPROTO, "zstd: the data is corrupt: %s", ZSTD_getErrorName(r));
	z->want = r;
	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	if (!io->last || io->in_len || !io->out_len)
		return 0;
	return r == 0 ? 1 : zerr_set(e, EPROTO, "zstd: the file is truncated");
}

const struct codec codec_zstd = {
	.name = "zstd",
	.magic = { 0x28, 0xb5, 0x2f, 0xfd },
	.magic_len = 4,
	.open = zstd_open,
	.step = zstd_step,
	.close = zstd_close,
};

/* ---- encoding ------------------------------------------------------------------------------- */

#define LEVEL 3

static void encode_close(void *state)
{
	ZSTD_freeCCtx(state);
}

static void *encode_open(struct zerr *e)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	ZSTD_CCtx *c = ZSTD_createCCtx();

	if (!c || ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1))) {
		ZSTD_freeCCtx(c);
		zerr_code(e, ENOMEM, "zstd");
		return NULL;
	}
	/* a library that was built without threads says no, and works all the same */
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_nbWorkers, processors > 8 ? 8 : (int)processors);
	return c;
}

static int encode_step(void *state, struct codec_io *io, struct zerr *e)
{
	ZSTD_inBuffer in = { .src = io->in, .size = io->in_len };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_len };
	const size_t left =
		ZSTD_compressStream2(state, &out, &in, io->last ? ZSTD_e_end : ZSTD_e_continue);

	if (ZSTD_isError(left))
		return zerr_set(e, EIO, "zstd: %s", ZSTD_getErrorName(left));
	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	return io->last && left == 0;
}

const struct codec encode_zstd = {
	.name = "zstd",
	.open = encode_open,
	.step = encode_step,
	.close = encode_close,
};
