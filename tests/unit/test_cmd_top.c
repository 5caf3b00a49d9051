/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What top makes of two looks: rates, order, lines. */
#include "unit.h"

#include <string.h>

#include "cmd/toprows.h"

#define SECOND 1000000000ULL

static struct zone_sample zone_of(const char *name, const char *group, uint64_t cpu_ns,
				  uint64_t memory)
{
	struct zone_sample s = { .name = (char *)name, .group = (char *)group, .state = "RUNNING" };

	memset(&s.use, 0xff, sizeof(s.use));
	s.use.cpu_ns = cpu_ns;
	s.use.memory = memory;
	return s;
}

static void order_is(const struct top_view *v, const char *names)
{
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; i < v->n; i++)
		buf_fmt(&b, "%s%s%s%s", i ? " " : "", v->v[i].s->name, v->v[i].s->group ? ":" : "",
			v->v[i].s->group ? v->v[i].s->group : "");
	assert_string_equal(b.p ? b.p : "", names);
}

static void rates_are_per_second(void **st)
{
	struct zone_nic_count n0 = { "eth0", 1000, 0, 0, 0, 0 }, n1 = { "eth0", 5000, 0, 0, 0, 0 };
	struct zone_sample a = zone_of("web", NULL, 1 * SECOND, 1 << 20);
	struct zone_sample b = zone_of("web", NULL, 4 * SECOND, 2 << 20);
	struct zone_samples before = { &a, 1, 10 * SECOND }, now = { &b, 1, 12 * SECOND };
	struct top_view v;

	(void)st;
	a.nics = &n0;
	b.nics = &n1;
	a.nics_n = b.nics_n = 1;
	a.use.io_read = 0;
	b.use.io_read = 4096;
	b.use.cpu_some_ns = SECOND; /* not known before */
	assert_int_equal(top_compute(&before, &now, TOP_CPU, false, &v), 0);
	assert_true(v.v[0].cpu > 149.9 && v.v[0].cpu < 150.1); /* of one processor */
	assert_true(v.v[0].received > 1999 && v.v[0].received < 2001);
	assert_true(v.v[0].read > 2047 && v.v[0].read < 2049);
	assert_true(v.v[0].written < 0 && v.v[0].wait_cpu < 0);
	assert_int_equal(v.memory, 2 << 20);
	top_done(&v);
	/* started anew in between: its counters went back */
	b.use.cpu_ns = 0;
	assert_int_equal(top_compute(&before, &now, TOP_CPU, false, &v), 0);
	assert_true(v.v[0].cpu < 0);
	top_done(&v);
}

static void most_comes_first_and_groups_stay_behind_their_zone(void **st)
{
	struct zone_sample s[] = {
		zone_of("a", NULL, 0, 10),     zone_of("a", "x", 0, 9),
		zone_of("a", "x/y", 0, 1),     zone_of("a", "x-z", 0, 1),
		zone_of("b", NULL, SECOND, 5), zone_of("c", NULL, 0, UINT64_MAX)
	};
	struct zone_sample t[6];
	struct zone_samples before = { s, 6, 0 }, now = { t, 6, SECOND };
	struct top_view v;

	(void)st;
	memcpy(t, s, sizeof(t));
	t[4].use.cpu_ns = 2 * SECOND;
	t[3].use.cpu_ns = SECOND / 2;
	assert_int_equal(top_compute(&before, &now, TOP_CPU, false, &v), 0);
	order_is(&v, "b a a:x a:x/y a:x-z c");
	assert_true(v.v[4].cpu > 49); /* its older look was found */
	assert_int_equal(v.zones, 3);
	top_done(&v);
	assert_int_equal(top_compute(&before, &now, TOP_MEMORY, false, &v), 0);
	order_is(&v, "a a:x a:x/y a:x-z b c");
	top_done(&v);
	assert_int_equal(top_compute(&before, &now, TOP_NAME, true, &v), 0);
	order_is(&v, "c b a a:x a:x/y a:x-z");
	top_done(&v);
}

static void lines_stand_below_their_heading(void **st)
{
	struct zone_sample s = zone_of("web", NULL, 0, 512ULL << 20);
	struct zone_sample g = zone_of("web", "system.slice/evil\033[2J", 0, 0);
	struct top_row r = { &s, 12.34, -1, 2048, 0, 1 << 20, 0.5, -1, 0 }, of_group = { .s = &g };
	AUTO_BUF struct buf head = { 0 }, line = { 0 };

	(void)st;
	s.use.memory_max = 1ULL << 30;
	s.use.pids = 42;
	top_heading(100, &head);
	top_line(&r, 100, &line);
	assert_int_equal(head.len, line.len);
	assert_non_null(strstr(line.p, "web "));
	assert_non_null(strstr(line.p, "[####    ]"));
	assert_non_null(strstr(line.p, " 12.3 "));
	assert_non_null(strstr(line.p, " 512M "));
	assert_non_null(strstr(line.p, " 2.0K "));
	line.len = 0;
	top_line(&of_group, 80, &line);
	assert_null(strchr(line.p, '\033'));
	assert_non_null(strstr(line.p, "    evil"));
}

static void letters_sort(void **st)
{
	(void)st;
	assert_int_equal(top_sort_of('c'), TOP_CPU);
	assert_int_equal(top_sort_of('p'), TOP_PIDS);
	assert_int_equal(top_sort_of('x'), -1);
	assert_int_equal(top_sort_of(0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_per_second),
		cmocka_unit_test(most_comes_first_and_groups_stay_behind_their_zone),
		cmocka_unit_test(lines_stand_below_their_heading),
		cmocka_unit_test(letters_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
