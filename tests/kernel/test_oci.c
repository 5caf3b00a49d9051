/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OCI layouts: layers in order, whiteouts, tags, platforms, and everything that may be wrong. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "help.h"
#include "image/internal.h"
#include "tarmake.h"

#define KIND	 "application/vnd.oci.image."
#define LAYERS	 8
#define TEXT_MAX 4096

struct layout {
	int top, dir, blobs, zones;
	char *path;
	struct image_env env;
	char layers[LAYERS][160]; /* descriptors */
	unsigned n;
};

static void layout_make(struct layout *l)
{
	struct zerr e = { 0 };
	char link[32];

	memset(l, 0, sizeof(*l));
	l->top = test_dir_make();
	l->dir = fs_subdir(l->top, "oci", 0755, &e);
	l->blobs = fs_subdirs(l->dir, "blobs/sha256", 0755, &e);
	l->zones = fs_subdir(l->top, "zones", 0755, &e);
	l->path = realpath(fs_fd_path(l->dir, link), NULL);
	assert_non_null(l->path);
	l->env.zones = l->zones;
	assert_int_equal(test_put(l->dir, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 0644),
			 0);
}

static void layout_done(struct layout *l)
{
	AUTO_STRV struct strv left = { 0 };
	AUTO_CLOSE int tmp = fs_open_below(l->zones, ".images/.tmp", O_RDONLY | O_DIRECTORY, 0);

	if (tmp >= 0) /* nothing half-made stays */
		assert_int_equal(fs_list(tmp, &left) == 0 ? left.n : 1, 0);
	own_close(l->dir);
	own_close(l->blobs);
	own_close(l->zones);
	free(l->path);
	test_dir_remove(l->top);
}

/* Store a blob; @ret gets its descriptor without the braces. */
static void blob(const struct layout *l, const void *data, size_t len, char ret[static 160])
{
	char hex[HASH_HEX];
	struct zerr e = { 0 };

	assert_int_equal(hash_bytes(data, len, hex, &e), 0);
	assert_int_equal(fs_write(l->blobs, hex, data, len, 0644, false, &e), 0);
	(void)snprintf(ret, 160, "\"digest\":\"sha256:%s\",\"size\":%zu", hex, len);
}

static void layer(struct layout *l, const struct member *m, size_t n, const char *program)
{
	AUTO_BUF struct buf tar = { 0 }, packed = { 0 };
	AUTO_CLOSE int fd = -1;
	char block[4096];
	ssize_t got;

	for (size_t i = 0; i < n; i++)
		tar_add(&tar, NULL, &m[i]);
	tar_end(&tar);
	fd = program ? tar_compressed(&tar, program) : tar_fd(&tar);
	while ((got = read(fd, block, sizeof(block))) > 0)
		buf_add(&packed, block, (size_t)got);
	assert_true(packed.len > 0);
	blob(l, packed.p, packed.len, l->layers[l->n++]);
}

/* Configuration and manifest of the layers so far; @ret gets the manifest's descriptor. */
static void manifest(struct layout *l, const char *arch, char ret[static 160])
{
	AUTO_BUF struct buf config = { 0 }, text = { 0 };
	char d[160];

	buf_fmt(&config,
		"{\"architecture\":\"%s\",\"os\":\"linux\",\"created\":\"2026-01-31T12:34:56Z\","
		"\"config\":{"
		"\"Env\":[\"A=b c\",\"PATH=/bin\"],\"Entrypoint\":[\"/bin/app\"],\"Cmd\":[\"-x\"],"
		"\"WorkingDir\":\"/srv\",\"User\":\"1000:1000\",\"StopSignal\":\"SIGINT\"},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
		arch);
	blob(l, config.p, config.len, d);
	buf_fmt(&text, "{\"schemaVersion\":2,\"config\":{%s},\"layers\":[", d);
	for (unsigned i = 0; i < l->n; i++)
		buf_fmt(&text, "%s{%s}", i ? "," : "", l->layers[i]);
	buf_str(&text, "]}");
	blob(l, text.p, text.len, ret);
}

