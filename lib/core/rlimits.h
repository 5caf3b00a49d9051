/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits of what runs in a zone. */
#pragma once

#include "base/err.h"
#include "conf/spec.h"

/* Set the kernel's defaults for a first process, core 0, then rlimit.NAME of @s ("N", "SOFT:HARD",
 * "unlimited"). Raising a hard limit needs CAP_SYS_RESOURCE on the host: where that is missing it
 * is exit status 7 for an asked one, and left as it is for a default. */
int rlimits_apply(const struct zone_spec *s, struct zerr *e);
