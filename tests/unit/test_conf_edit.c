/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Edits: what changes in the text, what does not, and that file, path and value agree for every key
 * and every value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "conf/keys.h"

struct change {
	const char *before;
	const char *path;
	const char *value; /* NULL: removed */
	const char *after; /* the format line is added to both */
};

static const struct change changes[] = {
	/* where a key stands already */
	{ "hostname = \"a\" # c\n", "hostname", "b", "hostname = \"b\" # c\n" },
	{ "hostname=a", "hostname", "b", "hostname=\"b\"" },
	{ "limits { memory = \"2G\"  cpu = \"1.5\" }\n", "limits.cpu", "2",
	  "limits { memory = \"2G\"  cpu = 2 }\n" },
	{ "net eth0 {\n\n\tmtu   =\n 1400 # x\n}\n", "net.eth0.mtu", "1500",
	  "net eth0 {\n\n\tmtu   =\n 1500 # x\n}\n" },
	{ "groups = {\n a, # one\n b\n} // c\n", "groups", "x,y", "groups = {\"x\", \"y\"} // c\n" },
	{ "groups = {a}\n", "groups", "", "groups = {}\n" },
	{ "limits.memory = 1G\n", "limits.memory", "2G", "limits.memory = \"2G\"\n" },
	{ "raw { cgroup { \"a.b\" = 1 } }\n", "raw.cgroup.a.b", "2", "raw { cgroup { \"a.b\" = 2 } }\n" },
	/* into a block */
	{ "limits { memory = \"2G\" }\n", "limits.pids", "9", "limits { memory = \"2G\"  pids = 9 }\n" },
	{ "limits { memory = \"2G\"}", "limits.pids", "9", "limits { memory = \"2G\"  pids = 9 }" },
	{ "limits {}\n", "limits.pids", "9", "limits { pids = 9 }\n" },
	{ "limits { }\n", "limits.pids", "9", "limits { pids = 9 }\n" },
	{ "limits {\n}\n", "limits.pids", "9", "limits {\n\tpids = 9\n}\n" },
	{ "  limits { # c }\n  }\n", "limits.pids", "9", "  limits { # c }\n  \tpids = 9\n  }\n" },
	{ "limits {\n    cpu = 1 # c\n    # d\n}\n", "limits.pids", "9",
	  "limits {\n    cpu = 1 # c\n    pids = 9\n    # d\n}\n" },
	{ "limits { cpu = 1 /* } */ # c\n}\n", "limits.pids", "9",
	  "limits { cpu = 1 /* } */ # c\n\tpids = 9\n}\n" },
	{ "limits { cpu = 1 /* a\n b */ }\n", "limits.pids", "9",
	  "limits { cpu = 1  pids = 9 /* a\n b */ }\n" },
	{ "limits {\n  io { }\n}\n", "limits.io./dev/sda", "rbps=1M",
	  "limits {\n  io { /dev/sda = \"rbps=1M\" }\n}\n" },
	{ "limits {\n  io { }\n}\n", "limits.pids", "9", "limits {\n\tpids = 9\n  io { }\n}\n" },
	{ "raw { cgroup { } }\n", "raw.cgroup.a.b", "1", "raw { cgroup { a.b = 1 } }\n" },
	{ "raw { }\n", "raw.cgroup.a.b", "1", "raw { cgroup.a.b = 1 }\n" },
	{ "net eth0 { }\n", "net.eth0.5.mtu", "99", "net eth0 { }\nnet eth0.5 {\n\tmtu = 99\n}\n" },
	/* where there is no block */
	{ "", "limits.memory", "2G", "limits {\n\tmemory = \"2G\"\n}\n" },
	{ "# end", "limits.memory", "2G", "# end\nlimits {\n\tmemory = \"2G\"\n}\n" },
	{ "", "net.eth0.network", "lab", "net eth0 {\n\tnetwork = \"lab\"\n}\n" },
	{ "", "mount.data.readonly", "yes", "mount data {\n\treadonly = true\n}\n" },
	{ "", "init.env.TZ", "UTC", "init.env {\n\tTZ = \"UTC\"\n}\n" },
	{ "", "raw.cgroup.memory.high", "1G", "raw.cgroup {\n\tmemory.high = \"1G\"\n}\n" },
	{ "", "sysctl.net.ipv4.ip_forward", "1", "sysctl {\n\tnet.ipv4.ip_forward = 1\n}\n" },
	{ "", "user.a//b", "it's", "user {\n\t\"a//b\" = \"it's\"\n}\n" },
	/* keys without a block */
	{ "", "autostart", "on", "autostart = true\n" },
	{ "hostname = a\n\nlimits { }\n", "init", "/sbin/init",
	  "hostname = a\ninit = \"/sbin/init\"\n\nlimits { }\n" },
	{ "# top\nlimits { }\n", "init.mode", "stub", "init.mode = \"stub\"\n# top\nlimits { }\n" },
	{ "hostname = a limits { }", "arch", "amd64", "hostname = a  arch = \"amd64\" limits { }" },
	/* removed */
	{ "hostname = a # c\narch = amd64\n", "hostname", NULL, "arch = amd64\n" },
	{ "  hostname = a", "hostname", NULL, "" },
	{ "# keep\nhostname = a /* x\n y */\n# this\n", "hostname", NULL, "# keep\n# this\n" },
	{ "limits { memory = \"2G\"  cpu = 1 }\n", "limits.memory", NULL, "limits { cpu = 1 }\n" },
	{ "limits { memory = \"2G\"  cpu = 1 }\n", "limits.cpu", NULL, "limits { memory = \"2G\" }\n" },
	{ "limits { memory = \"2G\"\n  cpu = 1 }\n", "limits.memory", NULL, "limits {\n  cpu = 1 }\n" },
	{ "limits { cpu = 1 /* x */ pids = 9 }\n", "limits.cpu", NULL, "limits { /* x */ pids = 9 }\n" },
	{ "limits { pids = 9 }\narch = amd64\n", "limits.pids", NULL, "arch = amd64\n" },
	{ "limits {\n\tpids = 9\n\n}\n# c\n", "limits.pids", NULL, "# c\n" },
	{ "limits {\n\t# why\n\tpids = 9\n}\n", "limits.pids", NULL, "limits {\n\t# why\n}\n" },
	{ "raw { cgroup { a.b = 1 } }\n", "raw.cgroup.a.b", NULL, "" },
	{ "limits { } user { a = b }\n", "user.a", NULL, "limits { }\n" },
	{ "net eth0 { mtu = 99 }\nnet eth1 { }\n", "net.eth0.mtu", NULL, "net eth1 { }\n" },
	{ "groups = {\n \"a\",\n \"b\"\n}\n", "groups", NULL, "" },
	{ "net eth0 { mtu = 99 # c\n}\nnet.eth0.type = veth\nnet.eth0.5.mtu = 99\n", "net.eth0", NULL,
	  "net.eth0.5.mtu = 99\n" },
	{ "mount a { source = /a }\nmount b { source = /b }\n", "mount.a", NULL, "mount b { source = /b }\n" },
	{ "init = /sbin/init\ninit.mode = stub\n", "init", NULL, "init.mode = stub\n" },
};

