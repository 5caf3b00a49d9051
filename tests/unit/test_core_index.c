/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host-wide index: what was put is found, the last line of a name wins, a torn line harms
 * nobody. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/index.h"

static char dir_path[] = "/tmp/zone-index-XXXXXX";
static int dir = -1;

static int setup(void **st)
{
	struct zerr e = { 0 };

	(void)st;
	(void)strcpy(dir_path + strlen(dir_path) - 6, "XXXXXX");
	if (!mkdtemp(dir_path))
		return -1;
	dir = fs_open_dir(dir_path, &e);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **st)
{
	AUTO_CLOSE int tmp = -1;
	struct zerr e = { 0 };

	(void)st;
	dir = own_close(dir);
	tmp = fs_open_dir("/tmp", &e);
	return fs_remove(tmp, dir_path + strlen("/tmp/"), &e);
}

static void put(const char *name, unsigned slot, const char *path, const char *lease)
{
	struct index_entry x = { .name = (char *)name, .slot = slot, .dir = (char *)path };
	struct zerr e = { 0 };

	if (lease)
		assert_int_equal(strv_add(&x.leases, lease), 0);
	assert_int_equal(index_put(dir, &x, &e), 0);
	strv_done(&x.leases);
}

static void what_was_put_is_found(void **st)
{
	struct index_entry x = { 0 };
	struct zerr e = { 0 };

	(void)st;
	put("web", 3, "/var/lib/zone/web", "eth0 zonebr0 10.77.0.5/16");
	put("web-2", 4, "/mnt/zones with space/web-2", NULL);
	assert_int_equal(index_find_one(dir, "web", &x, &e), 0);
	assert_int_equal(x.slot, 3);
	assert_string_equal(x.dir, "/var/lib/zone/web");
	assert_int_equal(x.leases.n, 1);
	assert_string_equal(x.leases.v[0], "eth0 zonebr0 10.77.0.5/16");
	index_entry_done(&x);
	assert_int_equal(index_find_one(dir, "web-2", &x, &e), 0);
	assert_string_equal(x.dir, "/mnt/zones with space/web-2");
	index_entry_done(&x);
	/* a name that is the beginning of another is not it */
	assert_int_equal(index_find_one(dir, "we", &x, &e), -ENOENT);
}

static void the_last_line_wins(void **st)
{
	struct index_entry x = { 0 };
	struct index all = { 0 };
	struct zerr e = { 0 };

	(void)st;
	put("a", 1, "/z/a", NULL);
	put("b", 2, "/z/b", NULL);
	put("a", 1, "/z/a", "eth0 zonebr0 10.77.0.9/16");
	assert_int_equal(index_remove(dir, "b", &e), 0);
	assert_int_equal(index_find_one(dir, "b", &x, &e), -ENOENT);
	assert_int_equal(index_load(dir, &all, &e), 0);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.v[0].leases.n, 1);
	index_done(&all);
}

static void the_cache_sees_every_change(void **st)
{
	struct index_cache c = { 0 };
	struct index_entry x = { 0 };
	struct zerr e = { 0 };
	const struct index *all;

	(void)st;
	assert_int_equal(index_find(dir, &c, "a", &x, &e), -ENOENT); /* no file yet */
	put("b", 2, "/z/b", "eth0 zonebr0 10.77.0.9/16");
	put("a", 1, "/z/a", NULL);
	assert_int_equal(index_find(dir, &c, "b", &x, &e), 0);
	assert_string_equal(x.leases.v[0], "eth0 zonebr0 10.77.0.9/16");
	index_entry_done(&x);
	const struct index_entry *kept = c.all.v;
	assert_int_equal(index_cached(dir, &c, &all, &e), 0);
	assert_ptr_equal(all->v, kept); /* not read again */
	assert_int_equal(all->n, 2);
	put("c", 3, "/z/c", NULL);
	assert_int_equal(index_find(dir, &c, "c", &x, &e), 0);
	index_entry_done(&x);
	assert_int_equal(index_remove(dir, "a", &e), 0);
	assert_int_equal(index_find(dir, &c, "a", &x, &e), -ENOENT);
	index_done(&c.all);
}

static void a_torn_line_is_passed_over(void **st)
{
	AUTO_CLOSE int fd = -1;
	struct index all = { 0 };
	struct zerr e = { 0 };

	(void)st;
	put("a", 1, "/z/a", NULL);
	fd = fs_open_below(dir, "index", O_WRONLY | O_APPEND, 0);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, "+\thalf\t7\t/z", 11), 0);
	assert_int_equal(index_load(dir, &all, &e), 0);
	assert_int_equal(all.n, 1);
	index_done(&all);
	/* and what is written after it is whole */
	put("c", 3, "/z/c", NULL);
	assert_int_equal(index_load(dir, &all, &e), 0);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[1].name, "c");
	index_done(&all);
}

static void dead_lines_go(void **st)
{
	struct index_entry x = { 0 };
	struct zerr e = { 0 };
	AUTO_BUF struct buf text = { 0 };

	(void)st;
	put("keep", 0, "/z/keep", NULL);
	for (int i = 0; i < 200; i++) {
		put("come-and-go", 1, "/z/come-and-go", NULL);
		assert_int_equal(index_remove(dir, "come-and-go", &e), 0);
	}
	assert_int_equal(fs_read(dir, "index", 1 << 20, &text), 0);
	assert_true(text.len < 10000); /* 400 lines would be far more */
	assert_int_equal(index_find_one(dir, "keep", &x, &e), 0);
	index_entry_done(&x);
}

static void another_format_is_refused(void **st)
{
	struct index all = { 0 };
	struct zerr e = { 0 };

	(void)st;
	assert_int_equal(fs_write(dir, "index", "format=9\n", 9, 0600, false, &e), 0);
	assert_true(index_load(dir, &all, &e) < 0);
	assert_non_null(strstr(e.msg, "another version"));
}

static void slots_are_had_once(void **st)
{
	struct index all = { 0 };
	struct zerr e = { 0 };
	unsigned first, next;

	(void)st;
	assert_int_equal(index_free_slot(&all, &first, &e), 0);
	put("a", first, "/z/a", NULL);
	assert_int_equal(index_load(dir, &all, &e), 0);
	assert_int_equal(index_free_slot(&all, &next, &e), 0);
	assert_int_not_equal(first, next);
	index_done(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_put_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_line_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(the_cache_sees_every_change, setup, teardown),
		cmocka_unit_test_setup_teardown(a_torn_line_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(dead_lines_go, setup, teardown),
		cmocka_unit_test_setup_teardown(another_format_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_are_had_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
