/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How file systems that nobody has mounted yet are made and filled, for those who make the parts of
 * a zone's mount tree. All entries are chowned to the zone's base. */
#pragma once

#include "core/boot.h"

struct tree_option {
	const char *key;
	const char *value; /* NULL: a flag */
};
/* A file system without a mount point; @options end with a NULL key. fd or -errno. */
int tree_fs(const char *type, const struct tree_option *options, unsigned attrs, struct zerr *e);
/* A tmpfs whose root belongs to the zone with these ids; MOUNT_ATTR_* or'ed. fd or -errno. */
int tree_tmpfs(uid_t base, const char *size, const char *mode, unsigned attrs, struct zerr *e);

enum tree_entry_type { ENTRY_DIRECTORY, ENTRY_LINK, ENTRY_NODE, ENTRY_EMPTY };

struct tree_entry {
	enum tree_entry_type type;
	const char *name;
	const char *target; /* ENTRY_LINK */
	mode_t mode;
	unsigned major, minor;
};
/* Make all of @x, which ends with a NULL name, in @dir. */
int tree_entries(const struct boot *b, int dir, const struct tree_entry *x, struct zerr *e);
/* Make a regular file with @len bytes of @data in it. */
int tree_file(const struct boot *b, int dir, const char *name, const void *data, size_t len,
	      mode_t mode, struct zerr *e);
/* Make it read-only for good, once the files just written are closed everywhere. */
int tree_seal(int fd, const char *what, struct zerr *e);

/* hostdir.c: /run/host, and what is mounted in it. */
int hostdir_make(struct boot *b, struct zerr *e);
/* The parts of it that a new monitor needs: a file system of its own with a new notify socket in it
 * (b->notify); and the host's view of unix-export, which becomes b's. */
int hostdir_notify(struct boot *b, struct zerr *e);
int hostdir_show_export(struct boot *b, int view, struct zerr *e);
