/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subvolumes of btrfs, by its ioctls. A subvolume is a directory to everybody else; only making,
 * copying and removing one as a whole is special, and takes the same time whatever is in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether the directory @fd is the root of a subvolume. */
bool subvol_is(int fd);
/* Make one called @name below @dirfd. 0 or -errno (-ENOTTY: no btrfs). */
int subvol_make(int dirfd, const char *name);
/* Make @name below @dirfd a copy of the subvolume @from, sharing all blocks. What was written to
 * @from before is in it; subvolumes inside are empty directories there. 0 or -errno (-EXDEV:
 * another file system). */
int subvol_copy(int from, int dirfd, const char *name, bool readonly);
/* Remove the subvolume @name. 0, -ENOTEMPTY when others are inside, or -errno. Blocks are freed
 * later. */
int subvol_remove(int dirfd, const char *name);
/* Let the subvolume whose root @fd is be written to. 0 or -errno. */
int subvol_writable(int fd);
/* The number by which the file system knows the subvolume whose root @fd is. 0 or -errno. */
int subvol_number(int fd, uint64_t *ret);
/* Write the file system @fd is on to disk, and have the blocks of removed subvolumes freed soon,
 * not within half a minute. 0 or -errno (-ENOTTY: no btrfs). */
int subvol_free_soon(int fd);
