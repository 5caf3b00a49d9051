/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line of the progress bar. */
#include "unit.h"

#include "cmd/progress.h"

static const uint64_t MIB = 1 << 20;

static const char *bar(struct buf *out, unsigned columns, uint64_t done, uint64_t total,
		       uint64_t rate)
{
	buf_done(out);
	progress_bar(out, columns, "rootfs", done, total, rate);
	assert_true(out->len < columns);
	return out->p;
}

static void share_sizes_rate_and_time_left(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_string_equal(
		bar(&b, 71, 25 * MIB, 100 * MIB, MIB),
		"rootfs [##.........]  25%  25.0 MiB of 100.0 MiB  1.0 MiB/s  1:15 left");
	assert_non_null(strstr(bar(&b, 120, MIB, 7201 * MIB, MIB), "  2:00:00 left"));
}

static void parts_go_when_there_is_no_room(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_string_equal(bar(&b, 40, 50 * MIB, 100 * MIB, 0),
			    "rootfs  50%  50.0 MiB of 100.0 MiB");
	assert_string_equal(bar(&b, 20, 50 * MIB, 100 * MIB, 0), "rootfs");
}

static void unknown_total(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_string_equal(bar(&b, 80, 3 * MIB, 0, MIB), "rootfs  3.0 MiB  1.0 MiB/s");
}

static void more_than_all_is_all(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_non_null(strstr(bar(&b, 80, 101 * MIB, 100 * MIB, MIB), " 100%  100.0 MiB of"));
	assert_non_null(strstr(b.p, "  0:00 left"));
}

static void it_never_wraps(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	for (unsigned columns = 8; columns < 140; columns++)
		(void)bar(&b, columns, 25 * MIB, 100 * MIB, MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_sizes_rate_and_time_left),
		cmocka_unit_test(parts_go_when_there_is_no_room),
		cmocka_unit_test(unknown_total),
		cmocka_unit_test(more_than_all_is_all),
		cmocka_unit_test(it_never_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
