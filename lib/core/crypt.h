/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashing a password, by libcrypt in a module of its own: one verb needs it. */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* The hash of @password with a fresh salt into @ret, of a kind that every libc's crypt(3) knows:
 * the zone's need not be ours. 0, or exit status 7 when the module is missing. */
int crypt_password(const char *password, char *ret, size_t size, struct zerr *e);

/* What the module zone-crypt.so exports. 0 or -errno. */
typedef int crypt_hash_fn(const char *password, char *ret, size_t size);
crypt_hash_fn zone_crypt_hash;
