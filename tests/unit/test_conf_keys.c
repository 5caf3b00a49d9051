/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key table holds together, and each key takes and refuses what it should. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "conf/keys.h"

static int store(const char *path, const char *value, struct zerr *e)
{
	AUTO_SPEC struct zone_spec s;
	AUTO_STRV struct strv v = { 0 };
	const struct key *k = conf_key_find(path);

	spec_init(&s);
	if (!k)
		fail_msg("%s: unknown", path);
	assert_int_equal(k->type == KEY_LIST ? strv_split(&v, value, ",") : strv_add(&v, value), 0);
	return key_store(&s, k, path, &v, e);
}

struct value {
	const char *path;
	const char *good[8];
	const char *bad[12];
};

static const struct value values[] = {
	{ "hostname",
	  { "web", "a.b-c.example", "A1" },
	  { "", "-a", "a-", "a..b", ".a", "a.", "a_b", "a b", "a.-b",
	    "0123456789012345678901234567890123456789012345678901234567890123.b" } },
	{ "autostart",
	  { "yes", "no", "true", "false", "on", "off", "1", "0" },
	  { "", "maybe", "TRUE" } },
	{ "groups", { "", "a", "a,b.c,d_e" }, { "a b", "-a", "a,ü" } },
	{ "arch", { "amd64", "arm64", "i386" }, { "", "x86_64", "amd" } },
	{ "init", { "/sbin/init", "/a b" }, { "", "init", "/", "/a/../b", "/..", "/a/." } },
	{ "init.env.TZ",
	  { "", "UTC", "a=b $c 'd'", "\t" },
	  { "a\nb", "\x1b[0m", "\x7f", "\xc0\x80" } },
	{ "stop.signal",
	  { "TERM", "SIGTERM", "15", "RTMIN+3", "SIGRTMIN+3", "RTMAX-1", "PWR" },
	  { "", "0", "65", "term", "SIG", "RTMIN-1", "RTMIN+31", "RTMIN+", "FOO" } },
	{ "stop.timeout", { "0", "60", "2147483" }, { "", "-1", "60s", "2147484", "1.5" } },
	{ "console.ttys", { "0", "15" }, { "16", "x" } },
	{ "console.log_size", { "0", "1M" }, { "1m", "M", "1.5M" } },
	{ "root.backend", { "overlay", "dir" }, { "", "a/b", "a b" } },
	{ "root.size", { "10G", "1024" }, { "10GB", "99999999999T" } },
	{ "security.caps_add",
	  { "CAP_SYS_TIME", "sys_time,BPF", "" },
	  { "SYS", "CAP_", "sys_time bpf", "all" } },
	{ "limits.cpu",
	  { "1", "1.5", "0.25", "0.01", "0.1", "100%", "max" },
	  { "", "0", "0.0", "0.00", "0.009", "1.", ".5", "1.5555", "101%", "-1", "1e3", "%" } },
	{ "limits.cpu_weight", { "1", "10000" }, { "0", "10001", "idle" } },
	{ "limits.cpuset",
	  { "0", "0-3,8", "1,2,3" },
	  { "", "3-0", "0-", ",1", "1,", "1,,2", "a", "0 1" } },
	{ "limits.memory",
	  { "2G", "1", "50%", "100%", "max" },
	  { "", "0", "0K", "101%", "2GB", "-1", "half" } },
	{ "limits.swap", { "0", "2G", "max" }, { "", "no" } },
	{ "limits.pids", { "1", "4096", "max" }, { "0", "4194305", "1K" } },
	{ "limits.io./dev/sda",
	  { "rbps=10M", "rbps=10M wbps=max riops=100 wiops=5" },
	  { "", "rbps", "rbps=", "rbps=0", "riops=1M", "x=1", "rbps=1 rbps=2", "10M" } },
	{ "limits.io.8:16", { "rbps=10M" }, { "" } },
	{ "limits.hugetlb", { "2M=512M", "2M=1G 1G=max" }, { "", "512M", "3M=1G", "1=1", "2M=" } },
	{ "limits.memory_low", { "10%" }, { "1\t" } },
	{ "limits.oom", { "zone", "process" }, { "", "kill" } },
	{ "rlimit.nofile",
	  { "1024", "1024:4096", "unlimited", "1:unlimited", "64M" },
	  { "", ":", "5:4", "1:2:3", "unlimited:1", "infinity" } },
	{ "net.eth0.type", { "veth", "none" }, { "", "vet" } },
	{ "net.eth0.network", { "zonebr0", "lab-1" }, { "", "a/b", "0123456789abcdef" } },
	{ "net.eth0.address",
	  { "10.77.0.5/16", "fd00::5/64", "10.0.0.1/32", "10.77.0.5/16,fd00::5/64", "" },
	  { "10.77.0.5", "10.77.0.5/33", "10.77.0.5/0", "10.77.0/16", "fd00::5/129", "/16",
	    "10.77.0.5/16 ", "10.77.0.5/ 16" } },
	{ "net.eth0.gateway", { "10.77.0.1", "fe80::1", "none" }, { "10.77.0.1/16", "gw" } },
	{ "net.eth0.mac",
	  { "02:00:00:00:00:01", "AA:bb:cc:DD:ee:0f" },
	  { "", "01:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "02-00-00-00-00-01",
	    "2:0:0:0:0:1", "02:00:00:00:00:01:" } },
	{ "net.eth0.guard.mac", { "yes", "false" }, { "", "maybe" } },
	{ "net.eth0.limits.ingress",
	  { "8k", "10M", "10Mbit", "1Gbit", "1g", "8000", "9000000bit" },
	  { "", "7999", "10MB", "10 M", "1.5M", "M", "-1M", "10Mbits", "99999999999G" } },
	{ "net.eth0.parent", { "br0", "eth0.5", "web" }, { "", "a/b", "a b", "-x" } },
	{ "net.eth0.mode", { "bridge", "private", "l3s" }, { "", "l4" } },
	{ "net.eth0.vlan", { "1", "4094" }, { "", "0", "4095", "x" } },
	{ "net.eth0.vlans", { "", "1", "1,2,4094" }, { "0", "1,4095", "1-3" } },
	{ "forward.8080", { "1", "65535" }, { "", "0", "65536", "80/udp", "80-81" } },
	{ "net.eth0.mtu", { "68", "1500", "65535" }, { "67", "65536", "" } },
	{ "mount.data.source", { "/srv/www", "tmpfs" }, { "", "srv", "/", "/a/../b" } },
	{ "mount.data.target", { "/var/www" }, { "", "var", "/", "tmpfs" } },
	{ "mount.data.options", { "", "nosuid,nodev", "mode=0755" }, { "a b", "a;b" } },
	{ "sysctl.net.ipv4.ip_forward", { "1", "1024 4096" }, { "" } },
	{ "raw.cgroup.memory.high", { "1G" }, { "", "1\n2" } },
	{ "user.note",
	  { "", "äöü € 𝄞", "\"'\\$#{}" },
	  { "\x01", "\xc3", "\xed\xa0\x80", "\xc2\x85" } },
};

