/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The round trip: file, dotted path and value agree for every key and for any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "conf/keys.h"

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

/* Two values of each key, neither its default. */
static const char *const samples[][3] = {
	{ "hostname", "web", "a.b" },
	{ "autostart", "true", "false" },
	{ "groups", "a,b", "c" },
	{ "start.after", "a,b-c", "d" },
	{ "start.requires", "a", "b-c,d" },
	{ "start.order", "5", "1" },
	{ "start.delay", "5", "1" },
	{ "arch", "amd64", "arm64" },
	{ "init", "/sbin/init", "/a b/\"c\"" },
	{ "init.mode", "stub", "plain" },
	{ "init.env.NAME", "a=b 'c' \"d\" \\e ${HOME} #f", "" },
	{ "stop.signal", "RTMIN+3", "9" },
	{ "stop.timeout", "5", "0" },
	{ "reboot.signal", "SIGINT", "HUP" },
	{ "restart.policy", "on-failure", "always" },
	{ "restart.delay", "5", "60" },
	{ "restart.delay_max", "5", "60" },
	{ "restart.limit", "5", "1" },
	{ "health.command", "/bin/true  'x'", "/a" },
	{ "health.interval", "5", "60" },
	{ "health.timeout", "5", "60" },
	{ "health.retries", "5", "1" },
	{ "health.start_period", "5", "60" },
	{ "health.action", "restart", "kill" },
	{ "console.ttys", "4", "1" },
	{ "console.log_size", "64K", "0" },
	{ "journal.link", "auto", "host" },
	{ "root.backend", "overlay", "dir" },
	{ "root.size", "10G", "1025" },
	{ "root.fs", "xfs", "btrfs" },
	{ "lvm.vg", "vg0", "a.b-c" },
	{ "lvm.pool", "thin", "P_1" },
	{ "security.level", "nesting", "strict" },
	{ "security.no_new_privs", "true", "false" },
	{ "security.compat32", "true", "false" },
	{ "security.fuse", "true", "false" },
	{ "security.tun", "true", "false" },
	{ "security.caps_add", "CAP_BPF,syslog", "SYSLOG" },
	{ "security.caps_drop", "CAP_BPF,syslog", "" },
	{ "limits.cpu", "1.5", "50%" },
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
	{ "net.NIC.guard.mac", "false", "true" },
	{ "net.NIC.guard.ipv4", "false", "true" },
	{ "net.NIC.guard.ipv6", "false", "true" },
	{ "net.NIC.guard.ra", "false", "true" },
	{ "net.NIC.guard.dhcp", "false", "true" },
	{ "net.NIC.guard.ethertype", "false", "true" },
	{ "net.NIC.limits.ingress", "10M", "1Gbit" },
	{ "net.NIC.limits.egress", "8k", "9500kbit" },
	{ "net.NIC.type", "none", "veth" },
	{ "net.NIC.network", "lab", "zonebr0" },
	{ "net.NIC.parent", "br0", "eth0.5" },
	{ "net.NIC.mode", "private", "l3" },
	{ "net.NIC.address", "10.77.0.5/16", "10.77.0.6/16,fd00::5/64" },
	{ "net.NIC.gateway", "10.77.0.1", "none" },
	{ "net.NIC.mac", "02:00:00:00:00:01", "AA:bb:cc:DD:ee:0f" },
	{ "net.NIC.mtu", "1400", "68" },
	{ "net.NIC.vlan", "5", "4094" },
	{ "net.NIC.vlans", "5,7", "4094" },
	{ "forward.PORT", "80", "65535" },
	{ "mount.NAME.source", "/srv/ä b", "tmpfs" },
	{ "mount.NAME.target", "/var/$x/#y", "/a//b" },
	{ "mount.NAME.readonly", "true", "false" },
	{ "mount.NAME.idmap", "false", "true" },
	{ "mount.NAME.options", "nosuid,mode=0755", "" },
	{ "mount.NAME.optional", "true", "false" },
	{ "mount.NAME.size", "64M", "1" },
	{ "hook.timeout", "5", "600" },
	{ "hook.NAME", "/bin/true a  'b'", "/x" },
	{ "credential.ID", "it's \"${HOME}\" # a\tb", "base64:Zg==" },
	{ "device.NAME.path", "/dev/kvm", "/dev/a b" },
	{ "device.NAME.target", "/dev/x/y", "/dev/z" },
	{ "device.NAME.access", "r", "mwr" },
	{ "device.NAME.mode", "0666", "600" },
	{ "device.NAME.uid", "1000", "65535" },
	{ "device.NAME.gid", "5", "1" },
	{ "device.NAME.optional", "true", "false" },
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
		{ "forward.PORT", "8080", "10.0.0.1:80-90/udp", "[fd00::1]:443" },
		{ "mount.NAME", "data", "a.b-c_d", "source" },
		{ "hook.NAME", "prestart", "poststop", "start" },
		{ "credential.ID", "ssh.authorized_keys.root", "a-b_c@d+e", "base64" },
		{ "sysctl.NAME", "net.ipv4.ip_forward", "kernel.msgmax",
		  "net.ipv4.conf.eth0/5.rp_filter" },
		{ "raw.cgroup.FILE", "memory.high", "io.max", "cgroup.max.depth" },
		{ "user.NAME", "note", "it's:#\"odd\"\\${x},{}//*+()ä", "/a//b.c" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *word = strrchr(names[i][0], '.') + 1;

		if (str_starts(row, names[i][0]))
			return str_fmt("%.*s%s%s", (int)(word - names[i][0]), row,
				       names[i][1 + which], row + strlen(names[i][0]));
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
	"# c\nlimits { } raw { cgroup { } } init.env { }\nnet eth0 { } mount data { }\nuser {} "
	"sysctl { # }\n}\n",
	"limits {\n  io {\n  } # c\n}\nraw.cgroup { }\nraw {\n}\nnet type { # c\n}\nmount a.b-c_d "
	"{ /* } */ }\n"
	"security {\n}\nstop { timeout = 7 } reboot { }\nconsole { log_size = 9M # 10M\n}\nroot { "
	"size = 7K }",
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
	static const char *const bits[] = { "\"",    "'",   "\\", "$",	"${HOME}", "${", "}",
					    "{",     "#",   "//", "/*", "*/",	   "=",	 ",",
					    " ",     "a",   "Z9", "ä",	"€",	   "𝄞",	 "\\n",
					    "\\x41", "\\7", "\t", ";",	"|",	   "(",	 "+" };
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
		cmocka_unit_test(every_key_round_trips),
		cmocka_unit_test(a_dump_can_be_set_again),
		cmocka_unit_test(any_text_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
