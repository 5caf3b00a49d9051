/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits: what changes in the text and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

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
	{ "groups = {\n a, # one\n b\n} // c\n", "groups", "x,y",
	  "groups = {\"x\", \"y\"} // c\n" },
	{ "groups = {a}\n", "groups", "", "groups = {}\n" },
	{ "limits.memory = 1G\n", "limits.memory", "2G", "limits.memory = \"2G\"\n" },
	{ "raw { cgroup { \"a.b\" = 1 } }\n", "raw.cgroup.a.b", "2",
	  "raw { cgroup { \"a.b\" = 2 } }\n" },
	{ "limits {\r\n\tpids = 1\r\n}\r\n", "limits.pids", "2",
	  "limits {\r\n\tpids = 2\r\n}\r\n" },
	/* into a block */
	{ "limits { memory = \"2G\" }\n", "limits.pids", "9",
	  "limits { memory = \"2G\"  pids = 9 }\n" },
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
	/* words that nothing separates */
	{ "groups = {a}limits { }\n", "arch", "amd64",
	  "groups = {a}  arch = \"amd64\" limits { }\n" },
	{ "autostart=\"no\"limits{}\n", "autostart", "on", "autostart=true limits{}\n" },
	{ "user{a=x\"b\"=y c=z}\n", "user.b", NULL, "user{a=x c=z}\n" },
	{ "user{a=x\"b\"=y}\n", "user.b", NULL, "user{a=x }\n" },
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
	{ "limits { memory = \"2G\"  cpu = 1 }\n", "limits.cpu", NULL,
	  "limits { memory = \"2G\" }\n" },
	{ "limits { memory = \"2G\"\n  cpu = 1 }\n", "limits.memory", NULL,
	  "limits {\n  cpu = 1 }\n" },
	{ "limits { cpu = 1 /* x */ pids = 9 }\n", "limits.cpu", NULL,
	  "limits { /* x */ pids = 9 }\n" },
	{ "limits { pids = 9 }\narch = amd64\n", "limits.pids", NULL, "arch = amd64\n" },
	{ "limits {\n\tpids = 9\n\n}\n# c\n", "limits.pids", NULL, "# c\n" },
	{ "limits {\n\t# why\n\tpids = 9\n}\n", "limits.pids", NULL, "limits {\n\t# why\n}\n" },
	{ "raw { cgroup { a.b = 1 } }\n", "raw.cgroup.a.b", NULL, "" },
	{ "limits { } user { a = b }\n", "user.a", NULL, "limits { }\n" },
	{ "net eth0 { mtu = 99 }\nnet eth1 { }\n", "net.eth0.mtu", NULL, "net eth1 { }\n" },
	{ "groups = {\n \"a\",\n \"b\"\n}\n", "groups", NULL, "" },
	{ "net eth0 { mtu = 99 # c\n}\nnet.eth0.type = veth\nnet.eth0.5.mtu = 99\n", "net.eth0",
	  NULL, "net.eth0.5.mtu = 99\n" },
	{ "mount a { source = /a }\nmount b { source = /b }\n", "mount.a", NULL,
	  "mount b { source = /b }\n" },
	{ "init = /sbin/init\ninit.mode = stub\n", "init", NULL, "init.mode = stub\n" },
};

static void edit_ok(struct buf *text, const char *path, const char *value, bool changes_it)
{
	struct zerr e = { 0 };
	bool changed = !changes_it;

	if (conf_edit(text, path, value, &changed, &e) < 0)
		fail_msg("%s=%s: %s\n%s", path, value ? value : "(none)", e.msg, text->p);
	if (changed != changes_it)
		fail_msg("%s=%s: changed is %d\n%s", path, value ? value : "(none)", changed,
			 text->p);
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
		{ "arch = amd64", "net.eth0.adress", NULL, "net.eth0.adress: unknown key",
		  -EINVAL },
		{ "arch = amd64", "limits", NULL, "limits: unknown key", -EINVAL },
		{ "arch = amd64", "format", "1", "format: unknown key", -EINVAL },
		{ "arch = amd64", "hostname", "a b", "hostname: not a host name: a b", -EINVAL },
		{ "arch = amd64", "user.a", "b\nautostart = true",
		  "user.a: control characters and bytes that are not UTF-8 are not allowed",
		  -EINVAL },
		{ "arch = amd64", "user.a\nb", "c",
		  "user.a?b: control characters and bytes that are not UTF-8 are not allowed",
		  -EINVAL },
		{ "arch = amd64", "hostname", NULL, "hostname: not set", -ENOENT },
		{ "arch = amd64", "limits.pids", NULL, "limits.pids: not set", -ENOENT },
		{ "arch = amd64", "net.eth0", NULL, "net.eth0: not set", -ENOENT },
		{ "arch = amd64\nbad", "arch", "arm64",
		  "zone.conf:2: after bad there should be = or {", -EINVAL },
		{ "format = 2", "arch", "arm64",
		  "zone.conf:1: format: written by a newer zone (format 2, this one knows 1)",
		  -EINVAL },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct zerr e = { 0 };
		bool changed;

		buf_str(&text, cases[i].text);
		assert_int_equal(conf_edit(&text, cases[i].path, cases[i].value, &changed, &e),
				 cases[i].error);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.status, cases[i].error == -EINVAL ? ZERR_USAGE : ZERR_FAILED);
		assert_string_equal(text.p, cases[i].text);
	}
}

static void a_file_with_a_nul_is_left_alone(void **st)
{
	AUTO_BUF struct buf text = { 0 };
	struct zerr e = { 0 };
	bool changed;

	(void)st;
	buf_add(&text, "arch = amd64\0init = x", 21);
	assert_int_equal(conf_edit(&text, "arch", "arm64", &changed, &e), -EINVAL);
	assert_string_equal(e.msg, "zone.conf: not a text file");
	assert_int_equal(text.len, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_of_the_text_stays),
		cmocka_unit_test(format_line_is_added),
		cmocka_unit_test(same_value_in_other_words),
		cmocka_unit_test(refused_edits_change_nothing),
		cmocka_unit_test(a_file_with_a_nul_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
