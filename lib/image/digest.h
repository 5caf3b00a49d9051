/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sum of one member of an archive: of what it is, and of its data, however that comes in
 * blocks. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "image/hash.h"

struct digest {
	struct hash *hash; /* NULL: none is kept */
	uint64_t end;	   /* of the data so far */
};

/* What a member is, beside its name and data. */
struct digest_head {
	const char *name, *link, *target; /* link: hard link's, target: symbolic link's; or NULL */
	uint64_t mode, uid, gid, size, seconds, nanoseconds;
	uint64_t extra; /* digest_mix() over ACL entries and extended attributes, added up: they
			   have no order */
};
/* FNV-1a. */
uint64_t digest_mix(uint64_t seed, const void *data, size_t len);

/* Begin with another member. 0 or -ENOMEM. */
int digest_begin(struct digest *d, const struct digest_head *head);
/* @len bytes at offset @at, which grows. */
void digest_data(struct digest *d, uint64_t at, const void *data, size_t len);
/* Append "SUM  NAME\n" to @list. Nothing to do when none was begun. 0 or -errno. */
int digest_end(struct digest *d, const char *name, struct buf *list);
void digest_drop(struct digest *d);
