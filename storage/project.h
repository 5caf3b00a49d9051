/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Project quotas of ext4 and xfs: a directory, and whatever is made below it later, belongs to a
 * numbered project, whose bytes the kernel counts and limits. Only where the file system was
 * mounted so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* 0 when the file system of @dir holds projects to their limits, or exit status 7 that names the
 * mount option. */
int project_check(int dir, struct zerr *e);
/* Make the directory @dir, and with @deep all that is in it already, part of project @number. 0 or
 * -errno. */
int project_join(int dir, uint32_t number, bool deep, struct zerr *e);
/* The project that @dir belongs to; 0: none, or there are no projects. */
uint32_t project_of(int dir);
/* Limit the project to @size bytes, 0: not at all. 0 or -errno. */
int project_limit(int dir, uint32_t number, uint64_t size, struct zerr *e);
/* What the project has on disk. 0 or -errno; no message. */
int project_used(int dir, uint32_t number, uint64_t *ret);
