/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between confine.c and confine_child.c only. */
#pragma once

#include <sys/types.h>

#include "image/confine.h"

/* In the forked child: give everything up, run, report on @report, end. @talk is -1 for one that
 * does not talk. */
_Noreturn void confined_child(const struct confined *c, struct confined_stats *stats, pid_t parent,
			      int report, int talk);
