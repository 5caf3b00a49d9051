/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process for work on hostile data: its root is one directory, it sees no mount of the
 * host, has no descriptor but the ones named here, hardly any capability, and a system call filter.
 * What it says comes back as a struct zerr that is not trusted either.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

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
	bool talks; /* run() gets a socket to the parent, as descriptor CONFINED_TALK */
	image_progress *progress; /* may be NULL */
	void *progress_arg;
	uint64_t total;
};

#define CONFINED_TALK 5 /* SOCK_SEQPACKET */

/* A child at work. */
struct confined_child {
	const struct confined *c;
	struct confined_stats *stats; /* shared with it */
	pid_t pid;		      /* 0: none */
	int report;		      /* its one error record, or its end */
	int talk;		      /* our end, or -1 */
};
#define CONFINED_NONE                    \
	{                                \
		.report = -1, .talk = -1 \
	}
/* Start it; @c stays with it. 0 or -errno. */
int confined_start(const struct confined *c, struct confined_child *ret, struct zerr *e);
/* Wait until it says something: 1; or for its end: 0, or its error; -EINTR when a signal came. */
int confined_wait(struct confined_child *ch, struct zerr *e);
/* Kill it if it is still there, and release everything. */
void confined_stop(struct confined_child *ch);

/* Run c->run(c->fd, …) confined and wait. Its result; -EINTR when a signal came meanwhile (the
 * child is killed); -EIO when it died without a word. *@ret may be NULL. */
int confined_run(const struct confined *c, struct confined_stats *ret, struct zerr *e);
