/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forwarded ports: their text, its one spelling, and which of them stand in each other's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "conf/conf.h"

static struct forward parsed(const char *name)
{
	struct forward f;
	struct zerr e = { 0 };

	if (conf_forward(&f, name, "80", &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	return f;
}

static void text_goes_both_ways(void **state)
{
	static const char *const rows[][2] = {
		{ "8080", "8080" },
		{ "8080/tcp", "8080" },
		{ "8080/udp", "8080/udp" },
		{ "1000-1010", "1000-1010" },
		{ "7-7", "7" },
		{ "10.0.0.1:80", "10.0.0.1:80" },
		{ "0.0.0.0:80-81/udp", "0.0.0.0:80-81/udp" },
		{ "[FD00:0::1]:443/tcp", "[fd00::1]:443" },
		{ "[::]:65535/udp", "[::]:65535/udp" },
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct forward f = parsed(rows[i][0]);

		assert_string_equal(conf_forward_name(&f, text), rows[i][1]);
	}
	const struct forward f = parsed("10.0.0.1:80-90/udp");

	assert_int_equal(f.family, AF_INET);
	assert_int_equal(f.address[3], 1);
	assert_int_equal(f.first, 80);
	assert_int_equal(f.last, 90);
	assert_int_equal(f.to, 80);
	assert_true(f.udp);
}

static void nonsense_is_a_usage_error(void **state)
{
	static const char *const names[] = {
		"",
		"0",
		"65536",
		"80-79",
		"-80",
		"80-",
		"a",
		"80/sctp",
		"80/",
		"1.2.3:80",
		"1.2.3.4",
		":80",
		"[::1]",
		"[::1]80",
		"[0::1]:80",
		"fd00::1:80",
		"[1.2.3.4]:80",
		"80 ",
		" 80",
		"080000000000",
		"1-2-3",
		"80/udp/udp",
	};
	struct forward f;
	struct zerr e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (conf_forward(&f, names[i], "80", &e) >= 0)
			fail_msg("'%s' was taken", names[i]);
		assert_int_equal(e.status, ZERR_USAGE);
	}
	assert_true(conf_forward(&f, "80", "0", &e) < 0);
	assert_true(conf_forward(&f, "80", "80/udp", &e) < 0);
	assert_true(conf_forward(&f, "1-10", "65527", &e) < 0); /* its last would be 65536 */
	assert_int_equal(conf_forward(&f, "1-10", "65526", &e), 0);
}

static void overlaps_are_seen(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{ "80", "80", true },
		{ "80", "80/udp", false },
		{ "80-90", "90-99", true },
		{ "80-90", "91", false },
		{ "80", "10.0.0.1:80", true },
		{ "80", "[fd00::1]:80", true },
		{ "10.0.0.1:80", "10.0.0.2:80", false },
		{ "10.0.0.1:80", "[fd00::1]:80", false },
		{ "0.0.0.0:80", "[::]:80", false },
		{ "0.0.0.0:80", "10.0.0.1:80", true },
		{ "[::]:80", "[fd00::1]:80", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct forward a = parsed(rows[i].a), b = parsed(rows[i].b);

		if (conf_forward_overlap(&a, &b) != rows[i].overlap ||
		    conf_forward_overlap(&b, &a) != rows[i].overlap)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(nonsense_is_a_usage_error),
		cmocka_unit_test(overlaps_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
