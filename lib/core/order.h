/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which zone comes before which: start.after and start.requires as a graph. Pure logic: knows no
 * host. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct order_node {
	const char *name;
	const struct strv *after, *requires; /* names; those that are no node are passed over */
	int order;			     /* start.order; in and out: see order_settle() */
};

#define ORDER_TEXT 512
/* Whether the nodes that @start comes after, and what those come after, lead back to it. Then @ret
 * says how: "web -> db -> web". */
bool order_circle(const struct order_node *v, size_t n, size_t start, char ret[static ORDER_TEXT]);
/* Make every node's order at most that of those which come after it: what others wait for must not
 * wait for them. */
void order_settle(struct order_node *v, size_t n);
/* The node called @name, or @n. */
size_t order_find(const struct order_node *v, size_t n, const char *name);