__attribute__((format(printf, 2, 3))) static void put_index(const struct layout *l, const char *fmt,
							    ...)
{
	char text[TEXT_MAX];
	struct zerr e = { 0 };
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && n < TEXT_MAX);
	assert_int_equal(fs_write(l->dir, "index.json", text, (size_t)n, 0644, false, &e), 0);
}

static void one_image(struct layout *l, const char *arch)
{
	char d[160];

	manifest(l, arch, d);
	put_index(l, "{\"schemaVersion\":2,\"manifests\":[{%s}]}", d);
}

static int pull(const struct layout *l, const char *tag, struct image *i, struct zerr *e)
{
	AUTO_FREE char *name = str_fmt("%s%s", l->path, tag);

	memset(e, 0, sizeof(*e));
	return image_oci(&l->env, name, NULL, NULL, i, e);
}

static void refused(const struct layout *l, const char *tag, enum zerr_status status,
		    const char *says)
{
	AUTO_IMAGE struct image i = { 0 };
	struct zerr e;

	if (pull(l, tag, &i, &e) >= 0 || !strstr(e.msg, says) ||
	    (status && e.status != (int)status))
		fail_msg("wanted %s (%d), got %s (%d)", says, (int)status, e.msg, e.status);
}

#define F(n, d)                                   \
	{                                         \
		.name = n, .type = '0', .data = d \
	}
#define D(n)                           \
	{                              \
		.name = n, .type = '5' \
	}
#define L(n, t)                                   \
	{                                         \
		.name = n, .type = '2', .link = t \
	}
#define ADD(l, program, ...)                             \
	layer(l, (const struct member[]){ __VA_ARGS__ }, \
	      sizeof((const struct member[]){ __VA_ARGS__ }) / sizeof(struct member), program)

static void two_layers(struct layout *l)
{
	ADD(l, NULL, D("a/"), F("a/keep", "1"), F("a/gone", "1"), D("b/"), F("b/x", "1"),
	    F("b/.hidden", "1"), D("b/deep/"), F("b/deep/y", "1"), D("todir"), L("link", "a"),
	    F("tofile", "1"), D("full/"), F("full/x", "1"), L("linkdir", "/a"), F("chosen", "old"),
	    F("etc/os-release", "ID=testos\nVERSION_ID='1.0'\n"));
	ADD(l, "gzip", F("b/new", "2"), F("b/.wh..wh..opq", ""), F("a/.wh.gone", ""),
	    F("a/.wh.never-there", ""), F("chosen", "new"), F(".wh.chosen", ""), F("full", "2"),
	    D("tofile/"), F("tofile/y", "2"), D("linkdir/"), F("linkdir/z", "2"),
	    F("link/through", "2"), F(".wh..wh.plnk", ""));
}

static void applies_layers(void **state)
{
	AUTO_IMAGE struct image i = { 0 }, again = { 0 };
	AUTO_CLOSE int root = -1;
	struct layout l;
	struct zerr e;

	(void)state;
	layout_make(&l);
	two_layers(&l);
	one_image(&l, image_host_arch());
	if (pull(&l, "", &i, &e) < 0)
		fail_msg("%s", e.msg);
	root = image_store_open(&l.env, i.fingerprint, &e);
	assert_true(test_is(root, "a/keep", "1"));
	assert_false(test_exists(root, "a/gone"));
	assert_true(test_is(root, "b/new",
			    "2")); /* its own layer's, though it came before the marker */
	assert_false(test_exists(root, "b/x") || test_exists(root, "b/.hidden") ||
		     test_exists(root, "b/deep"));
	assert_true(test_is(root, "chosen", "new")); /* a whiteout concerns lower layers only */
	assert_true(test_is(root, "full", "2"));
	assert_true(test_is(root, "tofile/y", "2"));
	assert_true(test_is(root, "linkdir/z", "2"));
	assert_false(test_exists(root, "a/z")); /* a directory replaces a link, as in an overlay */
	assert_true(test_is(root, "a/through", "2"));
	assert_false(test_exists(root, "b/.wh..wh..opq") || test_exists(root, ".wh..wh.plnk"));
	assert_string_equal(i.ref.dist, "testos");
	assert_string_equal(i.ref.release, "1.0");
	assert_string_equal(i.ref.variant, "oci");
	assert_string_equal(i.build, "20260131_12:34");
	assert_string_equal(i.verified, "hash");
	assert_int_equal(pull(&l, "", &again, &e), 0); /* from the store this time */
	assert_string_equal(again.fingerprint, i.fingerprint);
	assert_int_equal(again.oci.n, 7);
	assert_string_equal(again.oci.v[0], "argv=/bin/app");
	assert_string_equal(again.oci.v[1], "argv=-x");
	assert_string_equal(again.oci.v[2], "env=A=b c");
	assert_string_equal(again.oci.v[4], "workdir=/srv");
	assert_string_equal(again.oci.v[6], "stop=SIGINT");
	ADD(&l, NULL, F("x", "x")); /* stored or not, a layout must be whole */
	(void)strcpy(strstr(l.layers[0], "\"size\":"), "\"size\":1");
	one_image(&l, image_host_arch());
	refused(&l, "", ZERR_FAILED, "layer 1 of 3");
	layout_done(&l);
}

