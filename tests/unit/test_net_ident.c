/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers derived from the machine's id: stable, well-formed, different where they must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/ident.h"

static const struct ident one = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
static const struct ident two = { { 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };

/* From the paper's reference implementation: inputs 00, 00 01, … under the key of @one. */
static void hash_is_siphash(void **state)
{
	const uint8_t data[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

	(void)state;
	assert_true(ident_hash(one.key, data, 0) == 0x726fdb47dd0e0e31);
	assert_true(ident_hash(one.key, data, 1) == 0x74f839c593dc67fd);
	assert_true(ident_hash(one.key, data, 8) == 0x93f5f5799a932462);
	assert_true(ident_hash(one.key, data, 15) == 0xa129ca6149be45e5);
}

static void mac_is_local_unicast(void **state)
{
	uint8_t mac[6];
	char what[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(what, sizeof(what), "nic:%u:eth0", i);
		ident_mac(&one, what, mac);
		assert_int_equal(mac[0] & 3, 2);
	}
}

static void mac_is_stable_and_differs(void **state)
{
	uint8_t a[6], b[6];

	(void)state;
	ident_mac(&one, "nic:1:eth0", a);
	ident_mac(&one, "nic:1:eth0", b);
	assert_memory_equal(a, b, 6);
	ident_mac(&one, "nic:2:eth0", b);
	assert_memory_not_equal(a, b, 6);
	ident_mac(&one, "nic:1:eth1", b);
	assert_memory_not_equal(a, b, 6);
	ident_mac(&two, "nic:1:eth0", b);
	assert_memory_not_equal(a, b, 6);
}

static void prefix_is_unique_local(void **state)
{
	const struct ipnet a = ident_ula(&one, "zonebr0"), b = ident_ula(&one, "lab");
	const struct ipnet c = ident_ula(&two, "zonebr0");

	(void)state;
	assert_int_equal(a.family, AF_INET6);
	assert_int_equal(a.prefix, 64);
	assert_int_equal(a.addr[0], 0xfd);
	assert_true(ipnet_is_base(&a));
	assert_memory_equal(a.addr, b.addr, 6); /* one site … */
	assert_false(ipnet_overlap(&a, &b));	/* … of many networks */
	assert_memory_not_equal(a.addr, c.addr, 6);
}

static void mac_text_goes_both_ways(void **state)
{
	static const char *const bad[] = { "",
					   "02:00:00:00:00",
					   "02:00:00:00:00:01:02",
					   "01:00:00:00:00:01", /* multicast */
					   "ff:ff:ff:ff:ff:ff",
					   "00:00:00:00:00:00",
					   "02-00-00-00-00-01",
					   "02:00:00:00:00:0g",
					   "2:000:00:00:00:01",
					   "02:00:00:00:00:1 " };
	uint8_t mac[6];
	char text[MAC_TEXT];

	(void)state;
	assert_int_equal(mac_parse(mac, "02:aB:00:fF:00:01"), 0);
	assert_string_equal(mac_text(mac, text), "02:ab:00:ff:00:01");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(mac_parse(mac, bad[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_siphash),
		cmocka_unit_test(mac_is_local_unicast),
		cmocka_unit_test(mac_is_stable_and_differs),
		cmocka_unit_test(prefix_is_unique_local),
		cmocka_unit_test(mac_text_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
