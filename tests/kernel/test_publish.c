/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishing into a static tree, and reading back what was published. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "help.h"
#include "image/internal.h"
#include "image/json_read.h"
#include "image/remote.h"
#include "tarmake.h"

#define PRODUCT	 "images/testos/one/amd64/default"
#define JSON_MAX (1 << 20)

struct place {
	int top, source, tree, zones;
	char *path; /* of top */
	struct image_env env;
};

static void place_make(struct place *p)
{
	struct zerr e = { 0 };
	char link[32];
	AUTO_CLOSE int etc = -1;

	memset(p, 0, sizeof(*p));
	p->top = test_dir_make();
	p->path = realpath(fs_fd_path(p->top, link), NULL);
	p->source = fs_subdir(p->top, "source", 0755, &e);
	p->tree = fs_subdir(p->top, "tree", 0755, &e);
	p->zones = fs_subdir(p->top, "zones", 0755, &e);
	p->env.zones = p->zones;
	etc = fs_subdir(p->source, "etc", 0755, &e);
	assert_true(p->path && etc >= 0 && p->zones >= 0);
	assert_int_equal(test_put(etc, "os-release",
				  "ID=testos\nVERSION_CODENAME=one\nVERSION_ID=\"1.0\"\nPRETTY_"
				  "NAME='Test \"OS\"'\n",
				  0644),
			 0);
	assert_int_equal(test_put(etc, "hostname", "LXC_NAME\n", 0644), 0);
	assert_int_equal(symlinkat("/etc/passwd", etc, "hosts"), 0);
}

static void place_done(struct place *p)
{
	own_close(p->source);
	own_close(p->tree);
	own_close(p->zones);
	free(p->path);
	test_dir_remove(p->top);
}

static int publish(const struct place *p, const char *build, unsigned keep, const char *sign,
		   struct zerr *e)
{
	AUTO_FREE char *source = str_fmt("%s/source", p->path);
	AUTO_FREE char *tree = str_fmt("%s/tree", p->path);
	AUTO_FREE char *gnupg = str_fmt("%s/gnupg", p->path);
	AUTO_IMAGE struct image i = { 0 };
	const struct image_publish a = {
		.source = source,
		.source_fd = -1,
		.tree = tree,
		.arch = "amd64",
		.build = build,
		.keep = keep,
		.sign = sign,
		.gnupghome = gnupg,
	};

	memset(e, 0, sizeof(*e));
	return image_publish(&a, NULL, NULL, &i, e);
}

static void publish_ok(const struct place *p, const char *build, unsigned keep, const char *sign)
{
	struct zerr e;

	if (publish(p, build, keep, sign, &e) < 0)
		fail_msg("%s", e.msg);
	assert_false(fs_exists(p->tree, ".tmp"));
}

static struct jdoc *load(const struct place *p, const char *name)
{
	AUTO_BUF struct buf text = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(fs_read(p->tree, name, JSON_MAX, &text), 0);
	return jdoc_parse(text.p, text.len, name, &e);
}

static const struct jval *product(const struct jdoc *d, const char *key)
{
	return jval_get(jval_get(jdoc_root(d), "products"), key);
}

/* Every item of a build: there, of that size, with that hash. */
static void check_items(const struct place *p, const struct jval *build)
{
	const struct jval *items = jval_get(build, "items"), *item;
	const char *name;
	void *pos = NULL;

	assert_int_equal(jval_len(items), 3);
	while (jval_next(items, &pos, &name, &item)) {
		const char *path = jval_get_str(item, "path");
		AUTO_CLOSE int fd = fs_open_below(p->tree, path, O_RDONLY, 0);
		char hex[HASH_HEX];
		struct zerr e = { 0 };
		struct stat st;
		uint64_t size = 0;

		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
		assert_int_equal(jval_u64(jval_get(item, "size"), &size), 0);
		assert_int_equal(size, st.st_size);
		assert_int_equal(hash_fd(fd, hex, &e), 0);
		assert_string_equal(hex, jval_get_str(item, "sha256"));
	}
}

