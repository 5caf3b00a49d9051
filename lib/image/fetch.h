/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetching from a server: texts, and files that are resumed and checked. */
#pragma once

#include "image/image.h"

struct fetch; /* heap */

struct fetch_options {
	const char *cafile; /* NULL: SSL_CERT_FILE, else the system's */
	unsigned timeout;   /* seconds without progress; 0: 30 */
	image_progress *progress;
	void *progress_arg;
};
/* A session, to be closed. Nothing is sent yet. 0 or -errno. */
int fetch_open(const struct fetch_options *o, struct fetch **ret, struct zerr *e);
void fetch_close(struct fetch *f); /* NULL is fine */

/* Whole body, at most @max bytes, retried. 0, -ENOENT (the server has no such file), -EFBIG,
 * -errno. */
int fetch_text(struct fetch *f, const char *url, size_t max, struct buf *ret, struct zerr *e);
/* Whether the server has it. 1, 0, or -errno. */
int fetch_exists(struct fetch *f, const char *url, struct zerr *e);

struct fetch_file {
	const char *url, *what; /* @what names it in progress and errors */
	const char *name;   /* in the directory; NAME.part and NAME.tag stand beside it meanwhile */
	const char *sha256; /* demanded */
	uint64_t size;	    /* demanded; 0: not known, then at most @max */
	uint64_t max;
};
/* A file with that hash in @dirfd: the one that is there, or downloaded, going on where an
 * interrupted download ended. What is there under the wrong hash is replaced; a download with the
 * wrong hash is removed. A descriptor for reading, or as fetch_text(), -EBADMSG for the wrong
 * content. */
int fetch_file(struct fetch *f, int dirfd, const struct fetch_file *file, struct zerr *e);
