/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file may hold, what it then means, and how each mistake is reported: with file and line.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "conf/conf.h"

static void parse_ok(struct zone_spec *s, const char *text)
{
	struct zerr e = { 0 };

	spec_init(s);
	if (conf_parse(s, text, "f", &e) < 0)
		fail_msg("%s\n%s", e.msg, text);
}

static void assert_value(const struct zone_spec *s, const char *path, const char *value)
{
	AUTO_BUF struct buf b = { 0 };
	struct zerr e = { 0 };
	const int r = conf_get(s, path, &b, &e);

	if (!value) {
		assert_int_equal(r, -ENOENT);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(b.p ? b.p : "", value);
}

static void empty_file_gives_the_defaults(void **st)
{
	AUTO_SPEC struct zone_spec s;

	(void)st;
	parse_ok(&s, "");
	assert_null(s.hostname);
	assert_false(s.autostart);
	assert_int_equal(s.init_mode, INIT_BOOT);
	assert_int_equal(s.stop_timeout, 60);
	assert_int_equal(s.console_log_size, 1 << 20);
	assert_int_equal(s.level, LEVEL_DEFAULT);
	assert_int_equal(s.nics_n, 0);
	assert_value(&s, "limits.pids", "4096");
	assert_value(&s, "groups", "");
	assert_value(&s, "hostname", NULL);
	assert_value(&s, "net.eth0.type", NULL);
}

static void file_of_the_manual(void **st)
{
	AUTO_SPEC struct zone_spec s;

	(void)st;
	parse_ok(&s, "format = 1\n"
		     "hostname = \"web\"\n"
		     "autostart = yes\n"
		     "groups = {\"front\", late}\n"
		     "init.mode = stub\n"
		     "init.env { TZ = \"Europe/Berlin\"  LANG = 'C.UTF-8' }\n"
		     "security { level = strict caps_add = {\"CAP_SYS_TIME\"} }\n"
		     "limits { memory = \"2G\"  cpu = \"1.5\"  pids = 4096 }\n"
		     "net eth0 { network = \"zonebr0\"  address = \"10.77.0.5/16\" mtu = 1400 }\n"
		     "net eth1 { }\n"
		     "mount data { source = \"/srv/www\"  target = \"/var/www\"  readonly = true "
		     "idmap = no }\n"
		     "root { size = 10G }\n");
	assert_string_equal(s.hostname, "web");
	assert_true(s.autostart);
	assert_int_equal(s.groups.n, 2);
	assert_string_equal(s.groups.v[1], "late");
	assert_int_equal(s.init_mode, INIT_STUB);
	assert_string_equal(pairs_get(&s.init_env, "TZ"), "Europe/Berlin");
	assert_int_equal(s.level, LEVEL_STRICT);
	assert_string_equal(s.caps_add.v[0], "CAP_SYS_TIME");
	assert_string_equal(pairs_get(&s.limits, "memory"), "2G");
	assert_string_equal(pairs_get(&s.limits, "pids"), "4096");
	assert_int_equal(s.nics_n, 2);
	assert_int_equal(s.nics[0].addresses.n, 1);
	assert_string_equal(s.nics[0].addresses.v[0], "10.77.0.5/16");
	assert_int_equal(s.nics[0].mtu, 1400);
	assert_string_equal(s.nics[1].name, "eth1");
	assert_string_equal(s.nics[1].type, "veth");
	assert_int_equal(s.mounts_n, 1);
	assert_true(s.mounts[0].readonly && s.mounts[0].noidmap);
	assert_true(s.root_size == UINT64_C(10) << 30);
	assert_value(&s, "root.size", "10G");
	assert_value(&s, "mount.data.idmap", "false");
}

/* A key is the same key in a block, in a block of a block, and with its whole path. */
static void every_way_to_write_a_name(void **st)
{
	static const char *const texts[] = {
		"raw { cgroup { memory.high = \"1G\" } }", "raw.cgroup { memory.high = 1G }",
		"raw { cgroup.memory.high = '1G' }",	   "raw.cgroup.memory.high = 1G",
		"\"raw.cgroup.memory.high\" = 1G",	   "'raw'{'cgroup'{\"memory.high\"=1G}}",
	};

	(void)st;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO_SPEC struct zone_spec s;

		parse_ok(&s, texts[i]);
		assert_value(&s, "raw.cgroup.memory.high", "1G");
	}
}

