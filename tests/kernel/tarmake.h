/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tar archives by hand, so that they can be as wrong as a test wants them. */
#pragma once

#include "base/str.h"

struct member {
	const char *name;
	char type; /* '0' file, '1' hard link, '2' link, '3' and '4' device, '5' directory, '6' fifo
		    */
	unsigned mode;	   /* 0: 0644, directories 0755 */
	unsigned uid, gid; /* at most 2097151 */
	const char *link;
	const char *data;
	size_t len; /* of data; 0: it is a string */
	int64_t mtime;
	unsigned major, minor;
};

/* One record of the pax header for the member that comes next; @value may hold NULs. */
void tar_pax(struct buf *pax, const char *key, const char *value, size_t len);
/* Append a member. @pax (NULL: none) is emptied. */
void tar_add(struct buf *tar, struct buf *pax, const struct member *m);
/* A GNU header (type 'L' or 'K') that gives the next member's name or link. */
void tar_long(struct buf *tar, char type, const char *text);
/* A header as it stands: @size in octal, no data. */
void tar_header(struct buf *tar, const struct member *m, unsigned long long size);
void tar_end(struct buf *tar);
/* Its contents in a file of memory, at the beginning. Owned fd. */
int tar_fd(const struct buf *tar);
/* The same through a program of the host ("xz", "gzip", "zstd"); -1 when that is not there. */
int tar_compressed(const struct buf *tar, const char *program);