static void has_lines(const struct place *p, const char *name, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	assert_int_equal(fs_read(p->tree, name, JSON_MAX, &text), 0);
	assert_string_equal(text.p, expected);
}

static void writes_both_indices(void **state)
{
	AUTO_JDOC struct jdoc *images = NULL, *index = NULL;
	const struct jval *v;
	struct place p;

	(void)state;
	place_make(&p);
	publish_ok(&p, "20260101_00:00", 0, NULL);
	images = load(&p, "streams/v1/images.json");
	index = load(&p, "streams/v1/index.json");
	v = product(images, "testos:one:amd64:default");
	assert_string_equal(jval_get_str(v, "aliases"),
			    "testos/one/default,testos/one,testos/1.0/default,testos/1.0");
	assert_string_equal(jval_get_str(v, "os"), "Testos");
	check_items(&p, jval_get(jval_get(v, "versions"), "20260101_00:00"));
	v = jval_get(jval_get(jdoc_root(index), "index"), "images");
	assert_string_equal(jval_get_str(v, "path"), "streams/v1/images.json");
	assert_string_equal(jval_str(jval_at(jval_get(v, "products"), 0)),
			    "testos:one:amd64:default");
	has_lines(&p, "meta/1.0/index-system",
		  "testos;one;amd64;default;20260101_00:00;/" PRODUCT "/20260101_00:00/\n");
	has_lines(&p, "meta/1.0/index-user",
		  "testos;one;amd64;default;20260101_00:00;/" PRODUCT "/20260101_00:00/\n");
	place_done(&p);
}

static void put_foreign(const struct place *p)
{
	static const char text[] = "{\"products\":{\"other:1:arm64:default\":{\"arch\":\"arm64\","
				   "\"extra\":{\"x\":[1,2]},\"versions\":{"
				   "\"20250101\":{\"items\":{\"root.tar.xz\":{\"path\":\"images/o/"
				   "rootfs.tar.xz\"}}}}}}}";
	struct zerr e = { 0 };
	AUTO_CLOSE int streams = fs_subdirs(p->tree, "streams/v1", 0755, &e);

	assert_int_equal(fs_write(streams, "images.json", text, strlen(text), 0644, false, &e), 0);
}

static void keeps_others_and_prunes_own(void **state)
{
	AUTO_JDOC struct jdoc *images = NULL;
	const struct jval *v;
	struct place p;
	struct zerr e;

	(void)state;
	place_make(&p);
	put_foreign(&p);
	publish_ok(&p, "20260101_00:00", 0, NULL);
	publish_ok(&p, "20260102_00:00", 0, NULL);
	assert_true(publish(&p, "20260102_00:00", 0, NULL, &e) < 0);
	assert_int_equal(e.status, ZERR_STATE);
	publish_ok(&p, "20260103_00:00", 2, NULL);
	assert_false(test_exists(p.tree, PRODUCT "/20260101_00:00"));
	assert_true(test_exists(p.tree, PRODUCT "/20260102_00:00/rootfs.tar.xz"));
	images = load(&p, "streams/v1/images.json");
	v = jval_get(product(images, "testos:one:amd64:default"), "versions");
	assert_int_equal(jval_len(v), 2);
	check_items(&p, jval_get(v, "20260102_00:00"));
	check_items(&p, jval_get(v, "20260103_00:00"));
	v = product(images, "other:1:arm64:default");
	assert_int_equal(jval_len(jval_get(jval_get(v, "extra"), "x")), 2);
	has_lines(&p, "meta/1.0/index-user",
		  "other;1;arm64;default;20250101;/images/o/\n"
		  "testos;one;amd64;default;20260103_00:00;/" PRODUCT "/20260103_00:00/\n");
	place_done(&p);
}

static int run(const struct place *p, const char *const *argv)
{
	const struct run_args a = { .argv = argv, .cwd_fd = p->tree, .timeout_ms = 60000 };
	struct zerr e = { 0 };
	const int r = run_program(&a, NULL, &e);

	if (r < 0)
		(void)fprintf(stderr, "%s\n", e.msg);
	return r;
}

