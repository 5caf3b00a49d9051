/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tar archives, read and written: a small interface over libarchive, whose headers only archive.c
 * sees. Trees are always the current directory, in the confined child (confine.h): to be called
 * nowhere else. Both directions can keep a list of sums: for each member a line of SHA-256 (over
 * its attributes and its data) and name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"
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

/* ---- reading, member by member -------------------------------------------------------------- */

struct archive_stream;
struct archive_member { /* valid until the next one */
	const char *name,
		*link; /* link: of a hard link, the member that it is another name of; or NULL */
	bool directory, regular;
};

/* @sums: keep the list; -errno for what cannot be opened. */
int archive_stream_open(const struct archive_input *in, bool sums, struct archive_stream **ret,
			struct zerr *e);
/* 1 with the next member, 0 at the end. Names are not checked. */
int archive_stream_next(struct archive_stream *s, struct archive_member *ret, struct zerr *e);
/* The data of the present member, a regular file of at most @max bytes, appended. */
int archive_stream_text(struct archive_stream *s, size_t max, struct buf *ret, struct zerr *e);
/* Behind the archive's end nothing but padding may come: read it. */
int archive_stream_drain(struct archive_stream *s, struct zerr *e);
/* Of all members so far but the present one, whose sum is known when the next is read. */
const struct buf *archive_stream_sums(const struct archive_stream *s);
/* NULL is fine. */
void archive_stream_close(struct archive_stream *s);

/* ---- unpacking into the current directory --------------------------------------------------- */

struct archive_disk;

/* @through_links: members may lie behind links that exist (resolved in the root). */
int archive_disk_open(bool through_links, struct confined_stats *stats, struct archive_disk **ret,
		      struct zerr *e);
/* Make the present member of @s as @name (a hard link to @link unless NULL): owner, mode, times,
 * ACLs, extended attributes, links, fifos, holes. Device nodes are left out; what member.h forbids
 * is an error that names the member. */
int archive_disk_put(struct archive_disk *d, struct archive_stream *s, const char *name,
		     const char *link, struct zerr *e);
/* Times and modes of directories, and of the root: at the end. */
int archive_disk_finish(struct archive_disk *d, struct zerr *e);
void archive_disk_close(struct archive_disk *d);

/* ---- both ----------------------------------------------------------------------------------- */

/* What to do with a member, decided before anything of it is made: 0 make it, 1 leave it out,
 * -errno ends the work. */
typedef int archive_member_fn(void *arg, const char *name, bool directory, struct zerr *e);

/* Call @fn for every member; nothing is made. */
int archive_list(const struct archive_input *in, archive_member_fn *fn, void *arg, struct zerr *e);

struct archive_unpack {
	bool through_links;
	archive_member_fn *before; /* or NULL */
	void *arg;
	struct confined_stats *stats;
};
/* Unpack all of it. */
int archive_unpack(const struct archive_input *in, const struct archive_unpack *u, struct zerr *e);

/* ---- writing -------------------------------------------------------------------------------- */

struct archive_writer;

enum archive_form {
	ARCHIVE_PLAIN, /* no more pax headers than needed: whole seconds */
	ARCHIVE_FULL,  /* times in nanoseconds, and a list of sums */
};
/* Nothing is written yet. 0 or -errno. */
int archive_writer_open(const struct archive_output *out, enum archive_form form,
			struct confined_stats *stats, struct archive_writer **ret, struct zerr *e);
/* A regular file of root's. */
int archive_writer_text(struct archive_writer *w, const char *name, const void *data, size_t len,
			struct zerr *e);
/* Whether @name of the tree is written. */
typedef bool archive_choose_fn(void *arg, const char *name, bool directory, bool linked);
/* Everything below the current directory, itself first as "@prefix", names behind @prefix ("./",
 * "root/"). Sockets and device nodes are left out. @choose NULL: all. */
int archive_writer_tree(struct archive_writer *w, const char *prefix, archive_choose_fn *choose,
			void *arg, struct zerr *e);
const struct buf *archive_writer_sums(const struct archive_writer *w);
/* The end of the archive. 0 or -errno. */
int archive_writer_finish(struct archive_writer *w, struct zerr *e);
void archive_writer_close(struct archive_writer *w);
/* "./" and all below, and the end. */
int archive_pack(const struct archive_output *out, struct confined_stats *stats, struct zerr *e);
