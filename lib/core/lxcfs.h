/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lxcfs, where the host has it: files of /proc that tell of the zone's own limits instead of the
 * host's machine. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define LXCFS_FILES 8

/* The files that it has, relative to a zone's root ("proc/meminfo"). */
extern const char *const lxcfs_places[LXCFS_FILES];
/* Whether it is mounted and answers. */
bool lxcfs_is_there(void);
/* Each file as a detached, read-only tree in @ret (owned, -1: not there). Without lxcfs all are -1:
 * it is never needed. */
void lxcfs_trees(int ret[LXCFS_FILES]);
