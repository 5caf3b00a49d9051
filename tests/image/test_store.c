/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store without any server: making, finding, sweeping, locking, removing. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/internal.h"
#include "image/ref.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct store {
	char path[32];
	struct image_env env;
};

static const struct image_ref ref = { (char *)"testos", (char *)"1.0", (char *)"amd64",
				      (char *)"default" };
static const struct image_source source = { .server = "h.example" };

static int setup(void **state)
{
	struct store *s = calloc(1, sizeof(*s));
	struct zerr e = { 0 };

	assert_non_null(s);
	strcpy(s->path, "/var/tmp/zone-store.XXXXXX");
	assert_non_null(mkdtemp(s->path));
	s->env.zones = fs_open_dir(s->path, &e);
	s->env.config = "/nonexistent/image.conf";
	assert_true(s->env.zones >= 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct store *s = *state;
	struct zerr e = { 0 };

	assert_int_equal(fs_remove(s->env.zones, ".images", &e), 0);
	own_close(s->env.zones);
	assert_int_equal(rmdir(s->path), 0);
	free(s);
	return 0;
}

static void make(struct store *s, const char *fingerprint, const char *build, int64_t expiry)
{
	AUTO_BUILD struct image_build b = IMAGE_BUILD_NONE;
	AUTO_IMAGE struct image i = { .expiry = expiry };
	struct zerr e = { 0 };

	assert_int_equal(image_ref_copy(&i.ref, &ref), 0);
	assert_int_equal(str_set(&i.build, build), 0);
	assert_int_equal(str_set(&i.server, "https://h.example"), 0);
	assert_int_equal(str_set(&i.fingerprint, fingerprint), 0);
	assert_int_equal(str_set(&i.verified, "hash"), 0);
	assert_int_equal(strv_add(&i.templates, "/etc/hostname"), 0);
	assert_int_equal(strv_add(&i.oci, "env=A=b\nc"), 0);
	assert_int_equal(image_store_begin(&s->env, fingerprint, &b, &e), 0);
	assert_int_equal(fs_write(b.rootfs, "file", "x", 1, 0644, false, &e), 0);
	assert_int_equal(fs_write(b.dir, "scratch", "x", 1, 0644, false, &e), 0);
	assert_int_equal(image_store_commit(&s->env, &b, &i, &e), 0);
}

static size_t count(const struct store *s, const char *below)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr e = { 0 };
	AUTO_CLOSE int dir = fs_subdirs(s->env.zones, below, 0700, &e);

	assert_true(dir >= 0);
	assert_int_equal(fs_list(dir, &names), 0);
	return names.n;
}

