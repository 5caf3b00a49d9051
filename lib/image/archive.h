/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tar archives, read and written: a small interface over libarchive, whose headers only archive.c
 * sees. Everything works on the current directory, which is the confined child's root (confine.h):
 * to be called nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "image/confine.h"

struct archive_input {
	/* The next block of the tar stream (plain, gzip or bzip2), valid until the next call: its
	 * length, 0 at the end, or -errno with message. */
	ssize_t (*next)(void *arg, const void **ret, struct zerr *e);
	void *arg;
};
struct archive_output {
	int (*write)(void *arg, const void *data, size_t len, struct zerr *e);
	void *arg;
};

/* What to do with a member, decided before anything of it is made: 0 make it, 1 leave it out,
 * -errno ends the work. */
typedef int archive_member_fn(void *arg, const char *name, bool directory, struct zerr *e);

/* Call @fn for every member; nothing is made. */
int archive_list(const struct archive_input *in, archive_member_fn *fn, void *arg, struct zerr *e);

struct archive_unpack {
	bool through_links; /* members may lie behind links that exist (resolved in the root) */
	archive_member_fn *before; /* or NULL */
	void *arg;
	struct confined_stats *stats;
};
/* Unpack into ".": owners, modes, times, ACLs, extended attributes, links, fifos, holes. Device
 * nodes are left out; what member.h forbids is an error that names the member. */
int archive_unpack(const struct archive_input *in, const struct archive_unpack *u, struct zerr *e);

/* Write everything below "." (itself first, as "./") as a pax archive. Sockets and device nodes are
 * left out. */
int archive_pack(const struct archive_output *out, struct confined_stats *stats, struct zerr *e);
