/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User namespaces as maps. */
#pragma once

#include "core/core.h"

/* One with the map of a zone whose ids begin at @base, for the idmap of detached trees. fd. */
int userns_make(uid_t base, struct zerr *e);
