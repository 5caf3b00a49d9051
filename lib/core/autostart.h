/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order among zones, for who changes a configuration. */
#pragma once

#include "core/core.h"

/* Whether zone @name, there or to be made, may come after, and require, what @spec says, as all the
 * others are configured now: a usage error names the circle. */
int autostart_check(struct zone_host *h, const char *name, const struct zone_spec *spec,
		    struct zerr *e);
