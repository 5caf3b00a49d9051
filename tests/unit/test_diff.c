/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/diff.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/str.h"

struct trees {
	int old, new;
};

static void put(int dir, const char *name, const char *text)
{
	AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(futimens(fd, times), 0);
}

static void settle(int dir, const char *name)
{
	const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* The same in both. */
static void fill(int dir)
{
	assert_int_equal(mkdirat(dir, "d", 0755), 0);
	assert_int_equal(mkdirat(dir, "d/e", 0755), 0);
	assert_int_equal(mkdirat(dir, "gone", 0755), 0);
	put(dir, "gone/x", "x");
	put(dir, "d/e/deep", "deep");
	put(dir, "same", "same");
	put(dir, ".hidden", "hidden");
	put(dir, "touched", "one");
	put(dir, "longer", "one");
	put(dir, "mode", "one");
	put(dir, "kind", "one");
	put(dir, "linked", "one");
	assert_int_equal(symlinkat("one", dir, "link"), 0);
	settle(dir, "link");
}

static struct trees make(void **state)
{
	const int top = tmpdir_fd(state);
	struct zerr e = { 0 };
	struct trees t = { fs_subdir(top, "old", 0755, &e), fs_subdir(top, "new", 0755, &e) };

	assert_true(t.old >= 0 && t.new >= 0);
	fill(t.old);
	fill(t.new);
	return t;
}

static void settle_all(const struct trees *t)
{
	static const char *const dirs[] = { "d/e", "d", "." };

	for (size_t i = 0; i < 3; i++) {
		settle(t->old, dirs[i]);
		settle(t->new, dirs[i]);
	}
}

static int take(void *ctx, enum diff_kind kind, const char *path, bool directory)
{
	return strv_addf(ctx, "%c %s%s", "AMD"[kind], path, directory ? "/" : "");
}

static void expect(const struct trees *t, const char *want)
{
	AUTO_STRV struct strv got = { 0 };
	AUTO_BUF struct buf text = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(diff_trees(t->old, t->new, NULL, take, &got, &e), 0);
	assert_string_equal(e.msg, "");
	strv_sort(&got);
	for (size_t i = 0; i < got.n; i++)
		buf_fmt(&text, "%s%s", i ? ", " : "", got.v[i]);
	assert_string_equal(text.p ? text.p : "", want);
	own_close(t->old);
	own_close(t->new);
}

static void nothing(void **state)
{
	const struct trees t = make(state);

	settle(t.old, "gone");
	settle(t.new, "gone");
	settle_all(&t);
	expect(&t, "");
}

static void every_kind(void **state)
{
	const struct trees t = make(state);

	settle(t.old, "gone");
	assert_int_equal(unlinkat(t.new, "gone/x", 0), 0);
	assert_int_equal(unlinkat(t.new, "gone", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(t.new, ".hidden", 0), 0);
	put(t.new, "touched", "two"); /* same size and time */
	put(t.new, "longer", "three");
	assert_int_equal(fchmodat(t.new, "mode", 0600, 0), 0);
	assert_int_equal(unlinkat(t.new, "kind", 0), 0);
	assert_int_equal(mkdirat(t.new, "kind", 0755), 0);
	put(t.new, "kind/in", "in");
	assert_int_equal(linkat(t.new, "linked", t.new, "again", 0), 0);
	assert_int_equal(unlinkat(t.new, "link", 0), 0);
	assert_int_equal(symlinkat("two", t.new, "link"), 0);
	settle(t.new, "link");
	put(t.new, "d/e/new", "new");
	settle_all(&t);
	expect(&t, "A again, A d/e/new, A kind/, A kind/in, D .hidden, D gone/, D kind, M link, "
		   "M linked, M longer, M mode, M touched");
}

static void the_root_itself(void **state)
{
	const struct trees t = make(state);

	settle(t.old, "gone");
	settle(t.new, "gone");
	settle_all(&t);
	assert_int_equal(fchmod(t.new, 0700), 0);
	expect(&t, "M ./");
}

/* Holes are passed over, whatever their size; data behind them is not. */
static void sparse(void **state)
{
	const struct trees t = make(state);

	for (int i = 0; i < 2; i++) {
		AUTO_CLOSE int fd = openat(i ? t.new : t.old, "sparse", O_WRONLY | O_CREAT, 0644);

		assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
		assert_int_equal(pwrite(fd, i ? "b" : "a", 1, INT64_C(1) << 39), 1);
	}
	settle(t.old, "sparse");
	settle(t.new, "sparse");
	settle(t.old, "gone");
	settle(t.new, "gone");
	settle_all(&t);
	expect(&t, "M sparse");
}

static void deep(void **state)
{
	const struct trees t = make(state);
	int fd = dup(t.new);
	AUTO_STRV struct strv got = { 0 };
	struct zerr e = { 0 };

	for (int i = 0; i < 2000; i++) {
		assert_int_equal(mkdirat(fd, "a-name-of-some-length-to-be-beyond-every-path", 0755),
				 0);
		const int sub = openat(fd, "a-name-of-some-length-to-be-beyond-every-path",
				       O_RDONLY | O_DIRECTORY);
		own_close(fd);
		fd = sub;
	}
	own_close(fd);
	assert_int_equal(diff_trees(t.old, t.new, NULL, take, &got, &e), -ENAMETOOLONG);
	own_close(t.old);
	own_close(t.new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(nothing), with_tmpdir(every_kind), with_tmpdir(the_root_itself),
		with_tmpdir(sparse),  with_tmpdir(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
