/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States and signals: names in and out, what is allowed when, and which signal asks which init. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "core/life.h"

static void states_are_parsed(void **st)
{
	struct zerr e = { 0 };
	unsigned mask;

	(void)st;
	assert_int_equal(state_parse("RUNNING", &mask, &e), 0);
	assert_int_equal(mask, 1U << STATE_RUNNING);
	assert_int_equal(state_parse("stopped|Running", &mask, &e), 0);
	assert_int_equal(mask, 1U << STATE_STOPPED | 1U << STATE_RUNNING);
	assert_true(state_parse("SLEEPING", &mask, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_true(state_parse("", &mask, &e) < 0);
}

static void what_is_not_allowed_names_a_verb(void **st)
{
	struct status s = { .state = STATE_FROZEN };
	struct zerr e = { 0 };

	(void)st;
	assert_true(state_allows(&s, DO_EXEC, "web", &e) < 0);
	assert_int_equal(e.status, ZERR_STATE);
	assert_non_null(strstr(e.msg, "FROZEN"));
	assert_string_equal(e.hint, "zone thaw web");
	s.state = STATE_RUNNING;
	assert_int_equal(state_allows(&s, DO_EXEC, "web", &e), 0);
	assert_true(state_allows(&s, DO_DESTROY, "web", &e) < 0);
}

static void each_init_has_its_signals(void **st)
{
	struct zone_spec s;

	(void)st;
	spec_init(&s);
	assert_int_equal(life_signal(&s, "systemd", false), SIGRTMIN + 3);
	assert_int_equal(life_signal(&s, "systemd", true), SIGRTMIN + 5);
	assert_int_equal(life_signal(&s, "busybox", false), SIGUSR2);
	assert_int_equal(life_signal(&s, "sysv", false), SIGPWR);
	assert_int_equal(life_signal(&s, "other", false), SIGTERM);
	assert_int_equal(str_set(&s.stop_signal, "SIGINT"), 0);
	assert_int_equal(life_signal(&s, "systemd", false), SIGINT);
	spec_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_parsed),
		cmocka_unit_test(what_is_not_allowed_names_a_verb),
		cmocka_unit_test(each_init_has_its_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