static void free_names(void **st)
{
	AUTO_SPEC struct zone_spec s;

	(void)st;
	parse_ok(&s, "sysctl { net.ipv4.ip_forward = 1 }\n"
		     "limits { io { /dev/sda = \"rbps=1M\" } io./dev/sdb = \"wiops=5\" \"io.8:0\" "
		     "= 'riops=max' }\n"
		     "user { \"it\" = a 'it\\'s#\"odd\"' = b größe = c http://x//y = d }\n"
		     "net eth0.5 { mtu = 1400 }\nnet.eth0.7.mtu = 1300\n");
	assert_value(&s, "sysctl.net.ipv4.ip_forward", "1");
	assert_value(&s, "limits.io./dev/sda", "rbps=1M");
	assert_value(&s, "limits.io./dev/sdb", "wiops=5");
	assert_value(&s, "limits.io.8:0", "riops=max");
	assert_value(&s, "user.it", "a");
	assert_value(&s, "user.it's#\"odd\"", "b");
	assert_value(&s, "user.größe", "c");
	assert_value(&s, "user.http://x//y", "d");
	assert_value(&s, "net.eth0.5.mtu", "1400");
	assert_value(&s, "net.eth0.7.mtu", "1300");
}

static void values_and_comments(void **st)
{
	AUTO_SPEC struct zone_spec s;

	(void)st;
	assert_int_equal(setenv("ZONE_TEST_X", "from \"outside\"", 1), 0);
	parse_ok(&s, "#\n##\n//\n/**/ /* a\n * b **/ # \"\n"
		     "user { a = \"x\\\"y\\\\z\" # c\n"
		     " b = 'it\\'s \\\\ ${ZONE_TEST_X}' // } c\n"
		     " c = \"<${ZONE_TEST_X}>\" /* c = d\n */ d = \"\\${ZONE_TEST_X} $1 $\"\n"
		     " e = \"${ZONE_TEST_NOT:-else}\" f = \"#//*\" g = '' }\r\n"
		     "groups = { # one\n a, /* two */ b,\n}");
	assert_value(&s, "user.a", "x\"y\\z");
	assert_value(&s, "user.b", "it's \\ ${ZONE_TEST_X}");
	assert_value(&s, "user.c", "<from \"outside\">");
	assert_value(&s, "user.d", "${ZONE_TEST_X} $1 $");
	assert_value(&s, "user.e", "else");
	assert_value(&s, "user.f", "#//*");
	assert_value(&s, "user.g", "");
	assert_value(&s, "groups", "a,b");
}

struct wrong {
	const char *text;
	const char *msg;
	const char *hint;
};