static void edit_ok(struct buf *text, const char *path, const char *value, bool changes_it)
{
	struct zerr e = { 0 };
	bool changed = !changes_it;

	if (conf_edit(text, path, value, &changed, &e) < 0)
		fail_msg("%s=%s: %s\n%s", path, value ? value : "(none)", e.msg, text->p);
	if (changed != changes_it)
		fail_msg("%s=%s: changed is %d\n%s", path, value ? value : "(none)", changed, text->p);
}

static void the_rest_of_the_text_stays(void **st)
{
	(void)st;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const struct change *c = &changes[i];
		AUTO_BUF struct buf text = { 0 }, after = { 0 };

		buf_fmt(&text, "format = 1\n%s", c->before);
		buf_fmt(&after, "format = 1\n%s", c->after);
		edit_ok(&text, c->path, c->value, true);
		assert_string_equal(text.p, after.p);
		if (c->value)
			edit_ok(&text, c->path, c->value, false);
		assert_string_equal(text.p, after.p);
	}
}

static void format_line_is_added(void **st)
{
	AUTO_BUF struct buf none = { 0 }, text = { 0 };

	(void)st;
	edit_ok(&none, "arch", "amd64", true);
	assert_string_equal(none.p, "format = 1\narch = \"amd64\"\n");
	buf_str(&text, "# mine\nhostname = a\n");
	edit_ok(&text, "hostname", "a", false);
	assert_string_equal(text.p, "# mine\nhostname = a\n");
	edit_ok(&text, "hostname", "b", true);
	assert_string_equal(text.p, "format = 1\n# mine\nhostname = \"b\"\n");
}

