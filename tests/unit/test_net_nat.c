/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands for nftables: the number of rules does not grow with the number of networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/nat.h"

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void one_rule_serves_all_networks(void **state)
{
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv none = { 0 };
	AUTO_BUF struct buf text = { 0 };

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(strv_addf(&ipv4, "10.%u.0.0/16", i), 0);
	nat_commands(&ipv4, &none, &text);
	assert_false(text.failed);
	assert_int_equal(count(text.p, "add rule"), 1);
	assert_int_equal(count(text.p, "masquerade"), 1);
	assert_non_null(strstr(text.p, "add element inet zone nat4 { 10.0.0.0/16, 10.1.0.0/16, "));
	assert_null(strstr(text.p, "delete table"));
}

static void ipv6_comes_only_with_subnets(void **state)
{
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv ipv6 = { 0 };
	AUTO_BUF struct buf text = { 0 };

	(void)state;
	assert_int_equal(strv_add(&ipv4, "10.77.0.0/16"), 0);
	nat_commands(&ipv4, &ipv6, &text);
	assert_null(strstr(text.p, "ip6 saddr"));
	buf_done(&text);
	assert_int_equal(strv_add(&ipv6, "fd00:1::/64"), 0);
	nat_commands(&ipv4, &ipv6, &text);
	assert_int_equal(count(text.p, "masquerade"), 2);
	assert_non_null(strstr(text.p, "ip6 saddr @nat6 ip6 daddr != @nat6 masquerade"));
}

static void nothing_left_removes_the_table(void **state)
{
	AUTO_STRV struct strv none = { 0 };
	AUTO_BUF struct buf text = { 0 };

	(void)state;
	nat_commands(&none, &none, &text);
	/* adding it first makes deleting a missing one no error */
	assert_string_equal(text.p, "add table inet zone\ndelete table inet zone\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_rule_serves_all_networks),
		cmocka_unit_test(ipv6_comes_only_with_subnets),
		cmocka_unit_test(nothing_left_removes_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
