/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images. Two halves: the store (store.c: what is cached and unpacked, no third-party library,
 * linked into the command) and the module (module.h: client, unpacker, publisher; loaded with
 * dlopen by the few verbs that need curl, json-c and libarchive).
 *
 * The store, below the zone path: .images/FINGERPRINT/{rootfs/,image} where `image` is a record
 * (format and the fields of struct image); .images/.index/DIST:RELEASE:ARCH:VARIANT is the record
 * of the newest image of that name (two names may share a tree). A tree is made in
 * .images/.tmp/XXXX and published by rename. The fingerprint is the SHA-256 of the root file
 * system's tarball. rootfs/ is 0755 root inside a 0700 FINGERPRINT/, and never changes. Downloads
 * live in /var/cache/zone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct image_source;

struct image_ref {
	char *dist, *release, *arch,
		*variant; /* owned; variant "default", arch the host's when not given */
};
/* "DIST/RELEASE[/ARCH[/VARIANT]]". Usage error for anything else. */
int image_ref_parse(const char *text, struct image_ref *ret, struct zerr *e);
void image_ref_done(struct image_ref *r);

struct image {
	struct image_ref ref;
	char *build, *server, *fingerprint, *requirements;
	char *verified; /* "signature", "hash", "none" */
	int64_t expiry; /* seconds since the epoch; 0: never */
	int64_t created;
	uint64_t size;	  /* bytes unpacked */
	uint64_t entries; /* files, directories, links in the tree */
	char *trust; /* what vouched for it: a key's fingerprint, or a keyring file; NULL: nothing
		      */
	struct strv
		templates; /* paths in the tree in which LXC_NAME and the like are to be replaced */
	/* What an OCI image's configuration asks for, inert by itself: "argv=…" (Entrypoint, then
	 * Cmd), "env=K=V", "workdir=…", "user=…", "stop=SIGNAL", in order. */
	struct strv oci;
};
/* Release what belongs to it. */
void image_done(struct image *i);
#define AUTO_IMAGE __attribute__((cleanup(image_done)))

/* Where things are; filled once by the core. */
struct image_env {
	int zones;	    /* the zone path: .images below it */
	const char *cache;  /* /var/cache/zone */
	const char *keys;   /* /etc/zone/keys */
	const char *config; /* /etc/zone/image.conf: default server, fingerprint of its key */
	/* Names of zones, snapshots and clones that stand on @fingerprint, appended to @ret. */
	int (*users)(void *arg, const char *fingerprint, struct strv *ret, struct zerr *e);
	void *users_arg;
	/* Called before an image's directory is removed: what is kept of it elsewhere goes. Or
	 * NULL. */
	int (*release)(int dir, struct zerr *e);
};

/* The newest unpacked image of @ref (from @server when that is not NULL). 0, or -ENOENT without
 * message. */
int image_store_find(const struct image_env *env, const struct image_ref *ref, const char *server,
		     struct image *ret, struct zerr *e);
/* By fingerprint. 0 or -ENOENT with message. */
int image_store_load(const struct image_env *env, const char *fingerprint, struct image *ret,
		     struct zerr *e);
/* Root of the unpacked tree. fd or -ENOENT with message. */
int image_store_open(const struct image_env *env, const char *fingerprint, struct zerr *e);
/* The stored image that a pull of @ref from @src hands out without asking the server: not expired
 * (or force_cache) and as well verified as @src asks. 0, or -ENOENT without message. */
int image_store_usable(const struct image_env *env, const struct image_ref *ref,
		       const struct image_source *src, struct image *ret, struct zerr *e);
/* Hold this while recording a new use of @fingerprint: image_store_remove() takes it too. fd. */
int image_store_lock(const struct image_env *env, const char *fingerprint, struct zerr *e);
/* Fingerprints of all unpacked images. */
int image_store_list(const struct image_env *env, struct strv *ret, struct zerr *e);
/* Remove one that has no users (-EBUSY, exit 4, with the users' names). */
int image_store_remove(const struct image_env *env, const char *fingerprint, struct zerr *e);
/* In the new root @root of zone @name (never the image's own tree): write the name over LXC_NAME in
 * the files of i->templates. Links stay inside; what is no small regular file is left alone. */
int image_expand_templates(int root, const struct image *i, const char *name, struct zerr *e);
/* The host's architecture by Debian's name ("amd64"). */
const char *image_host_arch(void);
/* A usage error unless this host runs @arch: its own, or i386 on amd64. */
int image_arch_check(const char *arch, struct zerr *e);

/* Options of the download template and of the image verbs that go to a server. */
struct image_source {
	const char *server;  /* NULL: the configured default */
	const char *keyring; /* file, or NULL */
	const char *cafile;  /* or NULL */
	bool require_signature, no_verify, force_cache, flush_cache;
	unsigned timeout; /* seconds without progress; 0: 30 */
};

/* Progress, called at most ten times a second; @total 0 when unknown. */
typedef void image_progress(void *arg, const char *what, uint64_t done, uint64_t total);
