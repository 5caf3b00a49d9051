/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of zones. Graphs are small and sparse, so plain walks will do. */
#include "core/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

size_t order_find(const struct order_node *v, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(v[i].name, name) != 0)
		i++;
	return i;
}

struct walk {
	const struct order_node *v;
	size_t n, target;
	size_t *path; /* of nodes, from the target on */
	size_t depth;
	bool *seen;
};

static bool visit(struct walk *w, size_t at);

/* Go on to those that node @at comes after. True: the target was met again. */
static bool visit_all(struct walk *w, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const size_t k = order_find(w->v, w->n, names->v[i]);

		if (k == w->target)
			return true;
		if (k < w->n && !w->seen[k] && visit(w, k))
			return true;
	}
	return false;
}

static bool visit(struct walk *w, size_t at)
{
	w->seen[at] = true;
	w->path[w->depth++] = at;
	if (visit_all(w, w->v[at].after) || visit_all(w, w->v[at].requires))
		return true;
	w->depth--;
	return false;
}

bool order_circle(const struct order_node *v, size_t n, size_t start, char ret[static ORDER_TEXT])
{
	AUTO_FREE size_t *path = calloc(n, sizeof(*path));
	AUTO_FREE bool *seen = calloc(n, sizeof(*seen));
	struct walk w = { v, n, start, path, 0, seen };
	size_t len = 0;

	if (!path || !seen || !visit(&w, start))
		return false; /* without memory nothing is said; the start will fail on its own */
	for (size_t i = 0; i < w.depth && len < ORDER_TEXT; i++)
		len += (size_t)snprintf(ret + len, ORDER_TEXT - len, "%s -> ", v[path[i]].name);
	if (len < ORDER_TEXT)
		(void)snprintf(ret + len, ORDER_TEXT - len, "%s", v[start].name);
	return true;
}

/* Lower what @names are to @order. True when one was higher. */
static bool lower(struct order_node *v, size_t n, const struct strv *names, int order)
{
	bool any = false;

	for (size_t i = 0; i < names->n; i++) {
		const size_t k = order_find(v, n, names->v[i]);

		if (k < n && v[k].order > order) {
			v[k].order = order;
			any = true;
		}
	}
	return any;
}

void order_settle(struct order_node *v, size_t n)
{
	bool again = true;

	while (again) { /* each round lowers something, and there is a lowest */
		again = false;
		for (size_t i = 0; i < n; i++) {
			again |= lower(v, n, v[i].after, v[i].order);
			again |= lower(v, n, v[i].requires, v[i].order);
		}
	}
}
