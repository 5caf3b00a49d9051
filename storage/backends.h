/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backends that storage.c registers, each defined in its own file. */
#pragma once

#include "storage/storage.h"

extern const struct storage_ops storage_btrfs;
extern const struct storage_ops storage_overlay;
extern const struct storage_ops storage_dir;
extern const struct storage_ops storage_loop;
extern const struct storage_ops storage_lvm;

/* ops->changed() of btrfs. */
int btrfs_changed(int old, int new, struct strv *ret);