static void same_value_in_other_words(void **st)
{
	static const char before[] = "autostart = yes\nroot { size = 1024M }\ngroups = {a, b}\n"
				     "stop { timeout = 060 }\n";
	AUTO_BUF struct buf text = { 0 };

	(void)st;
	buf_str(&text, before);
	edit_ok(&text, "autostart", "true", false);
	edit_ok(&text, "root.size", "1G", false);
	edit_ok(&text, "groups", "a, b", false);
	edit_ok(&text, "stop.timeout", "60", false);
	assert_string_equal(text.p, before);
	edit_ok(&text, "security.level", "default", true); /* said now, where nothing was said */
	edit_ok(&text, "security.level", "default", false);
}

static void refused_edits_change_nothing(void **st)
{
	static const struct {
		const char *text, *path, *value, *msg;
		int error;
	} cases[] = {
		{ "arch = amd64", "hostnam", "a", "hostnam: unknown key", -EINVAL },
		{ "arch = amd64", "net.eth0.adress", NULL, "net.eth0.adress: unknown key", -EINVAL },
		{ "arch = amd64", "limits", NULL, "limits: unknown key", -EINVAL },
		{ "arch = amd64", "format", "1", "format: unknown key", -EINVAL },
		{ "arch = amd64", "hostname", "a b", "hostname: not a host name: a b", -EINVAL },
		{ "arch = amd64", "user.a", "b\nautostart = true",
		  "user.a: control characters and bytes that are not UTF-8 are not allowed", -EINVAL },
		{ "arch = amd64", "user.a\nb", "c",
		  "user.a?b: control characters and bytes that are not UTF-8 are not allowed", -EINVAL },
		{ "arch = amd64", "hostname", NULL, "hostname: not set", -ENOENT },
		{ "arch = amd64", "limits.pids", NULL, "limits.pids: not set", -ENOENT },
		{ "arch = amd64", "net.eth0", NULL, "net.eth0: not set", -ENOENT },
		{ "arch = amd64\nbad", "arch", "arm64", "zone.conf:2: after bad there should be = or {", -EINVAL },
		{ "format = 2", "arch", "arm64",
		  "zone.conf:1: format: written by a newer zone (format 2, this one knows 1)", -EINVAL },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct zerr e = { 0 };
		bool changed;

		buf_str(&text, cases[i].text);
		assert_int_equal(conf_edit(&text, cases[i].path, cases[i].value, &changed, &e), cases[i].error);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.status, cases[i].error == -EINVAL ? ZERR_USAGE : ZERR_FAILED);
		assert_string_equal(text.p, cases[i].text);
	}
}

/* Two values of each key, neither its default. */
static const char *const samples[][3] = {
	{ "hostname", "web", "a.b" },
	{ "autostart", "true", "false" },
	{ "groups", "a,b", "c" },
	{ "arch", "amd64", "arm64" },
	{ "init", "/sbin/init", "/a b/\"c\"" },
	{ "init.mode", "stub", "plain" },
	{ "init.env.NAME", "a=b 'c' \"d\" \\e ${HOME} #f", "" },
	{ "stop.signal", "RTMIN+3", "9" },
	{ "stop.timeout", "5", "0" },
	{ "reboot.signal", "SIGINT", "HUP" },
	{ "console.ttys", "4", "1" },
	{ "console.log_size", "64K", "0" },
	{ "root.backend", "overlay", "dir" },
	{ "root.size", "10G", "1025" },
	{ "security.level", "nesting", "strict" },
	{ "security.no_new_privs", "true", "false" },
	{ "security.compat32", "true", "false" },
	{ "security.fuse", "true", "false" },
	{ "security.tun", "true", "false" },
	{ "security.caps_add", "CAP_BPF,syslog", "SYSLOG" },
	{ "security.caps_drop", "CAP_BPF,syslog", "" },
	{ "limits.cpu", "1.5", "150%" },
	{ "limits.cpu_weight", "50", "10000" },
	{ "limits.cpuset", "0-3,8", "1" },
	{ "limits.memory", "2G", "50%" },
	{ "limits.memory_high", "2G", "1" },
	{ "limits.memory_low", "2G", "10%" },
	{ "limits.swap", "2G", "0" },
	{ "limits.pids", "9", "max" },
	{ "limits.io.DEVICE", "rbps=1M wiops=9", "wbps=max" },
	{ "limits.io_weight", "50", "1" },
	{ "limits.hugetlb", "2M=1G 1G=max", "2M=0" },
	{ "limits.oom", "zone", "process" },
	{ "rlimit.NAME", "1024:unlimited", "9" },
	{ "net.NIC.type", "none", "veth" },
	{ "net.NIC.network", "lab", "zonebr0" },
	{ "net.NIC.address", "10.77.0.5/16", "fd00::5/64" },
	{ "net.NIC.gateway", "10.77.0.1", "fe80::1" },
	{ "net.NIC.mac", "02:00:00:00:00:01", "AA:bb:cc:DD:ee:0f" },
	{ "net.NIC.mtu", "1400", "68" },
	{ "mount.NAME.source", "/srv/ä b", "tmpfs" },
	{ "mount.NAME.target", "/var/$x/#y", "/a//b" },
	{ "mount.NAME.readonly", "true", "false" },
	{ "mount.NAME.idmap", "false", "true" },
	{ "mount.NAME.options", "nosuid,mode=0755", "" },
	{ "mount.NAME.optional", "true", "false" },
	{ "mount.NAME.size", "64M", "1" },
	{ "sysctl.NAME", "1", "a b" },
	{ "raw.cgroup.FILE", "max 100000", "\"" },
	{ "user.NAME", "€ 'x' \"y\" \\ \\\\ $ ${HOME} # // /* */ { } = ,", "\\" },
};

