/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compression, in steps over memory: no descriptors, no threads of ours. xz.c is the only user of
 * liblzma, zstd.c of libzstd. What is decoded is hostile, so memory is bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct codec_io { /* each step moves the pointers on */
	const uint8_t *in;
	size_t in_len;
	bool last; /* nothing comes after @in */
	uint8_t *out;
	size_t out_len;
};

struct codec {
	const char *name;
	uint8_t magic[6];
	size_t magic_len;
	/* State, or NULL with message. */
	void *(*open)(struct zerr *e);
	/* Do as much as input and output allow. 1: the end, all checks passed; 0: go on; -errno. */
	int (*step)(void *state, struct codec_io *io, struct zerr *e);
	void (*close)(void *state);
};

extern const struct codec codec_xz, codec_zstd;

/* The same the other way round; magic is of no use, and @last ends the stream. xz makes blocks of 8
 * MiB, on all processors: such a file also unpacks in parallel. zstd writes a checksum of its
 * contents. */
extern const struct codec encode_xz, encode_zstd;
