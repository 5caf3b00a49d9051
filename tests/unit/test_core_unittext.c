/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units' text from configurations: which unit comes after which, and how odd paths are written. */
#include "unit.h"

#include "core/unittext.h"

static void quotes_are_systemds(void **st)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "/var/lib/zone/web", "\"/var/lib/zone/web\"" },
		{ "/srv/my zones/web", "\"/srv/my zones/web\"" },
		{ "/srv/100%/x", "\"/srv/100%%/x\"" },
		{ "/a\"b\\c", "\"/a\\\"b\\\\c\"" },
		{ "/a\nExecStart=/bin/sh", "\"/a\\x0aExecStart=/bin/sh\"" },
		{ "/tab\there\x7f", "\"/tab\\x09here\\x7f\"" },
		{ "/zonen-ä", "\"/zonen-ä\"" },
		{ "", "\"\"" },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF struct buf out = { 0 };

		unit_put_quoted(&out, rows[i].text);
		assert_false(out.failed);
		assert_string_equal(out.p, rows[i].quoted);
	}
}

static void orders_of(struct unit_orders *ret, const int *v, size_t n)
{
	struct zone_plan_entry entries[8] = { 0 };

	for (size_t i = 0; i < n; i++)
		entries[i].order = v[i];
	assert_int_equal(unit_orders_find(ret, &(struct zone_plan){ entries, n }), 0);
}

static void each_order_counts_once(void **st)
{
	static const int some[] = { 10, -5, 10, 0, 7, -5 }, want[] = { -5, 0, 7, 10 };
	AUTO_ORDERS struct unit_orders o = { 0 };

	(void)st;
	orders_of(&o, some, 6);
	assert_int_equal(o.n, 4);
	assert_memory_equal(o.v, want, sizeof(want));
	unit_orders_done(&o);
	orders_of(&o, some, 0);
	assert_int_equal(o.n, 0);
}

static void points_between_orders_follow_each_other(void **st)
{
	static const int v[] = { 0, 5, 9 };
	AUTO_ORDERS struct unit_orders o = { 0 };
	AUTO_BUF struct buf first = { 0 }, second = { 0 };

	(void)st;
	orders_of(&o, v, 3);
	unit_put_order(&first, &o, 1);
	unit_put_order(&second, &o, 2);
	assert_non_null(strstr(first.p, "Description=Zones with start.order up to 0 "));
	assert_null(strstr(first.p, "After="));
	assert_non_null(strstr(second.p, "Description=Zones with start.order up to 5 "));
	assert_non_null(strstr(second.p, "\nAfter=zones-order-1.target\n"));
}

/* The lines below [Unit] of a zone with this configuration. */
static void assert_unit(const char *conf, const struct unit_orders *o, int order, const char *want)
{
	AUTO_BUF struct buf out = { 0 };
	struct zone_spec s;
	struct zerr e = { 0 };

	spec_init(&s);
	assert_int_equal(conf_parse(&s, conf, "zone.conf", &e), 0);
	unit_put_zone(&out, "/z/web", &s, o, order);
	assert_false(out.failed);
	assert_ptr_equal(strstr(out.p, UNIT_HEAD), out.p);
	assert_string_equal(out.p + strlen(UNIT_HEAD), want);
	spec_done(&s);
}

static void zones_say_what_they_come_after(void **st)
{
	static const int v[] = { 0, 5, 9 };
	AUTO_ORDERS struct unit_orders o = { 0 }, one = { 0 };

	(void)st;
	orders_of(&o, v, 3);
	orders_of(&one, v, 1);
	assert_unit("", &one, 0, "RequiresMountsFor=\"/z/web\"\n");
	assert_unit("start { after = {\"db\", \"x-1\"} requires = {\"db\"} }", &one, 0,
		    "RequiresMountsFor=\"/z/web\"\n"
		    "After=zone@db.service\n"
		    "After=zone@x-1.service\n"
		    "Requires=zone@db.service\n"
		    "After=zone@db.service\n");
	assert_unit("net eth0 { network = \"lan\" } net eth1 { type = \"none\" }", &one, 0,
		    "RequiresMountsFor=\"/z/web\"\n"
		    "Wants=zone-network@lan.service\n"
		    "After=zone-network@lan.service\n");
	/* the first comes before the first point, the last after the last, the others in between */
	assert_unit("", &o, 0,
		    "RequiresMountsFor=\"/z/web\"\n"
		    "Before=zones-order-1.target\n");
	assert_unit("", &o, 5,
		    "RequiresMountsFor=\"/z/web\"\n"
		    "Before=zones-order-2.target\n"
		    "Wants=zones-order-1.target\n"
		    "After=zones-order-1.target\n");
	assert_unit("", &o, 9,
		    "RequiresMountsFor=\"/z/web\"\n"
		    "Wants=zones-order-2.target\n"
		    "After=zones-order-2.target\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_are_systemds),
		cmocka_unit_test(each_order_counts_once),
		cmocka_unit_test(points_between_orders_follow_each_other),
		cmocka_unit_test(zones_say_what_they_come_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
