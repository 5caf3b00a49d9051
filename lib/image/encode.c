/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of a codec, and what comes out of them, written. */
#include "image/encode.h"

#include <stdlib.h>

#include "base/fs.h"

#define OUT_SIZE (1U << 20)

struct encode {
	int fd;
	const struct codec *codec;
	void *state;
	uint8_t *out;
};

struct encode *encode_open(int fd, const struct codec *codec, struct zerr *e)
{
	struct encode *x = calloc(1, sizeof(*x));

	if (x) {
		*x = (struct encode){ .fd = fd, .codec = codec, .out = malloc(OUT_SIZE) };
		if (x->out && (x->state = codec->open(e)))
			return x;
	}
	if (!x || !x->out)
		(void)zerr_code(e, ENOMEM, "%s", codec->name);
	encode_close(x);
	return NULL;
}

static int go_on(struct encode *x, const void *data, size_t len, bool last, struct zerr *e)
{
	struct codec_io io = { .in = data, .in_len = len, .last = last };
	int r = 0;

	while (r == 0 && (io.in_len || last)) {
		io.out = x->out;
		io.out_len = OUT_SIZE;
		r = x->codec->step(x->state, &io, e);
		if (r >= 0 && io.out != x->out) {
			const int w = fs_write_all(x->fd, x->out, (size_t)(io.out - x->out));

			if (w < 0)
				return zerr_code(e, -w, "write");
		}
	}
	return r < 0 ? r : 0;
}

int encode_write(void *encode, const void *data, size_t len, struct zerr *e)
{
	return go_on(encode, data, len, false, e);
}

int encode_end(struct encode *x, struct zerr *e)
{
	return go_on(x, NULL, 0, true, e);
}

void encode_close(struct encode *x)
{
	if (!x)
		return;
	if (x->state)
		x->codec->close(x->state);
	free(x->out);
	free(x);
}
