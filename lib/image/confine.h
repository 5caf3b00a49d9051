/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process for work on hostile data: its root is one directory, it sees no mount of the
 * host, has no descriptor but the ones named here, hardly any capability, and a system call filter.
 * What it says comes back as a struct zerr that is not trusted either.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "image/image.h"

struct confined_stats {	     /* in memory shared with the child, written only by it */
	atomic_ullong done;  /* bytes of the input (or of the tree, when packing) */
	atomic_ullong bytes; /* written */
	atomic_ullong entries;
	atomic_ullong skipped_xattrs; /* user.* that the file system does not take */
};

struct confined {
	const char *what;   /* for progress: "unpack" */
	int root;	    /* directory that becomes / and the current directory */
	bool readonly;	    /* mounted read-only there */
	uint64_t caps;	    /* what stays, as a mask of 1 << CAP_* */
	const char *locale; /* LC_CTYPE */
	int fd;		    /* input or output, handed through */
	int (*run)(int fd, struct confined_stats *stats, void *arg, struct zerr *e);
	void *arg;
	image_progress *progress; /* may be NULL */
	void *progress_arg;
	uint64_t total;
};

/* Run c->run(c->fd, …) confined and wait. Its result; -EINTR when a signal came meanwhile (the
 * child is killed); -EIO when it died without a word. *@ret may be NULL. */
int confined_run(const struct confined *c, struct confined_stats *ret, struct zerr *e);
