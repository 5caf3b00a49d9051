/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xz by liblzma, both ways, on all processors. The only user of lzma.h. A file of several blocks is
 * decoded in parallel; one without block sizes in its headers falls back to one thread by itself.
 */
#include "image/codec.h"

#include <lzma.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define THREADS_MAX 16
#define MEMORY_MAX  (1ULL << 30) /* a decoder that wants more than this gets an error */
#define BLOCK_SIZE  (8U << 20)
#define PRESET	    2 /* 5 % larger than 6, at a third of the time */

static uint32_t processors(void)
{
	const uint32_t n = lzma_cputhreads();

	return n == 0 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
}

/* Above this the decoder uses fewer threads. */
static uint64_t memory_for_threads(void)
{
	struct sysinfo si;
	uint64_t quarter;

	if (sysinfo(&si) < 0)
		return MEMORY_MAX / 4;
	quarter = (uint64_t)si.totalram * si.mem_unit / 4;
	return quarter < MEMORY_MAX ? quarter : MEMORY_MAX;
}

static int fail(lzma_ret r, struct zerr *e)
{
	switch (r) {
	case LZMA_MEM_ERROR:
		return zerr_code(e, ENOMEM, "xz");
	case LZMA_MEMLIMIT_ERROR:
		return zerr_set(e, ENOMEM, "xz: needs more than %llu MiB of memory",
				MEMORY_MAX >> 20);
	case LZMA_BUF_ERROR:
		return zerr_set(e, EPROTO, "xz: the file is truncated");
	case LZMA_FORMAT_ERROR:
	case LZMA_DATA_ERROR:
		return zerr_set(e, EPROTO, "xz: the data is corrupt");
	case LZMA_OPTIONS_ERROR:
		return zerr_set(e, EPROTO, "xz: an option that is not supported");
	case LZMA_OK:
	case LZMA_STREAM_END:
	case LZMA_NO_CHECK:
	case LZMA_UNSUPPORTED_CHECK:
	case LZMA_GET_CHECK:
	case LZMA_PROG_ERROR:
	case LZMA_SEEK_NEEDED:
	case LZMA_RET_INTERNAL1:
	case LZMA_RET_INTERNAL2:
	case LZMA_RET_INTERNAL3:
	case LZMA_RET_INTERNAL4:
	case LZMA_RET_INTERNAL5:
	case LZMA_RET_INTERNAL6:
	case LZMA_RET_INTERNAL7:
	case LZMA_RET_INTERNAL8:
		break;
	}
	return zerr_set(e, EIO, "xz: liblzma failed (%d)", (int)r);
}

static lzma_stream *stream_new(struct zerr *e)
{
	lzma_stream *s = malloc(sizeof(*s));

	if (s)
		*s = (lzma_stream)LZMA_STREAM_INIT;
	else
		zerr_code(e, ENOMEM, "xz");
	return s;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

static void *xz_started(lzma_stream *s, lzma_ret r, struct zerr *e)
{
	if (r == LZMA_OK)
		return s;
	fail(r, e);
	xz_close(s);
	return NULL;
}

static void *xz_open(struct zerr *e)
{
	const lzma_mt mt = {
		.flags = LZMA_CONCATENATED,
		.threads = processors(),
		.memlimit_threading = memory_for_threads(),
		.memlimit_stop = MEMORY_MAX,
	};
	lzma_stream *s = stream_new(e);

	return s ? xz_started(s, lzma_stream_decoder_mt(s, &mt), e) : NULL;
}

static int xz_step(void *state, struct codec_io *io, struct zerr *e)
{
	lzma_stream *s = state;
	lzma_ret r;

	s->next_in = io->in;
	s->avail_in = io->in_len;
	s->next_out = io->out;
	s->avail_out = io->out_len;
	r = lzma_code(s, io->last ? LZMA_FINISH : LZMA_RUN);
	io->in = s->next_in;
	io->in_len = s->avail_in;
	io->out = s->next_out;
	io->out_len = s->avail_out;
	if (r == LZMA_STREAM_END)
		return 1;
	return r == LZMA_OK ? 0 : fail(r, e);
}

const struct codec codec_xz = {
	.name = "xz",
	.magic = { 0xfd, '7', 'z', 'X', 'Z', 0 },
	.magic_len = 6,
	.open = xz_open,
	.step = xz_step,
	.close = xz_close,
};

static void *encode_open(struct zerr *e)
{
	const lzma_mt mt = {
		.threads = processors(),
		.block_size = BLOCK_SIZE,
		.preset = PRESET,
		.check = LZMA_CHECK_CRC64,
	};
	lzma_stream *s = stream_new(e);

	return s ? xz_started(s, lzma_stream_encoder_mt(s, &mt), e) : NULL;
}

const struct codec encode_xz = {
	.name = "xz",
	.open = encode_open,
	.step = xz_step,
	.close = xz_close,
};
