/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/fdpass.h: what arrives are the same files, at the same places. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdpass.h"

static int set_up(void **state)
{
	static int pair[2];

	*state = pair;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int tear_down(void **state)
{
	const int *pair = *state;

	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino && x.st_rdev == y.st_rdev;
}

static void data_and_descriptors(void **state)
{
	const int *pair = *state;
	const int fds[2] = { open("/dev/null", O_RDONLY), open("/", O_RDONLY) };
	int got[3] = { 7, 7, 7 };
	char text[8] = "";

	assert_int_equal(fdpass_send(pair[0], "hello", 6, fds, 2), 0);
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), got, 3, 0), 6);
	assert_string_equal(text, "hello");
	assert_true(same_file(got[0], fds[0]) && same_file(got[1], fds[1]));
	assert_int_equal(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(got[2], -1);
	for (int i = 0; i < 2; i++) {
		(void)close(fds[i]);
		(void)close(got[i]);
	}
}

static void no_more_than_asked_for(void **state)
{
	const int *pair = *state;
	int got[2] = { 7, 7 };
	char byte;

	assert_int_equal(fdpass_send(pair[0], "x", 1, (const int[]){ 0, 1 }, 2), 0);
	assert_int_equal(fdpass_receive(pair[1], &byte, 1, got, 1, 0), 1);
	assert_true(got[0] >= 0);
	assert_int_equal(got[1], 7);
	(void)close(got[0]);
}

static void gaps_stay_where_they_are(void **state)
{
	const int *pair = *state;
	const int fds[4] = { -1, open("/dev/null", O_RDONLY), -1, open("/", O_RDONLY) };
	int got[4] = { 7, 7, 7, 7 };

	assert_int_equal(fdpass_send_some(pair[0], fds, 4), 0);
	assert_int_equal(fdpass_receive_some(pair[1], got, 4, 0), 0);
	assert_int_equal(got[0], -1);
	assert_int_equal(got[2], -1);
	assert_true(same_file(got[1], fds[1]) && same_file(got[3], fds[3]));
	for (int i = 1; i < 4; i += 2) {
		(void)close(fds[i]);
		(void)close(got[i]);
	}
	assert_int_equal(fdpass_send_some(pair[0], (const int[]){ -1, -1 }, 2), 0);
	assert_int_equal(fdpass_receive_some(pair[1], got, 2, 0), 0);
	assert_int_equal(got[1], -1);
}

static void who_has_gone_or_says_nothing(void **state)
{
	int *pair = *state;
	int got[2] = { 7, 7 };

	assert_int_equal(fdpass_receive_some(pair[1], got, 2, MSG_DONTWAIT), -ESRCH);
	assert_int_equal(got[0], 7);
	(void)close(pair[0]);
	assert_int_equal(fdpass_receive_some(pair[1], got, 2, 0), -ESRCH);
	assert_int_equal(fdpass_send(pair[1], "x", 1, NULL, 0), -EPIPE);
	pair[0] = -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(data_and_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_more_than_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gaps_stay_where_they_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_has_gone_or_says_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
