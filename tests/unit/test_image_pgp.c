/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key files: armour, fingerprints, damage. The key is a throw-away one; its secret half is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image/pgp.h"

#define FINGERPRINT "4B6F0EA85D469D8569FA3C590251FEDCA689963A"

static const char armoured[] =
	"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n"
	"Comment: a key - of 1=2\r\n"
	"\r\n"
	"mDMEawNdUxYJKwYBBAHaRw8BAQdA3TeiQ+W36FtZ6IgUYNL+RXoeS/NIz++dPl8j\r\n"
	"x2zFP6m0AWGIkAQTFggAOBYhBEtvDqhdRp2Fafo8WQJR/tymiZY6BQJrA11TAhsD\r\n"
	"BQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEAJR/tymiZY6fiIA/iKJ92851cMG\r\n"
	"tQQcE9yKobKFF4W6LkCjhzp/Dpx0kIxTAP9IrS4zZ//5wQoyKc10fJ03KSJ++LR7\r\n"
	"mMOKwZF9DCX+Dw==\r\n"
	"=eQJ8\r\n"
	"-----END PGP PUBLIC KEY BLOCK-----\r\n";

static void takes_armour_off(void **state)
{
	AUTO_BUF struct buf ring = { 0 };
	AUTO_STRV struct strv prints = { 0 };

	(void)state;
	assert_int_equal(pgp_binary(armoured, sizeof(armoured) - 1, &ring), 0);
	assert_int_equal(ring.len, 202);
	assert_int_equal((unsigned char)ring.p[0], 0x98);
	assert_int_equal((unsigned char)ring.p[ring.len - 1], 0x0f);
	assert_int_equal(pgp_fingerprints(&ring, &prints), 0);
	assert_int_equal(prints.n, 1);
	assert_string_equal(prints.v[0], FINGERPRINT);
}

static void takes_several_and_binary(void **state)
{
	AUTO_BUF struct buf two = { 0 }, ring = { 0 }, again = { 0 };
	AUTO_STRV struct strv prints = { 0 };

	(void)state;
	buf_fmt(&two, "some text\n%s\nmore\n%s", armoured, armoured);
	assert_int_equal(pgp_binary(two.p, two.len, &ring), 0);
	assert_int_equal(pgp_binary(ring.p, ring.len, &again), 0);
	assert_int_equal(again.len, ring.len);
	assert_int_equal(pgp_fingerprints(&again, &prints), 0);
	assert_int_equal(prints.n, 2);
}

static void refuses_damage(void **state)
{
	static const char *const bad[] = {
		"",
		"hello\n",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nm!ME\n-----END PGP PUBLIC KEY "
		"BLOCK-----\n",
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nmDME\n-----END PGP PRIVATE KEY "
		"BLOCK-----\n",
	};
	AUTO_BUF struct buf ring = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_BUF struct buf b = { 0 };

		assert_int_equal(pgp_binary(bad[i], strlen(bad[i]), &b), -EPROTO);
	}
	assert_int_equal(pgp_binary(armoured, sizeof(armoured) - 1, &ring), 0);
	for (size_t n = 1; n < ring.len; n++) { /* cut anywhere: never read beyond the end */
		AUTO_BUF struct buf cut = { 0 };
		AUTO_STRV struct strv prints = { 0 };
		/* whole packets end at 53, 56 and 202 bytes */
		const int want = n == 53 || n == 56 ? 0 : -EPROTO;

		buf_add(&cut, ring.p, n);
		if (pgp_fingerprints(&cut, &prints) != want)
			fail_msg("cut at %zu", n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_armour_off),
		cmocka_unit_test(takes_several_and_binary),
		cmocka_unit_test(refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
