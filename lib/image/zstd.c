/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoding zstd. The only user of zstd.h. */
#include "image/codec.h"

#include <stdlib.h>
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
