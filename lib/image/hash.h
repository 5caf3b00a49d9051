/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 of downloads and files, and SHA-1 for OpenPGP fingerprints alone. The only user of
 * libcrypto. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define HASH_HEX 65 /* SHA-256 in lower-case hex, with the NUL */

struct hash;		     /* heap; end or drop it exactly once */
struct hash *hash_new(void); /* NULL: no memory */
int hash_add(struct hash *h, const void *data, size_t len);
/* Everything in @fd from its beginning, by pread. SIGINT and SIGTERM end it with -EINTR. */
int hash_add_fd(struct hash *h, int fd);
/* The digest; frees @h. 0 or -errno. */
int hash_end(struct hash *h, char hex[static HASH_HEX]);
void hash_drop(struct hash *h);

/* All of it in one call. 0 or -errno with message. */
int hash_fd(int fd, char hex[static HASH_HEX], struct zerr *e);
int hash_bytes(const void *data, size_t len, char hex[static HASH_HEX], struct zerr *e);

/* Upper-case hex. 0 or -ENOMEM. */
int hash_sha1(const void *data, size_t len, char hex[static 41]);