static void each_key_takes_and_refuses(void **st)
{
	(void)st;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const struct value *v = &values[i];
		struct zerr e = { 0 };

		for (size_t k = 0; k < 8 && v->good[k]; k++) {
			if (store(v->path, v->good[k], &e) < 0)
				fail_msg("%s=%s: %s", v->path, v->good[k], e.msg);
		}
		for (size_t k = 0; k < 12 && v->bad[k]; k++) {
			if (store(v->path, v->bad[k], &e) != -EINVAL || e.status != ZERR_USAGE)
				fail_msg("%s=%s was taken", v->path, v->bad[k]);
		}
	}
}

static void names_of_families(void **st)
{
	static const char *const bad[] = {
		"init.env.1A",
		"init.env.A-B",
		"net.a b.mtu",
		"net.a/b.mtu",
		"net.lo.mtu",
		"net.0123456789abcdef.mtu",
		"net.-a.mtu",
		"mount.-a.size",
		"mount.a/b.size",
		"sysctl.net..ipv4",
		"sysctl.../a",
		"sysctl.a.",
		"sysctl.a b",
		"sysctl.kernel.panic",
		"sysctl.vm.swappiness",
		"sysctl.user.max_user_namespaces",
		"rlimit.files",
		"raw.cgroup.a/b.c",
		"raw.cgroup.cgroup.procs",
		"raw.cgroup...",
		"raw.cgroup.memory",
		"limits.io.sda",
		"limits.io.8:",
		"limits.io.8:x",
		"limits.io./dev/../sda",
		"user.a b",
		"user.a=b",
		"user.a\nb",
	};

	(void)st;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct zerr e = { 0 };

		if (store(bad[i], "1500", &e) != -EINVAL || strstr(e.msg, "1500"))
			fail_msg("%s was taken: %s", bad[i], e.msg);
	}
}

