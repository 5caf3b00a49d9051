/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Address text and arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/ipnet.h"

static struct ipnet net(const char *text)
{
	struct ipnet n = { 0 };

	assert_int_equal(ipnet_parse(&n, text), 0);
	return n;
}

static void text_goes_both_ways(void **state)
{
	static const char *const good[] = { "10.77.0.5/16", "0.0.0.0/0", "10.77.0.5/32",
					    "fd12:3456:789a:1::5/64", "::/0" };
	char text[IPNET_TEXT];
	struct ipnet n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		n = net(good[i]);
		assert_string_equal(ipnet_text(&n, text), good[i]);
	}
	n = net("10.0.0.1");
	assert_string_equal(ipnet_text(&n, text), "10.0.0.1/32");
	assert_string_equal(ipnet_address(&n, text), "10.0.0.1");
	assert_string_equal(ipnet_text(&(struct ipnet){ 0 }, text), "");
}

static void bad_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/16",
		"10.77.0/16",
		"10.77.0.5/",
		"10.77.0.5/33",
		"10.77.0.5/-1",
		"10.77.0.5/16 ",
		" 10.77.0.5",
		"10.77.0.256",
		"10.77.0.5/0x8",
		"fd00::1/129",
		"fd00:::1",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb",
		"web",
	};
	struct ipnet n = { .family = 99 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ipnet_parse(&n, bad[i]), -EINVAL);
	assert_int_equal(n.family, 99); /* untouched on failure */
}

static bool overlap(const char *a, const char *b)
{
	const struct ipnet x = net(a), y = net(b);

	assert_int_equal(ipnet_overlap(&x, &y), ipnet_overlap(&y, &x));
	return ipnet_overlap(&x, &y);
}

static void overlap_is_by_the_shorter_prefix(void **state)
{
	(void)state;
	assert_true(overlap("10.77.0.0/16", "10.77.4.0/22"));
	assert_true(overlap("10.77.0.0/16", "10.0.0.0/8"));
	assert_true(overlap("10.77.0.0/16", "10.77.255.255"));
	assert_true(overlap("10.77.0.0/16", "0.0.0.0/0"));
	assert_false(overlap("10.77.0.0/16", "10.78.0.0/16"));
	assert_true(overlap("10.76.0.0/15", "10.77.0.0/16"));
	assert_false(overlap("10.78.0.0/15", "10.77.0.0/16"));
	assert_false(overlap("192.168.77.0/25", "192.168.77.128/25"));
	assert_true(overlap("fd00::/8", "fd00:1::/64"));
	assert_false(overlap("::/0", "0.0.0.0/0")); /* of different families */
}

static void base_has_no_host_bits(void **state)
{
	const struct ipnet a = net("10.76.0.0/15"), b = net("10.77.0.0/15"), c = net("10.0.0.1/32");
	const struct ipnet d = net("fd00::/64"), e = net("fd00::1/64");

	(void)state;
	assert_true(ipnet_is_base(&a));
	assert_false(ipnet_is_base(&b));
	assert_true(ipnet_is_base(&c));
	assert_true(ipnet_is_base(&d));
	assert_false(ipnet_is_base(&e));
}

static void offsets_count_from_the_base(void **state)
{
	const struct ipnet four = net("10.77.0.0/16"), six = net("fd00:1:2:3::/64");
	struct ipnet n = ipnet_nth(&four, 261);
	char text[IPNET_TEXT];

	(void)state;
	assert_string_equal(ipnet_text(&n, text), "10.77.1.5/16");
	assert_int_equal(ipnet_offset(&four, &n), 261);
	n = ipnet_nth(&six, 261);
	assert_string_equal(ipnet_text(&n, text), "fd00:1:2:3::105/64");
	assert_int_equal(ipnet_size(&four), 65536);
}

static void lowest_free_skips_what_is_taken(void **state)
{
	const struct ipnet base = net("10.77.0.0/29"); /* zones get .2 to .6 */
	AUTO_STRV struct strv taken = { 0 };
	uint32_t offset = 0;

	(void)state;
	assert_int_equal(ipnet_lowest_free(&base, &taken, &offset), 0);
	assert_int_equal(offset, 2);
	/* others' addresses, rubbish and those beyond the lowest gap do not count */
	assert_int_equal(
		strv_split(&taken, "10.77.0.2/29 10.78.0.3 rubbish fd00::3 10.77.0.5", " "), 0);
	assert_int_equal(ipnet_lowest_free(&base, &taken, &offset), 0);
	assert_int_equal(offset, 3);
	assert_int_equal(strv_split(&taken, "10.77.0.3 10.77.0.4 10.77.0.6", " "), 0);
	offset = 99;
	assert_int_equal(ipnet_lowest_free(&base, &taken, &offset), -ENOSPC);
	assert_int_equal(offset, 99);
}

static void a_whole_network_is_given_out(void **state)
{
	const struct ipnet base = net("192.168.77.0/24");
	AUTO_STRV struct strv taken = { 0 };
	char text[IPNET_TEXT];
	uint32_t offset;
	struct ipnet n;

	(void)state;
	for (unsigned i = 2; i < 255; i++) {
		assert_int_equal(ipnet_lowest_free(&base, &taken, &offset), 0);
		assert_int_equal(offset, i);
		n = ipnet_nth(&base, offset);
		assert_null(ipnet_owner(&n, &taken));
		assert_int_equal(strv_addf(&taken, "%s web-%u", ipnet_text(&n, text), i), 0);
		assert_true(str_starts(ipnet_owner(&n, &taken), "web-"));
	}
	assert_int_equal(ipnet_lowest_free(&base, &taken, &offset), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(bad_text_is_refused),
		cmocka_unit_test(overlap_is_by_the_shorter_prefix),
		cmocka_unit_test(base_has_no_host_bits),
		cmocka_unit_test(offsets_count_from_the_base),
		cmocka_unit_test(lowest_free_skips_what_is_taken),
		cmocka_unit_test(a_whole_network_is_given_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
