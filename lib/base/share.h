/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something done with other rights or in other namespaces than ours, whose outcome is descriptors:
 * by a short-lived child with a memory of its own that shares our descriptor table. */
#pragma once

#include "base/err.h"

/* Run @fn in the child, and return what it returns (a descriptor that it opened, 0 or -errno). What
 * it frees, it does not free here; what it opens and does not return stays open here. */
int share_run(int (*fn)(void *ctx, struct zerr *e), void *ctx, struct zerr *e);