static void zstd_layer(void **state)
{
	AUTO_BUF struct buf none = { 0 };
	AUTO_CLOSE int probe = -1;
	AUTO_IMAGE struct image i = { 0 };
	AUTO_CLOSE int root = -1;
	struct layout l;
	struct zerr e;

	(void)state;
	tar_end(&none);
	probe = tar_compressed(&none, "zstd");
	if (probe < 0)
		skip();
	layout_make(&l);
	ADD(&l, "zstd", F("file", "z"));
	one_image(&l, image_host_arch());
	assert_int_equal(pull(&l, "", &i, &e), 0);
	root = image_store_open(&l.env, i.fingerprint, &e);
	assert_true(test_is(root, "file", "z"));
	layout_done(&l);
}

/* Attacks by layers: nothing leaves the tree. */
static void hostile_layers(void **state)
{
	struct layout l;

	(void)state;
	layout_make(&l);
	assert_int_equal(test_put(l.top, "canary", "good", 0600), 0);
	ADD(&l, NULL, L("out", "../../../../.."), L("abs", l.path));
	ADD(&l, NULL, F(".wh...", ""));
	one_image(&l, image_host_arch());
	refused(&l, "", 0, "'.wh...': leads out");
	l.n = 1;
	ADD(&l, NULL, F("../.wh.canary", ""));
	one_image(&l, image_host_arch());
	refused(&l, "", 0, "leads out");
	l.n = 1;
	ADD(&l, NULL, F("out/.wh.canary", ""), F("out/.wh.oci", ""), F("abs/.wh.blobs", ""),
	    F("abs/.wh..wh..opq", ""));
	ADD(&l, NULL, F("out/etc/x", "evil"), F("file", "x"));
	one_image(&l, image_host_arch());
	{
		AUTO_IMAGE struct image i = { 0 };
		AUTO_CLOSE int root = -1;
		struct zerr e;

		if (pull(&l, "", &i, &e) < 0)
			fail_msg("%s", e.msg);
		root = image_store_open(&l.env, i.fingerprint, &e);
		assert_true(test_is(root, "etc/x",
				    "evil")); /* "out" is the root itself, seen from inside */
	}
	assert_true(test_is(l.top, "canary", "good"));
	assert_true(test_exists(l.dir, "index.json"));
	layout_done(&l);
}

