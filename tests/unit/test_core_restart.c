/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Restarts: which ends are followed by one, and after how long. */
#include "unit.h"

#include "core/restart.h"

static void pauses_double_up_to_the_longest(void **st)
{
	static const struct {
		unsigned delay, longest, n, want;
	} rows[] = {
		{ 1, 300, 1, 1 },
		{ 1, 300, 2, 2 },
		{ 1, 300, 3, 4 },
		{ 1, 300, 9, 256 },
		{ 1, 300, 10, 300 },
		{ 1, 300, 4000000000U, 300 },
		{ 7, 20, 1, 7 },
		{ 7, 20, 2, 14 },
		{ 7, 20, 3, 20 },
		{ 60, 10, 1, 10 },
		{ 5, 5, 2, 5 },
		{ 1, UINT32_MAX, 32, 2147483648U },
		{ 1, UINT32_MAX, 33, UINT32_MAX },
		{ 3000000000U, UINT32_MAX, 2, UINT32_MAX },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct zone_spec s = { .restart_delay = rows[i].delay,
					     .restart_delay_max = rows[i].longest };

		assert_int_equal(restart_pause(&s, rows[i].n), rows[i].want);
	}
}

static void the_policy_decides(void **st)
{
	enum { FAILED = 1 << 8, UNKNOWN = -1 };
	static const struct {
		const char *policy, *stage, *custom;
		int status;
		bool want;
	} rows[] = {
		{ "no", "running", NULL, FAILED, false },
		{ "on-failure", "running", NULL, FAILED, true },
		{ "on-failure", "running", NULL, UNKNOWN, true },
		{ "on-failure", "running", NULL, 0, false },
		{ "always", "running", NULL, 0, true },
		{ "always", "running", NULL, FAILED, true },
		/* it was asked to stop; it never came up; it was a command's */
		{ "always", "stopping", NULL, FAILED, false },
		{ "always", "starting", NULL, FAILED, false },
		{ "always", NULL, NULL, FAILED, false },
		{ "always", "running", "1", FAILED, false },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_RECORD struct record state = { 0 };
		char conf[64];
		struct zone_spec s;
		struct zerr e = { 0 };

		(void)snprintf(conf, sizeof(conf), "restart { policy = \"%s\" }", rows[i].policy);
		spec_init(&s);
		assert_int_equal(conf_parse(&s, conf, "zone.conf", &e), 0);
		if (rows[i].stage)
			assert_int_equal(record_set(&state, "stage", rows[i].stage), 0);
		if (rows[i].custom)
			assert_int_equal(record_set(&state, "custom", rows[i].custom), 0);
		assert_int_equal(restart_wanted(&s, &state, rows[i].status), rows[i].want);
		spec_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(the_policy_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
