/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rename that was killed. */
#pragma once

#include "core/core.h"

/* Finish it, under whichever of its two names @z was found; or end it where nothing has happened
 * yet. The caller holds the lock. */
int rename_finish(struct zone *z, struct zerr *e);
/* Where the directory of @entry is when it was moved and the index does not know yet. fd, or
 * -ENOENT. */
int rename_look(const struct index_entry *entry);
