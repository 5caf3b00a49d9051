/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a group uses, by a few reads of its files. */
#pragma once

#include "core/core.h"

enum usage_level {
	USAGE_ROW,     /* processor time, memory, pids: for ls */
	USAGE_TOP,     /* what top shows, too */
	USAGE_DETAILS, /* everything */
};

/* All fields unknown. */
void usage_clear(struct zone_usage *u);
/* Fill those of @level for the group with this descriptor; what a controller that is missing here
 * would tell stays unknown. */
void usage_look(int group, enum usage_level level, struct zone_usage *ret);

/* The same for who looks again and again: the files stay open. */
enum usage_file {
	FILE_CPU_STAT,
	FILE_MEMORY_CURRENT,
	FILE_MEMORY_MAX,
	FILE_MEMORY_PEAK,
	FILE_MEMORY_SWAP_CURRENT,
	FILE_MEMORY_SWAP_MAX,
	FILE_MEMORY_STAT,
	FILE_MEMORY_EVENTS,
	FILE_PIDS_CURRENT,
	FILE_PIDS_MAX,
	FILE_IO_STAT,
	FILE_CPU_PRESSURE,
	FILE_MEMORY_PRESSURE,
	FILE_IO_PRESSURE,
	USAGE_FILES
};
struct usage_files {
	int fd[USAGE_FILES]; /* owned */
	int group;	     /* borrowed */
	enum usage_level level;
};
/* Cannot fail: a file that cannot be opened (for want of descriptors, too) is as one that is not
 * there. */
void usage_open(struct usage_files *u, int group, enum usage_level level);
void usage_read(const struct usage_files *u, struct zone_usage *ret);
void usage_close(struct usage_files *u);
