/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compressed stream, written to a descriptor: decode.h the other way round. */
#pragma once

#include <stddef.h>

#include "image/codec.h"

struct encode;

/* Onto @fd, which the caller keeps. NULL with message. */
struct encode *encode_open(int fd, const struct codec *codec, struct zerr *e);
/* 0 or -errno with message. Fits as archive_output.write. */
int encode_write(void *encode, const void *data, size_t len, struct zerr *e);
int encode_end(struct encode *x, struct zerr *e);
void encode_close(struct encode *x);
static inline void encode_close_p(struct encode **x)
{
	encode_close(*x);
}
#define AUTO_ENCODE __attribute__((cleanup(encode_close_p)))
