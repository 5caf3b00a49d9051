/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What btrfs knows about a subvolume beside its files: how much it has, its limit, subvolumes
 * inside. All in a moment. @root is the root directory of the subvolume. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "storage/storage.h"

/* Limit what the subvolume refers to, 0: not at all. Quotas of the whole file system are switched
 * on for the first limit, and what is there is counted first. @outside is a directory of the same
 * file system that is not in the subvolume: in one that is full the change itself has no room. 0 or
 * -errno. */
int qgroup_limit(int outside, int root, uint64_t size, struct zerr *e);
/* Refuse a limit that is less than what the subvolume refers to now (2); quotas are switched on to
 * know that. 0 or -errno. */
int qgroup_check_fits(int root, uint64_t size, struct zerr *e);
/* 0, or -errno without message: quotas are off. */
int qgroup_space(int root, struct space *ret);
/* Whether a subvolume is inside of this one: 0, or -EEXIST with a message that names it. */
int qgroup_check_plain(int root, struct zerr *e);