static const struct wrong wrongs[] = {
	/* keys */
	{ "\n\nhostnam = a", "f:3: hostnam: unknown key", "did you mean hostname?" },
	{ "# c\n/* c\n */ limits {\n memry = 1G }", "f:4: limits.memry: unknown key",
	  "did you mean limits.memory?" },
	{ "net eth0 {\n adress = 1 }", "f:2: net.eth0.adress: unknown key",
	  "did you mean net.eth0.address?" },
	{ "\nlimit { }", "f:2: limit: unknown block", "did you mean limits?" },
	{ "init { mode = boot }", "f:1: init: it is a key and not a block", NULL },
	{ "net eth0 { type.x = 1 }", "f:1: net.eth0.type.x: unknown key", NULL },
	{ "net eth0 { x { } }", "f:1: net.eth0.x: unknown block", NULL },
	{ "raw { x { } }", "f:1: raw.x: unknown block", NULL },
	{ "limits { format = 1 }", "f:1: limits.format: unknown key", NULL },
	{ "\"limits|memory\" = 1G", "f:1: a name has 1 to 255 bytes and no space, = or |", NULL },
	{ "user { \"a b\" = 1 }", "f:1: a name has 1 to 255 bytes and no space, = or |", NULL },
	{ "user { '' = 1 }", "f:1: a name has 1 to 255 bytes and no space, = or |", NULL },
	{ "user { \"a\\x62\" = 1 }", "f:1: a name with \\ or $ goes into single quotes", NULL },
	/* values */
	{ "autostart =\n maybe", "f:1: autostart: neither true nor false: maybe", NULL },
	{ "# c\n# c\nstop { timeout = -1 }", "f:3: stop.timeout: not a number of seconds: -1",
	  NULL },
	{ "init.mode = bot", "f:1: init.mode: not one of boot|stub|plain: bot", NULL },
	{ "root { size = 1X }", "f:1: root.size: not a size (bytes, or with K, M, G or T): 1X",
	  NULL },
	{ "console { ttys = 99 }", "f:1: console.ttys: not a number up to 15: 99", NULL },
	{ "groups = { a,\n \"b c\" }",
	  "f:1: groups: not a word of letters, digits, '.', '_' and '-': b c", NULL },
	{ "hostname = {a}", "f:1: hostname: takes one value, not a list", NULL },
	{ "user { a = \"b\\nc\" }",
	  "f:1: user.a: control characters and bytes that are not UTF-8 are not allowed", NULL },
	{ "user { a = \"\xc2\x9b\" }",
	  "f:1: user.a: control characters and bytes that are not UTF-8 are not allowed", NULL },
	{ "user { a = \"\xff\" }",
	  "f:1: user.a: control characters and bytes that are not UTF-8 are not allowed", NULL },
	/* twice */
	{ "hostname = a\nhostname = a", "f:2: hostname: it stands here twice, first in line 1",
	  NULL },
	{ "net eth0 { }\n\nnet eth0 { }", "f:3: net.eth0: it stands here twice, first in line 1",
	  NULL },
	{ "limits { pids = 1 }\nlimits { }", "f:2: limits: it stands here twice, first in line 1",
	  NULL },
	{ "limits { pids = 1 }\nlimits.pids = 2",
	  "f:2: limits.pids: it stands here twice, first in line 1", NULL },
	/* blocks */
	{ "net { }", "f:1: net: such a block has a name: net NAME { … }", NULL },
	{ "limits x { }", "f:1: limits: such a block has no name: limits { … }", NULL },
	{ "\nnet toolonganame12345 { }",
	  "f:2: net.toolonganame12345: not a name for an interface: toolonganame12345", NULL },
	{ "\nlimits {\n pids = 1", "f:2: limits { is not closed", NULL },
	{ "}\n", "f:1: unexpected }", NULL },
	{ "a { b { c { d { e { } } } } }", "f:1: blocks in blocks in blocks", NULL },
	/* grammar */
	{ "\nhostname", "f:2: after hostname there should be = or {", NULL },
	{ "hostname \"a\"", "f:1: after hostname there should be = or {", NULL },
	{ "hostname = }", "f:1: there is no value after =", NULL },
	{ "= a", "f:1: unexpected =", NULL },
	{ "groups = { a b }", "f:1: a list is written { \"a\", \"b\" }", NULL },
	{ "groups += { a }", "f:1: unexpected +: put the value in quotes", NULL },
	{ "include(\"/etc/passwd\")", "f:1: unexpected (: put the value in quotes", NULL },
	{ "stop { signal = RTMIN+3 }", "f:1: unexpected +: put the value in quotes", NULL },
	{ "limits { memory = 2G; }", "f:1: a character that needs quotes in 2G;", NULL },
	{ "user { a = ${HOME} }", "f:1: a character that needs quotes in $", NULL },
	/* what libconfuse would take in its own way */
	{ "hostname = \"a\n", "f:1: a string is not closed", NULL },
	{ "\"", "f:1: a string is not closed", NULL },
	{ "user { a = 'b\\\n' }", "f:1: a string is not closed", NULL },
	{ "\n/* c", "f:2: a comment is not closed", NULL },
	{ "user { a = \"${ 5\" b = \"}\" }",
	  "f:1: ${ that is no variable: write the value in single quotes", NULL },
	{ "user { a = \"\\9\" }",
	  "f:1: no numbers after a backslash: write the value in single quotes", NULL },
	{ "user { a = b* }", "f:1: unexpected *: put the value in quotes", NULL },
	/* format */
	{ "\nformat = 2", "f:2: format: written by a newer zone (format 2, this one knows 1)",
	  NULL },
	{ "hostname = a\nformat = 1", "f:2: format: it has to be the first key", NULL },
	{ "limits { } format = 1", "f:1: format: it has to be the first key", NULL },
	{ "format = 0", "f:1: format: not the number of a format", NULL },
	{ "format = {1}", "f:1: format: not the number of a format", NULL },
	{ "format = 1\nformat = 1", "f:2: format: it has to be the first key", NULL },
};

