/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a unit's descriptor store gives back: each to its place, and what is none of ours to init.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/keep.h"

#define FIRST 3

/* Descriptors 3 to 3 + @n - 1 are passed under these names, as sd_listen_fds(3) has it. */
static void pass(int n, const char *names, pid_t to)
{
	char text[16];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	const int high = fcntl(fds[0], F_DUPFD_CLOEXEC, 100);
	own_close(fds[0]);
	own_close(fds[1]);
	for (int i = 0; i < n; i++)
		assert_int_equal(dup2(high, FIRST + i), FIRST + i);
	own_close(high);
	(void)snprintf(text, sizeof(text), "%d", (int)to);
	assert_int_equal(setenv("LISTEN_PID", text, 1), 0);
	(void)snprintf(text, sizeof(text), "%d", n);
	assert_int_equal(setenv("LISTEN_FDS", text, 1), 0);
	assert_int_equal(setenv("LISTEN_FDNAMES", names, 1), 0);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void begin(struct boot *b)
{
	static struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	static const struct zone_start args = { .stdio = { -1, -1, -1 } };

	boot_init(b, &z, &args);
}

static void each_goes_to_its_place(void **st)
{
	struct zerr e = { 0 };
	struct boot b;

	(void)st;
	begin(&b);
	pass(7,
	     "zone-console.1:http:zone-pidfd.0:zone-console.0:zone-slave.15:zone-held.1:"
	     "zone-notify.0",
	     getpid());
	assert_int_equal(keep_take(&b, &e), 0);
	assert_int_equal(b.consoles[1], FIRST);
	assert_int_equal(b.listen_n, 1);
	assert_int_equal(b.listen[0], FIRST + 1);
	assert_string_equal(b.listen_names, "http");
	assert_int_equal(b.pidfd, FIRST + 2);
	assert_int_equal(b.consoles[0], FIRST + 3);
	assert_int_equal(b.consoles_n, 2);
	assert_int_equal(b.slaves[15], FIRST + 4);
	assert_int_equal(b.held[1], FIRST + 5);
	assert_int_equal(b.notify, FIRST + 6);
	for (int i = 0; i < 7; i++)
		assert_int_equal(fcntl(FIRST + i, F_GETFD), FD_CLOEXEC);
	/* of a run that has ended: all but init's socket go */
	keep_drop(&b);
	for (int i = 0; i < 7; i++)
		assert_int_equal(is_open(FIRST + i), i == 1);
	assert_int_equal(b.consoles_n, 0);
	boot_done(&b);
}

static void names_that_are_not_ours_are_sockets(void **st)
{
	struct zerr e = { 0 };
	struct boot b;

	(void)st;
	begin(&b);
	pass(5, "zone-console.16:zone-console:zone-pidfd.1:zone-consoles.0:zone-console.x",
	     getpid());
	assert_int_equal(keep_take(&b, &e), 0);
	assert_int_equal(b.consoles_n, 0);
	assert_int_equal(b.listen_n, 5);
	assert_string_equal(b.listen_names, "zone-console.16:zone-console:zone-pidfd.1:"
					    "zone-consoles.0:zone-console.x");
	boot_done(&b);
	/* without names they are called as sd_listen_fds_with_names(3) does */
	begin(&b);
	pass(2, "", getpid());
	assert_int_equal(unsetenv("LISTEN_FDNAMES"), 0);
	assert_int_equal(keep_take(&b, &e), 0);
	assert_string_equal(b.listen_names, "unknown:unknown");
	boot_done(&b);
}

static void what_is_for_another_process_is_left_alone(void **st)
{
	struct zerr e = { 0 };
	struct boot b;

	(void)st;
	begin(&b);
	pass(1, "zone-pidfd.0", getpid() + 1);
	assert_int_equal(keep_take(&b, &e), 0);
	assert_int_equal(b.listen_n, 0);
	assert_true(b.pidfd < 0);
	assert_true(is_open(FIRST));
	own_close(FIRST);
	assert_int_equal(unsetenv("LISTEN_FDS"), 0);
	assert_int_equal(keep_take(&b, &e), 0);
	boot_done(&b);
}

static void too_many_sockets_are_refused(void **st)
{
	struct zerr e = { 0 };
	struct boot b;

	(void)st;
	begin(&b);
	pass(ZONE_LISTEN_MAX + 1, "", getpid());
	assert_int_equal(keep_take(&b, &e), -E2BIG);
	assert_non_null(strstr(e.msg, "sockets for init"));
	own_close(FIRST + ZONE_LISTEN_MAX);
	boot_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_goes_to_its_place),
		cmocka_unit_test(names_that_are_not_ours_are_sockets),
		cmocka_unit_test(what_is_for_another_process_is_left_alone),
		cmocka_unit_test(too_many_sockets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