static void finding_keys(void **st)
{
	static const char *const unknown[] = { "",	   ".",		"net",
					       "net.eth0", "net..mtu",	"user",
					       "user.",	   "limits.io", "limits.io.",
					       "Hostname", "hostname.", "security.nesting",
					       "health.x", "format" };

	(void)st;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_null(conf_key_find(unknown[i]));
	assert_string_equal(conf_key_find("init.env.NAME")->name, "init.env.NAME");
	assert_string_equal(conf_key_find("net.NIC.type")->name, "net.NIC.type");
	assert_string_equal(conf_key_find("net.a.b.type")->name, "net.NIC.type");
	assert_string_equal(conf_key_find("sysctl.net.a.type")->name, "sysctl.NAME");
	assert_string_equal(conf_key_find("limits.io./dev/sda.1")->name, "limits.io.DEVICE");
}

/* Rules that rows follow: nothing here may crash for a key that is added later. */
static void the_table_holds_together(void **st)
{
	(void)st;
	for (const struct key *k = conf_keys; k->name; k++) {
		const bool family = k->name[strcspn(k->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
		struct zerr e = { 0 };

		assert_true(k->help && *k->help && strlen(k->help) < 90 && !strchr(k->help, '\n'));
		assert_ptr_equal(conf_key_find(k->name), k);
		assert_int_equal(family, k->check_name != NULL);
		assert_true(k->type == KEY_BOOL || k->values);
		assert_int_equal(k->place == PLACE_LIST, k->type == KEY_LIST);
		if (k->place == PLACE_PAIR)
			assert_true(k->skip > 0 && k->name[k->skip - 1] == '.');
		if (k->missing && !family && store(k->name, k->missing, &e) < 0)
			fail_msg("%s: default: %s", k->name, e.msg);
		if (str_starts(k->name, "security.") || str_starts(k->name, "mount.") ||
		    str_starts(k->name, "raw."))
			assert_true(k->root_only);
	}
}

static void nearest_is_suggested(void **st)
{
	static const char *const pairs[][2] = {
		{ "hostnme", "did you mean hostname?" },
		{ "stop.timout", "did you mean stop.timeout?" },
		{ "net.eth0.adress", "did you mean net.eth0.address?" },
		{ "mount.data.sorce", "did you mean mount.data.source?" },
		{ "something.else", "\"zone help keys\" lists them" },
	};

	(void)st;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct zerr e = { 0 };

		assert_int_equal(conf_key_unknown(pairs[i][0], &e), -EINVAL);
		assert_int_equal(e.status, ZERR_USAGE);
		assert_string_equal(e.hint, pairs[i][1]);
	}
}

static void signals(void **st)
{
	(void)st;
	assert_int_equal(conf_signal("TERM"), SIGTERM);
	assert_int_equal(conf_signal("SIGKILL"), SIGKILL);
	assert_int_equal(conf_signal("RTMIN+3"), SIGRTMIN + 3);
	assert_int_equal(conf_signal("SIGRTMAX"), SIGRTMAX);
	assert_int_equal(conf_signal("RTMIN+30"), SIGRTMAX);
	assert_int_equal(conf_signal("15"), 15);
	assert_int_equal(conf_signal("SIG15"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_takes_and_refuses),
		cmocka_unit_test(names_of_families),
		cmocka_unit_test(finding_keys),
		cmocka_unit_test(the_table_holds_together),
		cmocka_unit_test(nearest_is_suggested),
		cmocka_unit_test(signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
