/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a root file system says about itself. Its files are hostile: resolved inside the root, of
 * bounded size, and nothing of them is believed that is not a plain word. */
#pragma once

#include "image/image.h"

/* A regular file of at most @max bytes in the root; links stay inside. 0 or -errno. */
int rootfs_read(int root, const char *path, size_t max, struct buf *ret);

struct rootfs_os { /* from os-release; NULL where missing or no plain word */
	char *id, *version, *codename;
	char *pretty; /* any text, control characters replaced */
};
/* 0 or -ENOMEM; a tree without os-release is fine. */
int rootfs_os(int root, struct rootfs_os *ret);
void rootfs_os_done(struct rootfs_os *o);
#define AUTO_OS __attribute__((cleanup(rootfs_os_done)))

/* Debian's name of the architecture that the programs in the root are for, or NULL. */
const char *rootfs_arch(int root);
/* Debian's name for the words that images use: x86_64, linux64, aarch64, 386 …; NULL: unknown. */
const char *arch_canonical(const char *word);
/* The kernel's word (uname -m) for Debian's name. Never NULL: an unknown one is handed back. */
const char *arch_kernel(const char *debian);

/* Fill what is NULL in @ref: distribution and release from os-release (else @dist and @release),
 * the architecture from the programs (else the host's). 0 or -ENOMEM. */
int rootfs_identify(int root, const char *dist, const char *release, struct image_ref *ref);

/* A file or directory of the host that the user has named. fd or -errno with message. */
int host_open(const char *path, int flags, struct zerr *e);
/* A build's name from a time: "YYYYMMDD_HH:MM". The caller's; NULL: no memory. */
char *build_name(int64_t seconds);