static void damaged_blobs(void **state)
{
	struct layout l;
	char d[160], *size;

	(void)state;
	layout_make(&l);
	ADD(&l, NULL, F("file", "x"));
	/* the size is another */
	size = strstr(l.layers[0], "\"size\":");
	(void)strcpy(size, "\"size\":3");
	one_image(&l, image_host_arch());
	refused(&l, "", ZERR_FAILED, "layer 1 of 1");
	refused(&l, "", ZERR_FAILED, "size");
	/* the contents are others */
	l.n = 0;
	ADD(&l, NULL, F("file", "x"));
	one_image(&l, image_host_arch());
	{
		char hex[HASH_HEX] = "";
		AUTO_CLOSE int fd = -1;

		memcpy(hex, l.layers[0] + strlen("\"digest\":\"sha256:"), 64);
		fd = openat(l.blobs, hex, O_WRONLY | O_CLOEXEC);
		assert_int_equal(pwrite(fd, "y", 1, 100), 1);
	}
	refused(&l, "", ZERR_FAILED, "another SHA-256");
	/* names that lead elsewhere, and none */
	put_index(&l,
		  "{\"manifests\":[{\"digest\":\"sha256:../../../../etc/passwd\",\"size\":1}]}");
	refused(&l, "", ZERR_FAILED, "only sha256");
	put_index(&l, "{\"manifests\":[{\"digest\":\"md5:0\",\"size\":1}]}");
	refused(&l, "", ZERR_FAILED, "only sha256");
	put_index(&l, "{\"manifests\":[{\"digest\":\"sha256:%064d\",\"size\":1}]}", 0);
	refused(&l, "", ZERR_FAILED, "No such file");
	put_index(&l, "{\"manifests\":[{\"digest\":\"sha256:%064d\"}]}", 0);
	refused(&l, "", ZERR_FAILED, "size is missing");
	put_index(&l, "{\"manifests\":7}");
	refused(&l, "", 0, "no image for linux/");
	put_index(&l, "not JSON");
	refused(&l, "", 0, "not JSON");
	/* a link in the place of a blob */
	l.n = 0;
	ADD(&l, NULL, F("file", "x"));
	manifest(&l, image_host_arch(), d);
	assert_int_equal(
		symlinkat("/etc/passwd", l.blobs,
			  "1111111111111111111111111111111111111111111111111111111111111111"),
		0);
	put_index(&l, "{\"manifests\":[{\"digest\":\"sha256:%s\",\"size\":1}]}",
		  "1111111111111111111111111111111111111111111111111111111111111111");
	refused(&l, "", ZERR_FAILED, "blob");
	layout_done(&l);
}

#define NAME(tag) "\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag "\"}"

static void tags_and_platforms(void **state)
{
	AUTO_IMAGE struct image a = { 0 }, b = { 0 }, c = { 0 };
	const char *host = image_host_arch();
	char one[160], two[160], foreign[160], inner[160];
	char text[TEXT_MAX];
	struct layout l;
	struct zerr e;

	(void)state;
	layout_make(&l);
	ADD(&l, NULL, F("file", "1"));
	manifest(&l, host, one);
	l.n = 0;
	ADD(&l, NULL, F("file", "2"));
	manifest(&l, host, two);
	manifest(&l, "s390x", foreign);
	put_index(&l, "{\"manifests\":[{%s," NAME("v1") "},{%s," NAME("reg.example/app:v2") "}]}",
		  one, two);
	assert_int_equal(pull(&l, ":v1", &a, &e), 0);
	assert_int_equal(pull(&l, ":v2", &b, &e), 0);
	assert_string_not_equal(a.fingerprint, b.fingerprint);
	refused(&l, ":v3", ZERR_MISSING, "v3");
	refused(&l, "", ZERR_USAGE, "several images");
	/* an index of platforms in the index */
	(void)snprintf(
		text, sizeof(text),
		"{\"manifests\":[{%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}},"
		"{%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}]}",
		foreign, two, host);
	blob(&l, text, strlen(text), inner);
	put_index(&l, "{\"manifests\":[{%s}]}", inner);
	assert_int_equal(pull(&l, "", &c, &e), 0);
	assert_string_equal(c.fingerprint, b.fingerprint);
	/* only another architecture: by platform, and by configuration */
	put_index(
		&l,
		"{\"manifests\":[{%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}}]}",
		foreign);
	refused(&l, "", 0, "no image for linux/");
	put_index(&l, "{\"manifests\":[{%s}]}", foreign);
	refused(&l, "", ZERR_USAGE, "s390x");
	layout_done(&l);
}

static void no_layout(void **state)
{
	AUTO_IMAGE struct image i = { 0 };
	struct image_env env = { .zones = -1 };
	struct zerr e = { 0 };

	(void)state;
	assert_true(image_oci(&env, "/nonexistent:tag", NULL, NULL, &i, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_true(image_oci(&env, "/etc", NULL, NULL, &i, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_layers),     cmocka_unit_test(zstd_layer),
		cmocka_unit_test(hostile_layers),     cmocka_unit_test(damaged_blobs),
		cmocka_unit_test(tags_and_platforms), cmocka_unit_test(no_layout),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
