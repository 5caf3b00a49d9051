/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* root.size of a zone that is there. */
#pragma once

#include "core/core.h"

/* Make its root, in use or not, hold to what @to says instead of @from. A root does not shrink: a
 * usage error. */
int resize_root(const struct zone *z, const struct zone_spec *from, const struct zone_spec *to,
		struct zerr *e);
