/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A compressed stream, read from a descriptor, as plain blocks. xz and zstd are decoded on a thread
 * of their own while the caller works on the block before; anything else is passed on as it is
 * (libarchive knows gzip). Meant for the confined child: the data is hostile.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct decode;

/* Read @fd (kept by the caller) from where it stands. @consumed counts the bytes read from it. NULL
 * with message. */
struct decode *decode_open(int fd, atomic_ullong *consumed, struct zerr *e);
/* The next block, valid until the next call. Its length, 0 at the end (checksums were right,
 * nothing was missing), or -errno with message. */
ssize_t decode_next(struct decode *d, const void **ret, struct zerr *e);
void decode_close(struct decode *d);
static inline void decode_close_p(struct decode **d)
{
	decode_close(*d);
}
#define AUTO_DECODE __attribute__((cleanup(decode_close_p)))
