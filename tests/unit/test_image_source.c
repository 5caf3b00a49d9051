/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server in force: spelling of URLs, image.conf, and which combinations of options are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/source.h"

#define HOME_KEY "E7FB0CAEC8173D669066514CBAEFF88C22F6E216"

static void spells_urls(void **state)
{
	static const struct {
		const char *text, *url, *dir;
	} good[] = {
		{ "images.example.org", "https://images.example.org", "images.example.org" },
		{ "https://Images.Example.org:443/", "https://images.example.org",
		  "images.example.org" },
		{ "HTTPS://h:8443//a//b/", "https://h:8443/a/b", "h:8443+a+b" },
		{ "http://h:80/x", "http://h/x", "h+x" },
		{ "[::1]:8443/p", "https://[::1]:8443/p", "[::1]:8443+p" },
	};
	static const char *const bad[] = {
		"",	    "https://", "ftp://h", "h:0",   "h:65536", "h:1x",	"user@h",
		"h/../etc", "h/.x",	"h/a?b",   "h/a#b", "h/a b",   "h\n",	"[::1",
		"[",	    "[]",	"-h",	   ".h",    "h/a+b",   "h/%2e", "h:",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct image_server s;
		struct zerr e = { 0 };

		assert_int_equal(image_url_parse(good[i].text, &s, &e), 0);
		assert_string_equal(s.url, good[i].url);
		assert_string_equal(s.dir, good[i].dir);
		image_server_done(&s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct image_server s;
		struct zerr e = { 0 };

		if (image_url_parse(bad[i], &s, &e) == 0)
			fail_msg("%s was taken as %s", bad[i], s.url);
		assert_int_equal(e.status, ZERR_USAGE);
	}
}

static void reads_configuration(void **state)
{
	struct image_conf c = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(image_conf_parse("# servers\n\n server = \"h.example\" \r\n"
					  "fingerprint=none\nkeyserver = https://k\n",
					  "image.conf", &c, &e),
			 0);
	assert_string_equal(c.server, "h.example");
	assert_string_equal(c.fingerprint, "none");
	assert_string_equal(c.keyserver, "https://k");
	image_conf_done(&c);
	assert_true(image_conf_parse("server = a\ncolour = b\n", "image.conf", &c, &e) < 0);
	assert_non_null(strstr(e.msg, "image.conf:2"));
	assert_true(image_conf_parse("server\n", "image.conf", &c, &e) < 0);
	assert_non_null(strstr(e.msg, "image.conf:1"));
}

/* What image_server_find() makes of @src with @conf in force: the status, and the server. */
static int find(const char *conf, const struct image_source *src, struct image_server *ret)
{
	char dir[] = "/tmp/zone-source.XXXXXX", file[64];
	struct image_env env = { .config = file };
	struct zerr e = { 0 };
	FILE *f;
	int r;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/image.conf", dir);
	if (conf) {
		f = fopen(file, "w");
		assert_non_null(f);
		assert_true(fputs(conf, f) >= 0);
		assert_int_equal(fclose(f), 0);
	}
	r = image_server_find(&env, src, ret, &e);
	(void)unlink(file);
	(void)rmdir(dir);
	return r < 0 ? e.status : 0;
}

static void knows_the_key(void **state)
{
	struct image_server s;

	(void)state;
	assert_int_equal(find(NULL, &(struct image_source){ 0 }, &s), 0);
	assert_string_equal(s.url, "https://images.linuxcontainers.org");
	assert_string_equal(s.fingerprint, HOME_KEY);
	assert_true(image_server_signs(&s, &(struct image_source){ 0 }));
	assert_false(image_server_signs(&s, &(struct image_source){ .no_verify = true }));
	image_server_done(&s);
	/* by another spelling it is the same server */
	assert_int_equal(find(NULL,
			      &(struct image_source){ .server = "Images.linuxcontainers.org:443/" },
			      &s),
			 0);
	assert_string_equal(s.fingerprint, HOME_KEY);
	image_server_done(&s);
	/* another one has not its key */
	assert_int_equal(find(NULL, &(struct image_source){ .server = "mirror.example" }, &s), 0);
	assert_null(s.fingerprint);
	image_server_done(&s);
	/* nor has one that is configured, unless its own is */
	assert_int_equal(find("server = mirror.example\n", &(struct image_source){ 0 }, &s), 0);
	assert_null(s.fingerprint);
	image_server_done(&s);
	assert_int_equal(find("server = mirror.example\nfingerprint = 0123 4567 89ab CDEF 0123 "
			      "4567 89ab cdef 0123 4567\n",
			      &(struct image_source){ .server = "https://mirror.example" }, &s),
			 0);
	assert_string_equal(s.fingerprint, "0123456789ABCDEF0123456789ABCDEF01234567");
	image_server_done(&s);
	assert_int_equal(find("fingerprint = 123\n", &(struct image_source){ 0 }, &s), ZERR_USAGE);
}

static void refuses_promises(void **state)
{
	struct image_server s;

	(void)state;
	assert_int_equal(find(NULL, &(struct image_source){ .server = "http://h" }, &s),
			 ZERR_USAGE);
	assert_int_equal(find(NULL,
			      &(struct image_source){
				      .server = "http://h", .keyring = "k", .no_verify = true },
			      &s),
			 ZERR_USAGE);
	assert_int_equal(
		find(NULL, &(struct image_source){ .require_signature = true, .no_verify = true },
		     &s),
		ZERR_USAGE);
	assert_int_equal(
		find(NULL, &(struct image_source){ .server = "h", .require_signature = true }, &s),
		ZERR_FAILED);
	assert_int_equal(
		find(NULL, &(struct image_source){ .server = "http://h", .keyring = "k" }, &s), 0);
	assert_true(s.plain);
	image_server_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spells_urls),
		cmocka_unit_test(reads_configuration),
		cmocka_unit_test(knows_the_key),
		cmocka_unit_test(refuses_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
