/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a NIC may send: the elements that our tables have for it (table.h has the rules). All of it
 * follows from the NIC's note, so taking it back needs nothing else.
 */
#pragma once

#include "base/err.h"
#include "net/elem.h"
#include "net/note.h"

/* Guard the NIC, or no longer. @put: -ENOENT when the tables are missing. */
int guard_put(const struct note *n, struct zerr *e);
int guard_take(const struct note *n, struct zerr *e);
/* From the rates of @was to those of @n. */
int guard_change_rate(const struct note *was, const struct note *n, struct zerr *e);
/* The number of packets that were refused. 0, -ENOENT when it is not guarded. */
int guard_count(const struct note *n, uint64_t *ret_packets);