static void make_key(const struct place *p, char **home, char **ring)
{
	struct zerr e = { 0 };

	own_close(fs_subdir(p->top, "gnupg", 0700, &e));
	*home = str_fmt("%s/gnupg", p->path);
	*ring = str_fmt("%s/ring.gpg", p->path);
	assert_int_equal(
		run(p, (const char *const[]){ "gpg", "--batch", "--homedir", *home, "--passphrase",
					      "", "--quick-gen-key", "test@example", "ed25519",
					      "sign", "never", NULL }),
		0);
	assert_int_equal(
		run(p, (const char *const[]){ "gpg", "--batch", "--homedir", *home, "--output",
					      *ring, "--export", "test@example", NULL }),
		0);
}

static int verify(const struct place *p, const char *ring, const char *sig, const char *file)
{
	return run(p, (const char *const[]){ "gpgv", "--keyring", ring, sig, file, NULL });
}

static void signs(void **state)
{
	AUTO_FREE char *home = NULL;
	AUTO_FREE char *ring = NULL;
	struct place p;
	struct zerr e;
	int r;

	(void)state;
	place_make(&p);
	make_key(&p, &home, &ring);
	publish_ok(&p, "20260101_00:00", 0, "test@example");
	publish_ok(&p, "20260102_00:00", 0, "test@example");
	r = verify(&p, ring, "streams/v1/images.json.gpg", "streams/v1/images.json") |
	    verify(&p, ring, "streams/v1/index.json.gpg", "streams/v1/index.json") |
	    verify(&p, ring, "meta/1.0/index-system.asc", "meta/1.0/index-system") |
	    verify(&p, ring, "meta/1.0/index-user.asc", "meta/1.0/index-user") |
	    verify(&p, ring, PRODUCT "/20260102_00:00/SHA256SUMS.asc",
		   PRODUCT "/20260102_00:00/SHA256SUMS");
	assert_int_equal(r, 0);
	/* a signed tree does not become an unsigned one, and an unknown key changes nothing */
	assert_true(publish(&p, "20260103_00:00", 0, NULL, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_true(publish(&p, "20260103_00:00", 0, "nobody@example", &e) < 0);
	assert_non_null(strstr(e.msg, "nobody@example"));
	assert_false(test_exists(p.tree, PRODUCT "/20260103_00:00"));
	assert_false(fs_exists(p.tree, ".tmp"));
	(void)run(&p, (const char *const[]){ "gpgconf", "--homedir", home, "--kill", "all", NULL });
	place_done(&p);
}

/* Hash by SHA256SUMS, unpack with the metadata: the tree that went in. */
static void reads_back(void **state)
{
	AUTO_FREE char *root_path = NULL;
	AUTO_FREE char *meta_path = NULL;
	AUTO_FREE char *incus_path = NULL;
	AUTO_BUF struct buf sums = { 0 };
	AUTO_IMAGE struct image i = { 0 };
	AUTO_CLOSE int root = -1, copy = -1, etc = -1;
	char hex[65];
	struct place p;
	struct zerr e = { 0 };

	(void)state;
	place_make(&p);
	publish_ok(&p, "20260101_00:00", 0, NULL);
	assert_int_equal(fs_read(p.tree, PRODUCT "/20260101_00:00/SHA256SUMS", JSON_MAX, &sums), 0);
	assert_true(sums_find(sums.p, "rootfs.tar.xz", hex));
	assert_true(strstr(sums.p, "  meta.tar.xz\n") && strstr(sums.p, "  incus.tar.xz\n"));
	root_path = str_fmt("%s/tree/" PRODUCT "/20260101_00:00/rootfs.tar.xz", p.path);
	meta_path = str_fmt("%s/tree/" PRODUCT "/20260101_00:00/meta.tar.xz", p.path);
	incus_path = str_fmt("%s/tree/" PRODUCT "/20260101_00:00/incus.tar.xz", p.path);
	if (image_local(&p.env, root_path, incus_path, NULL, NULL, &i, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(i.ref.arch, "amd64");
	assert_int_equal(image_store_remove(&p.env, i.fingerprint, &e), 0);
	image_done(&i);
	if (image_local(&p.env, root_path, meta_path, NULL, NULL, &i, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(i.fingerprint, hex);
	assert_string_equal(i.ref.arch, "amd64");
	assert_string_equal(i.ref.release, "one");
	assert_true(i.expiry > now_seconds() + 29 * 86400);
	assert_int_equal(i.templates.n, 1); /* /etc/hosts leads out of the root: not looked at */
	assert_string_equal(i.templates.v[0], "/etc/hostname");
	root = image_store_open(&p.env, i.fingerprint, &e);
	assert_true(test_is(root, "etc/hostname", "LXC_NAME\n"));

	/* the name goes into a copy; the claims of an image lead nowhere else */
	copy = fs_subdirs(p.top, "copy", 0755, &e);
	etc = fs_subdirs(p.top, "copy/etc", 0755, &e);
	assert_int_equal(test_put(etc, "hostname", "a LXC_NAME b\nLXC_NAME", 0640), 0);
	assert_int_equal(test_put(p.top, "outside", "LXC_NAME", 0644), 0);
	assert_int_equal(symlinkat("../../outside", etc, "link"), 0);
	assert_int_equal(mkfifoat(etc, "fifo", 0600), 0);
	assert_int_equal(strv_add(&i.templates, "/etc/link") | strv_add(&i.templates, "/etc/fifo") |
				 strv_add(&i.templates, "/../outside") |
				 strv_add(&i.templates, "/etc/none"),
			 0);
	assert_int_equal(image_expand_templates(copy, &i, "web-1", &e), 0);
	assert_true(test_is(etc, "hostname", "a web-1 b\nweb-1"));
	assert_true(test_is(p.top, "outside", "LXC_NAME"));
	assert_true(test_is(root, "etc/hostname", "LXC_NAME\n"));
	place_done(&p);
}

static void publishes_a_tarball(void **state)
{
	AUTO_BUF struct buf tar = { 0 };
	AUTO_FREE char *tree = NULL;
	AUTO_IMAGE struct image i = { 0 };
	struct image_publish a = { .source_fd = -1, .variant = "tiny" };
	AUTO_FREE char *file = NULL;
	struct place p;
	struct zerr e = { 0 };

	(void)state;
	place_make(&p);
	tree = str_fmt("%s/tree", p.path);
	file = str_fmt("%s/root.tar", p.path);
	a.tree = tree;
	a.source = file;
	tar_add(&tar, NULL, &(struct member){ .name = "file", .type = '0', .data = "x" });
	tar_end(&tar);
	assert_int_equal(fs_write(p.top, "root.tar", tar.p, tar.len, 0644, false, &e), 0);
	assert_true(image_publish(&a, NULL, NULL, &i, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE); /* nothing says what it is */
	a.dist = "dist";
	a.release = "a:b";
	assert_true(image_publish(&a, NULL, NULL, &i, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	a.release = "9";
	if (image_publish(&a, NULL, NULL, &i, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(i.ref.dist, "dist");
	assert_string_equal(i.ref.variant, "tiny");
	assert_int_equal(strlen(i.build), 14);
	/* a hostile one leaves nothing behind */
	buf_done(&tar);
	tar_add(&tar, NULL, &(struct member){ .name = "../x", .type = '0', .data = "x" });
	tar_end(&tar);
	assert_int_equal(fs_write(p.top, "root.tar", tar.p, tar.len, 0644, false, &e), 0);
	image_done(&i);
	assert_true(image_publish(&a, NULL, NULL, &i, &e) < 0);
	assert_non_null(strstr(e.msg, "leads out"));
	assert_false(fs_exists(p.tree, ".tmp"));
	place_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_both_indices),
		cmocka_unit_test(keeps_others_and_prunes_own),
		cmocka_unit_test(signs),
		cmocka_unit_test(reads_back),
		cmocka_unit_test(publishes_a_tarball),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
