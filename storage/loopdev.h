/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loop devices: a file as a block device. One file never has two devices of ours (two file systems
 * in memory over one on disk destroy it), and a device goes with its last user. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define LOOPDEV_PATH  24
#define LOOPDEV_BLOCK 4096 /* bytes; files are multiples of it */

#define LOOPDEV_NOTE "%s.loop" /* beside a file: its device */

/* The device of the file @name in @dir, which root alone can enter: the one that it has, or a new
 * one (*@ret_new, which may be NULL). The fd keeps it; @path (its node) may be mounted as long. */
int loopdev_open(int dir, const char *name, char path[static LOOPDEV_PATH], bool *ret_new,
		 struct zerr *e);
/* Tell the device that the file has grown. 0 or -errno. */
int loopdev_grown(int fd, struct zerr *e);
/* Can there be any? 0, or exit status 7. */
int loopdev_probe(struct zerr *e);