static void mistakes_name_file_and_line(void **st)
{
	(void)st;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		AUTO_SPEC struct zone_spec s;
		struct zerr e = { 0 };

		spec_init(&s);
		assert_int_equal(conf_parse(&s, wrongs[i].text, "f", &e), -EINVAL);
		assert_int_equal(e.status, ZERR_USAGE);
		assert_string_equal(e.msg, wrongs[i].msg);
		if (wrongs[i].hint)
			assert_string_equal(e.hint, wrongs[i].hint);
	}
}

/* A file that failed leaves nothing behind in libconfuse's lexer. */
static void mistakes_do_not_last(void **st)
{
	(void)st;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		AUTO_SPEC struct zone_spec bad, good;
		struct zerr e = { 0 };

		spec_init(&bad);
		assert_true(conf_parse(&bad, wrongs[i].text, "f", NULL) <
			    0); /* no place for a message */
		assert_int_equal(e.code, 0);
		parse_ok(&good, "hostname = \"a\"");
		assert_string_equal(good.hostname, "a");
	}
}

static void large_files_are_refused(void **st)
{
	AUTO_BUF struct buf b = { 0 };
	AUTO_SPEC struct zone_spec s, t;
	struct zerr e = { 0 };

	(void)st;
	buf_str(&b, "user {\n");
	for (unsigned i = 0; b.len < CONF_MAX - 200; i++)
		buf_fmt(&b, "k%u = \"%0150u\"\n", i, i);
	buf_str(&b, "}");
	parse_ok(&s, b.p);
	assert_true(s.user.n > 350);
	while (b.len <= CONF_MAX)
		buf_char(&b, ' ');
	spec_init(&t);
	assert_int_equal(conf_parse(&t, b.p, "f", &e), -EINVAL);
	assert_string_equal(e.msg, "f: larger than 262144 bytes");
}

static void load_from_a_directory(void **st)
{
	char dir[] = "/tmp/zone-conf-XXXXXX";
	struct zerr e = { 0 };

	(void)st;
	assert_non_null(mkdtemp(dir));
	AUTO_CLOSE int dirfd = open(dir, O_DIRECTORY | O_CLOEXEC);
	AUTO_SPEC struct zone_spec s;
	AUTO_CLOSE int fd = -1;

	spec_init(&s);
	assert_int_equal(conf_load(&s, dirfd, "web", &e), -ENOENT);
	assert_string_equal(e.msg, "web/zone.conf: No such file or directory");
	fd = openat(dirfd, "zone.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "arch = amd64\narch2 = x", 22), 22);
	assert_int_equal(conf_load(&s, dirfd, "web", &e), -EINVAL);
	assert_string_equal(e.msg, "web/zone.conf:2: arch2: unknown key");
	assert_int_equal(ftruncate(fd, 13), 0);
	assert_int_equal(conf_load(&s, dirfd, "web", &e), 0);
	assert_string_equal(s.arch, "amd64");
	assert_int_equal(ftruncate(fd, 14), 0); /* a NUL */
	assert_int_equal(conf_load(&s, dirfd, "web", &e), -EINVAL);
	assert_string_equal(e.msg, "web/zone.conf: not a text file");
	assert_int_equal(unlinkat(dirfd, "zone.conf", 0), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_file_gives_the_defaults),
		cmocka_unit_test(file_of_the_manual),
		cmocka_unit_test(every_way_to_write_a_name),
		cmocka_unit_test(free_names),
		cmocka_unit_test(values_and_comments),
		cmocka_unit_test(mistakes_name_file_and_line),
		cmocka_unit_test(mistakes_do_not_last),
		cmocka_unit_test(large_files_are_refused),
		cmocka_unit_test(load_from_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