/* A path of the row: capitals replaced by names that are hard on a lexer. */
static char *member(const char *row, int which)
{
	static const char *const names[][4] = {
		{ "init.env.NAME", "TZ", "_a1", "NAME" },
		{ "limits.io.DEVICE", "/dev/sda", "8:16", "/dev/disk/by-id/a_b.c-d:0" },
		{ "rlimit.NAME", "nofile", "core", "as" },
		{ "net.NIC", "eth0", "eth0.5", "type" },
		{ "mount.NAME", "data", "a.b-c_d", "source" },
		{ "sysctl.NAME", "net.ipv4.ip_forward", "kernel/msgmax", "net.ipv4.conf.eth0/5.rp_filter" },
		{ "raw.cgroup.FILE", "memory.high", "io.max", "cgroup.max.depth" },
		{ "user.NAME", "note", "it's:#\"odd\"\\${x},{}//*+()ä", "/a//b.c" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *word = strrchr(names[i][0], '.') + 1;

		if (str_starts(row, names[i][0]))
			return str_fmt("%.*s%s%s", (int)(word - names[i][0]), row, names[i][1 + which],
				       row + strlen(names[i][0]));
	}
	return strdup(row);
}

/* File, dump and get agree that @path is @value (NULL: nothing is said of it). */
static void assert_everywhere(const struct buf *text, const char *path, const char *value)
{
	AUTO_SPEC struct zone_spec s;
	AUTO_STRV struct strv v = { 0 };
	AUTO_BUF struct buf got = { 0 };
	struct zerr e = { 0 };
	const char *dumped = NULL;

	spec_init(&s);
	assert_int_equal(conf_parse(&s, text->p, "f", &e), 0);
	assert_int_equal(conf_dump(&s, false, &v), 0);
	for (size_t i = 0; i < v.n; i += 2) {
		if (strcmp(v.v[i], path) == 0)
			dumped = v.v[i + 1];
	}
	if (conf_get(&s, path, &got, &e) == 0)
		assert_string_equal(got.p ? got.p : "", dumped);
	else
		assert_null(dumped);
	if (value && (!dumped || strcmp(dumped, value) != 0))
		fail_msg("%s is %s, not %s\n%s", path, dumped, value, text->p);
}

/* Blocks to put a key into, in all their shapes, or none. */
static const char *const grounds[] = {
	"",
	"# c\nlimits { } raw { cgroup { } } init.env { }\nnet eth0 { } mount data { }\nuser {} sysctl { # }\n}\n",
	"limits {\n  io {\n  } # c\n}\nraw.cgroup { }\nraw {\n}\nnet type { # c\n}\nmount a.b-c_d { /* } */ }\n"
	"security {\n}\nstop { timeout = 7 } reboot { }\nconsole { log_size = 9M # 10M\n}\nroot { size = 7K }",
	"user.x = 1 limits.io./dev/nvme0n1 = \"rbps=7\" hostname = other\nautostart = true",
};

static void every_key_round_trips(void **st)
{
	size_t row = 0;

	(void)st;
	for (const struct key *k = conf_keys; k->name; k++, row++) {
		const size_t names = k->check_name ? 3 : 1;

		assert_string_equal(samples[row][0], k->name);
		for (size_t i = 0; i < names * 4; i++) {
			AUTO_BUF struct buf text = { 0 };
			AUTO_FREE char *path = member(k->name, (int)(i % names));
			struct zerr e = { 0 };
			bool changed;

			buf_str(&text, grounds[i / names]);
			for (size_t n = 0; n < 4; n++) {
				const char *value = samples[row][1 + n % 2];

				if (conf_edit(&text, path, value, &changed, &e) < 0)
					fail_msg("%s=%s: %s\n%s", path, value, e.msg, text.p);
				assert_everywhere(&text, path, value);
			}
			edit_ok(&text, path, NULL, true);
			assert_everywhere(&text, path, k->group == GROUP_ZONE ? k->missing : NULL);
			assert_int_equal(conf_edit(&text, path, NULL, &changed, &e), -ENOENT);
		}
	}
	assert_int_equal(row, sizeof(samples) / sizeof(*samples));
}

/* All keys into one file, out of a dump into another: the same dump. */
static void a_dump_can_be_set_again(void **st)
{
	AUTO_BUF struct buf one = { 0 }, two = { 0 };
	AUTO_SPEC struct zone_spec a, b;
	AUTO_STRV struct strv x = { 0 }, y = { 0 };
	struct zerr e = { 0 };

	(void)st;
	for (size_t i = 0; i < 3 * sizeof(samples) / sizeof(*samples); i++) {
		AUTO_FREE char *path = member(samples[i / 3][0], (int)(i % 3));
		bool changed;

		assert_int_equal(conf_edit(&one, path, samples[i / 3][1], &changed, &e), 0);
	}
	spec_init(&a);
	assert_int_equal(conf_parse(&a, one.p, "f", &e), 0);
	assert_int_equal(conf_dump(&a, true, &x), 0);
	for (size_t i = 0; i < x.n; i += 2)
		edit_ok(&two, x.v[i], x.v[i + 1], true);
	spec_init(&b);
	assert_int_equal(conf_parse(&b, two.p, "f", &e), 0);
	assert_int_equal(conf_dump(&b, true, &y), 0);
	assert_int_equal(x.n, y.n);
	assert_true(x.n > 2 * 80);
	for (size_t i = 0; i < x.n; i++)
		assert_string_equal(x.v[i], y.v[i]);
	for (size_t i = 0; i < x.n; i += 2)
		edit_ok(&two, x.v[i], NULL, true);
	assert_string_equal(two.p, "format = 1\n");
}

/* Random values of every printable kind, many times over. */
static void any_text_round_trips(void **st)
{
	static const char *const bits[] = { "\"", "'", "\\", "$", "${HOME}", "${", "}", "{", "#", "//", "/*",
					    "*/", "=", ",", " ", "a", "Z9", "ä", "€", "𝄞", "\\n", "\\x41",
					    "\\7", ";", "|", "(", "+" };
	AUTO_BUF struct buf text = { 0 };
	unsigned seed = 1;

	(void)st;
	for (int i = 0; i < 400; i++) {
		AUTO_BUF struct buf value = { 0 };
		AUTO_FREE char *path = str_fmt("user.k%d", i % 7);
		struct zerr e = { 0 };
		bool changed;

		buf_str(&value, "");
		for (int n = i % 11; n > 0; n--) {
			seed = seed * 1103515245 + 12345;
			buf_str(&value, bits[(seed >> 16) % (sizeof(bits) / sizeof(*bits))]);
		}
		assert_int_equal(conf_edit(&text, path, value.p ? value.p : "", &changed, &e), 0);
		assert_everywhere(&text, path, value.p ? value.p : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_of_the_text_stays), cmocka_unit_test(format_line_is_added),
		cmocka_unit_test(same_value_in_other_words),  cmocka_unit_test(refused_edits_change_nothing),
		cmocka_unit_test(every_key_round_trips),      cmocka_unit_test(a_dump_can_be_set_again),
		cmocka_unit_test(any_text_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