static void makes_and_finds(void **state)
{
	struct store *s = *state;
	AUTO_IMAGE struct image i = { 0 };
	AUTO_STRV struct strv prints = { 0 };
	AUTO_CLOSE int root = -1;
	struct zerr e = { 0 };
	struct stat st;

	assert_int_equal(image_store_find(&s->env, &ref, NULL, &i, &e), -ENOENT);
	make(s, A64, "20260101_00:00", 0);
	assert_int_equal(image_store_find(&s->env, &ref, "h.example:443", &i, &e), 0);
	assert_string_equal(i.fingerprint, A64);
	assert_int_equal(i.entries, 2); /* the root and the file */
	assert_string_equal(i.templates.v[0], "/etc/hostname");
	assert_string_equal(i.oci.v[0], "env=A=b\nc");
	image_done(&i);
	assert_int_equal(image_store_find(&s->env, &ref, "other.example", &i, &e), -ENOENT);
	root = image_store_open(&s->env, A64, &e);
	assert_int_equal(fstat(root, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_true(fs_exists(root, "file"));
	assert_int_equal(image_store_open(&s->env, B64, &e), -ENOENT);
	assert_int_equal(e.status, ZERR_MISSING);
	assert_int_equal(count(s, ".images/.tmp"), 0);
	assert_int_equal(count(s, ".images/" A64), 3); /* image, lock, rootfs */
	make(s, B64, "20260201_00:00", 0);
	assert_int_equal(image_store_list(&s->env, &prints, &e), 0);
	assert_int_equal(prints.n, 2);
	assert_int_equal(image_store_find(&s->env, &ref, NULL, &i, &e), 0);
	assert_string_equal(i.build, "20260201_00:00");
}

static void knows_what_is_usable(void **state)
{
	struct store *s = *state;
	struct image_source src = source;
	AUTO_IMAGE struct image i = { 0 };
	struct zerr e = { 0 };

	make(s, A64, "20260101_00:00", 1000);
	assert_int_equal(image_store_usable(&s->env, &ref, &src, &i, &e), -ENOENT); /* expired */
	src.force_cache = true;
	assert_int_equal(image_store_usable(&s->env, &ref, &src, &i, &e), 0);
	image_done(&i);
	src.keyring = "/dev/null"; /* nothing that it vouched for */
	assert_int_equal(image_store_usable(&s->env, &ref, &src, &i, &e), -ENOENT);
	src.no_verify = true;
	assert_int_equal(image_store_usable(&s->env, &ref, &src, &i, &e), 0);
	image_done(&i);
	src.flush_cache = true;
	assert_int_equal(image_store_usable(&s->env, &ref, &src, &i, &e), -ENOENT);
}

static void sweeps_the_dead_only(void **state)
{
	struct store *s = *state;
	AUTO_BUILD struct image_build alive = IMAGE_BUILD_NONE, next = IMAGE_BUILD_NONE;
	struct zerr e = { 0 };
	AUTO_CLOSE int dead = fs_subdirs(s->env.zones, ".images/.tmp/dead/rootfs/x", 0700, &e);

	assert_true(dead >= 0);
	assert_int_equal(image_store_begin(&s->env, A64, &alive, &e), 0);
	assert_int_equal(count(s, ".images/.tmp"), 1);
	assert_int_equal(image_store_begin(&s->env, A64, &next, &e), 0);
	assert_int_equal(count(s, ".images/.tmp"), 2);
	image_store_abort(&next);
	assert_int_equal(count(s, ".images/.tmp"), 1);
	make(s, A64, "20260101_00:00", 0);
	assert_int_equal(image_store_begin(&s->env, A64, &next, &e), -EEXIST);
}

static int users(void *arg, const char *fingerprint, struct strv *ret, struct zerr *e)
{
	(void)e;
	return strcmp(fingerprint, arg) == 0 ? strv_add(ret, "web") : 0;
}

static void removes(void **state)
{
	struct store *s = *state;
	AUTO_IMAGE struct image i = { 0 };
	struct zerr e = { 0 };

	make(s, A64, "20260101_00:00", 0);
	s->env.users = users;
	s->env.users_arg = (void *)A64;
	assert_int_equal(image_store_remove(&s->env, A64, &e), -EBUSY);
	assert_int_equal(e.status, ZERR_STATE);
	assert_non_null(strstr(e.msg, "web"));
	s->env.users_arg = (void *)B64;
	assert_int_equal(image_store_remove(&s->env, A64, &e), 0);
	assert_int_equal(image_store_find(&s->env, &ref, NULL, &i, &e), -ENOENT);
	assert_int_equal(count(s, ".images/.index"), 0);
	assert_int_equal(count(s, ".images/.tmp"), 0);
	assert_int_equal(image_store_lock(&s->env, A64, &e), -ENOENT);
	assert_int_equal(image_store_remove(&s->env, "../../etc", &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makes_and_finds, setup, teardown),
		cmocka_unit_test_setup_teardown(knows_what_is_usable, setup, teardown),
		cmocka_unit_test_setup_teardown(sweeps_the_dead_only, setup, teardown),
		cmocka_unit_test_setup_teardown(removes, setup, teardown),
	};

	if (geteuid() != 0) {
		(void)fprintf(stderr, "SKIP: needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
