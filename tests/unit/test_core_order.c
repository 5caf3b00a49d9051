/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* core/order.h: circles are found and told as they run, orders are lowered where others wait. */
#include "unit.h"

#include "core/order.h"

struct row {
	const char *name, *after, *requires;
	int order;
};

struct graph {
	struct strv after[16], requires[16];
	struct order_node v[16];
	size_t n;
};

static void graph_make(struct graph *g, const struct row *rows)
{
	*g = (struct graph){ 0 };
	for (; rows->name; rows++, g->n++) {
		assert_int_equal(strv_split(&g->after[g->n], rows->after, " "), 0);
		assert_int_equal(strv_split(&g->requires[g->n], rows -> requires, " "), 0);
		g->v[g->n] = (struct order_node){ rows->name, &g->after[g->n], &g->requires[g->n],
						  rows -> order };
	}
}

static void graph_done(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		strv_done(&g->after[i]);
		strv_done(&g->requires[i]);
	}
}

static void circles_are_told_as_they_run(void **state)
{
	static const struct row rows[] = {
		{ "a", "b", "", 0 },
		{ "b", "", "c", 0 },
		{ "c", "a nobody", "", 0 },
		{ "behind", "a", "", 0 },
		{ "self", "self", "", 0 },
		{ "free", "behind", "", 0 },
		{ 0 },
	};
	static const struct {
		const char *start, *circle;
	} want[] = {
		{ "a", "a -> b -> c -> a" }, { "b", "b -> c -> a -> b" },
		{ "c", "c -> a -> b -> c" }, { "behind", NULL },
		{ "self", "self -> self" },  { "free", NULL },
	};
	struct graph g;

	(void)state;
	graph_make(&g, rows);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char text[ORDER_TEXT] = "";
		const bool found =
			order_circle(g.v, g.n, order_find(g.v, g.n, want[i].start), text);

		assert_int_equal(found, want[i].circle != NULL);
		if (found)
			assert_string_equal(text, want[i].circle);
	}
	graph_done(&g);
}

static void two_ways_to_one_are_no_circle(void **state)
{
	static const struct row rows[] = { { "top", "left right", "", 0 },
					   { "left", "base", "", 0 },
					   { "right", "", "base", 0 },
					   { "base", "", "", 0 },
					   { 0 } };
	char text[ORDER_TEXT];
	struct graph g;

	(void)state;
	graph_make(&g, rows);
	for (size_t i = 0; i < g.n; i++)
		assert_false(order_circle(g.v, g.n, i, text));
	graph_done(&g);
}

static void a_long_circle_is_cut_off(void **state)
{
	enum { N = 60 };
	static struct strv after[N], none;
	static struct order_node v[N];
	static char names[N][32];
	char text[ORDER_TEXT];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "a-zone-with-a-name-%zu", i);
		v[i] = (struct order_node){ names[i], &after[i], &none, 0 };
	}
	for (size_t i = 0; i < N; i++)
		assert_int_equal(strv_add(&after[i], names[(i + 1) % N]), 0);
	assert_true(order_circle(v, N, 0, text));
	assert_true(strlen(text) < ORDER_TEXT);
	for (size_t i = 0; i < N; i++)
		strv_done(&after[i]);
}

static void orders_are_lowered_along_the_way(void **state)
{
	static const struct row rows[] = {
		{ "first", "", "base", 5 },
		{ "base", "deep", "", 30 },
		{ "deep", "", "", 40 },
		{ "late", "", "", 20 },
		{ "x", "y", "", 7 },
		{ "y", "x", "", 9 },
		{ 0 },
	};
	static const int want[] = { 5, 5, 5, 20, 7, 7 };
	struct graph g;

	(void)state;
	graph_make(&g, rows);
	order_settle(g.v, g.n);
	for (size_t i = 0; i < g.n; i++)
		assert_int_equal(g.v[i].order, want[i]);
	graph_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(circles_are_told_as_they_run),
		cmocka_unit_test(two_ways_to_one_are_no_circle),
		cmocka_unit_test(a_long_circle_is_cut_off),
		cmocka_unit_test(orders_are_lowered_along_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
