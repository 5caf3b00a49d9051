/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ways to get a root file system. A template either names an image of the store (download, local,
 * oci) or fills an empty directory (busybox, debootstrap, none, a script). Both halves may be
 * there.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "image/image.h"

struct template_args {
	const char *zone; /* name of the zone; NULL with --list and the like */
	const char *word; /* the template as it was named: for a script its path */
	int argc;	  /* what stood behind "--" */
	char **argv;
	const struct image_env *images;
	const char *arch; /* asked for, or NULL */
	int terminal;	  /* standard input and output are terminals: may ask */
	image_progress *progress;
	void *progress_arg;
	/* Prints a line of results (listings). */
	void (*print)(void *arg, const char *line);
	void *print_arg;
};

struct template_result {
	bool done;	     /* nothing to create: it only listed or flushed */
	struct image image;  /* image.fingerprint set: stands on that image */
	struct strv config;  /* key, value pairs for zone.conf (dotted paths) */
	struct strv ignored; /* lines of an LXC configuration that were not honoured */
};
/* Free what @r holds. */
void template_result_done(struct template_result *r);

struct template_ops {
	const char *name;
	const char *help;
	/* Look at the arguments, and for an image template make sure that it is in the store.
	 * Nothing of the zone exists yet. */
	int (*prepare)(const struct template_args *a, struct template_result *ret, struct zerr *e);
	/* Fill the empty directory @root (host path @path). NULL for templates that name an image.
	 */
	int (*build)(const struct template_args *a, int root, const char *path,
		     struct template_result *ret, struct zerr *e);
};

/* By word, or by the absolute path of an executable script. NULL with a usage error naming them
 * all. */
const struct template_ops *template_find(const char *name, struct zerr *e);
extern const struct template_ops *const templates[]; /* ends with NULL */
