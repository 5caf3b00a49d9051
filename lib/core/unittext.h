/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What configurations of zones are as text of systemd's units. Pure: the generator reads and writes
 * the files. Names of zones and networks need no escaping: systemd takes theirs as they are. */
#pragma once

#include "core/core.h"

#define UNIT_HEAD "# From the configuration of zones; zone-systemd(7)\n[Unit]\n"

/* The values of start.order that there are, ascending: zones-order-N.target, N from 1, is the point
 * in time between those of [N - 1] and those of [N]. */
struct unit_orders {
	int *v;
	size_t n;
};
#define AUTO_ORDERS __attribute__((cleanup(unit_orders_done)))
/* Of all zones of the plan. 0 or -ENOMEM. */
int unit_orders_find(struct unit_orders *ret, const struct zone_plan *p);
/* Free what is in it. */
void unit_orders_done(struct unit_orders *o);

/* zones-order-@i.target, @i from 1 to o->n - 1. */
void unit_put_order(struct buf *out, const struct unit_orders *o, size_t i);
/* The drop-in of a zone in @dir, which is of @order. */
void unit_put_zone(struct buf *out, const char *dir, const struct zone_spec *s,
		   const struct unit_orders *o, int order);
/* @text in double quotes, as systemd.syntax(7) and its specifiers want it. */
void unit_put_quoted(struct buf *out, const char *text);
