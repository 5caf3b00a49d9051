/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What zones' configurations say of another zone: start.after, start.requires, net.NIC.parent of
 * type zone. */
#pragma once

#include "core/core.h"

/* Every zone that names @from names @to from now on; names of those that were changed are added to
 * @changed, also when others fail. Each is locked for its change: 6 when it is busy. One whose
 * configuration cannot be read is told of, and left as it is. */
int follow_rename(struct zone_host *h, const char *from, const char *to, struct strv *changed,
		  struct zerr *e);
/* The same for one zone. 1: it was changed; 0: it does not name @from. */
int follow_one(struct zone_host *h, const char *zone, const char *from, const char *to,
	       struct zerr *e);
