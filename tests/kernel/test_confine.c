/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities as a process and what it executes have them, and the device program on a group. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/caps.h"
#include "core/devices.h"
#include "help.h"

#define BIT(name) (UINT64_C(1) << CAP_##name)

/* ---- capabilities ---------------------------------------------------------------------------- */

static uint64_t mask_of(enum security_level level, const char *add, const char *drop)
{
	AUTO_STRV struct strv a = { 0 }, d = { 0 };
	struct zerr e = { 0 };
	uint64_t mask = 0;

	assert_int_equal(add ? strv_split(&a, add, " ") : 0, 0);
	assert_int_equal(drop ? strv_split(&d, drop, " ") : 0, 0);
	assert_int_equal(caps_mask(level, &a, &d, &mask, &e), 0);
	return mask;
}

static void masks(void **state)
{
	const uint64_t normal = mask_of(LEVEL_DEFAULT, NULL, NULL);
	const char *const never[] = { "sys_module", "cap_sys_rawio", "CAP_SYS_TIME" };

	(void)state;
	assert_int_equal(__builtin_popcountll(normal), 25);
	assert_int_equal(normal & (BIT(SYS_MODULE) | BIT(SYS_RAWIO) | BIT(SYS_TIME) | BIT(SYSLOG) |
				   BIT(AUDIT_CONTROL) | BIT(AUDIT_READ) | BIT(AUDIT_WRITE) |
				   BIT(BPF) | BIT(PERFMON) | BIT(MAC_ADMIN) | BIT(MAC_OVERRIDE)),
			 0);
	assert_int_equal(mask_of(LEVEL_NESTING, NULL, NULL), normal);
	assert_int_equal(mask_of(LEVEL_PRIVILEGED, NULL, NULL),
			 normal | BIT(MAC_ADMIN) | BIT(SYSLOG) | BIT(WAKE_ALARM));
	assert_int_equal(mask_of(LEVEL_STRICT, NULL, NULL) & ~normal, 0);
	assert_int_equal(mask_of(LEVEL_STRICT, NULL, NULL) & BIT(SYS_ADMIN), 0);
	assert_int_equal(mask_of(LEVEL_DEFAULT, "SYS_TIME cap_syslog", "CAP_NET_RAW Mknod"),
			 (normal | BIT(SYS_TIME) | BIT(SYSLOG)) & ~(BIT(NET_RAW) | BIT(MKNOD)));
	assert_int_equal(mask_of(LEVEL_DEFAULT, "syslog", "syslog"), normal); /* drop is last */
	for (size_t i = 0; i < 3; i++) {
		AUTO_STRV struct strv add = { 0 };
		struct zerr e = { 0 };
		uint64_t mask = 77;

		assert_int_equal(strv_add(&add, never[i]), 0);
		assert_true(caps_mask(LEVEL_PRIVILEGED, &add, NULL, &mask, &e) < 0);
		assert_int_equal(e.status, ZERR_USAGE);
		assert_int_equal(mask, 77);
	}
}

static void bad_names(void **state)
{
	static const char *const names[] = { "",    "cap_",	"net_everything", "12",
					     "all", "net_raw ", "cap_cap_net_raw" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AUTO_STRV struct strv v = { 0 };
		struct zerr e = { 0 };
		uint64_t mask;

		assert_int_equal(strv_add(&v, names[i]), 0);
		assert_true(caps_mask(LEVEL_DEFAULT, NULL, &v, &mask, &e) < 0);
		assert_int_equal(e.status, ZERR_USAGE);
		assert_non_null(strstr(e.msg, "unknown capability"));
	}
}

struct cap_sets {
	uint64_t inh, prm, eff, bnd, amb;
};

static struct cap_sets parse_status(const char *text)
{
	struct cap_sets s = { 1, 1, 1, 1, 1 };
	const char *at = strstr(text, "CapInh:");

	assert_non_null(at);
	assert_int_equal(sscanf(at,
				"CapInh: %" SCNx64 " CapPrm: %" SCNx64 " CapEff: %" SCNx64
				" CapBnd: %" SCNx64 " CapAmb: %" SCNx64,
				&s.inh, &s.prm, &s.eff, &s.bnd, &s.amb),
			 5);
	return s;
}

/* What a program executed after caps_drop(@mask) has. @userns -1: none. */
static struct cap_sets after(int userns, uint64_t mask, bool ambient)
{
	AUTO_CLOSE int out = memfd_create("status", 0);
	const pid_t pid = fork();
	char text[8192] = "";
	struct zerr e;
	int status = 0;

	if (pid == 0) {
		if (userns >= 0 && (setns(userns, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 ||
				    setresuid(0, 0, 0) < 0))
			_exit(1);
		if (ambient && (syscall(SYS_capset,
					&(struct __user_cap_header_struct){
						.version = _LINUX_CAPABILITY_VERSION_3 },
					(struct __user_cap_data_struct[2]){
						{ ~0U & ~(1U << CAP_SYS_RESOURCE),
						  ~0U & ~(1U << CAP_SYS_RESOURCE), 1 },
						{ 0x1ff, 0x1ff, 0 } }) < 0 ||
				prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) < 0))
			_exit(2);
		if (caps_drop(mask, &e) < 0 || dup2(out, 1) < 0)
			_exit(3);
		(void)execl("/bin/cat", "cat", "/proc/self/status", NULL);
		_exit(4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(pread(out, text, sizeof(text) - 1, 0) > 0);
	return parse_status(text);
}

static void sets_in_a_user_namespace(void **state)
{
	AUTO_CLOSE int userns = test_userns();
	const uint64_t mask = mask_of(LEVEL_DEFAULT, NULL, NULL);
	const struct cap_sets s = after(userns, mask, false);

	(void)state;
	assert_int_equal(s.prm, mask);
	assert_int_equal(s.eff, mask);
	assert_int_equal(s.bnd, mask);
	assert_int_equal(s.inh, 0);
	assert_int_equal(s.amb, 0);
}

/* Without one the caller may lack some of the list (this host's root does): not an error. */
static void sets_on_the_host(void **state)
{
	const uint64_t mask = mask_of(LEVEL_PRIVILEGED, NULL, NULL);
	const struct cap_sets before = after(-1, UINT64_MAX, false);
	const struct cap_sets s = after(-1, mask, true);

	(void)state;
	assert_int_equal(s.prm, mask & before.prm);
	assert_int_equal(s.eff, mask & before.prm);
	assert_int_equal(s.bnd & ~mask, 0);
	assert_int_equal(s.inh, 0);
	assert_int_equal(s.amb, 0);
}

/* ---- devices --------------------------------------------------------------------------------- */

static int cgroup_mount(void)
{
	AUTO_FCLOSE FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], path[4096];

	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1)
			return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

struct group {
	int top, fd, nodes;
	char name[32];
};

static int group_setup(void **state)
{
	static struct group g;
	struct zerr e;

	g.top = cgroup_mount();
	if (g.top < 0)
		return -1;
	(void)snprintf(g.name, sizeof(g.name), "zone-test-%d", getpid());
	g.fd = fs_subdir(g.top, g.name, 0755, &e);
	g.nodes = test_dir_make();
	*state = &g;
	return g.fd < 0 || g.nodes < 0 ? -1 : 0;
}

static int group_teardown(void **state)
{
	struct group *g = *state;

	own_close(g->fd);
	(void)unlinkat(g->top, g->name, AT_REMOVEDIR);
	own_close(g->top);
	test_dir_remove(g->nodes);
	return 0;
}

/* Run @fn in the group. */
static int run_in_group(const struct group *g, int (*fn)(int nodes))
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t)g->fd };
	const pid_t pid = sys_clone3(&args);
	int status = 0;

	if (pid == 0)
		_exit(fn(g->nodes));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int node(int dir, const char *name, mode_t type, unsigned major, unsigned minor)
{
	return mknodat(dir, name, type | 0600, makedev(major, minor)) < 0 ? -errno : 0;
}

static int open_errno(int dir, const char *name, int flags)
{
	AUTO_CLOSE int fd = openat(dir, name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static int default_devices(int dir)
{
	static const unsigned allowed[][2] = { { 1, 3 }, { 1, 5 },   { 1, 7 },
					       { 1, 8 }, { 1, 9 },   { 5, 0 },
					       { 5, 2 }, { 136, 0 }, { 136, 70000 } };
	int bad = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		bad += check(node(dir, "n", S_IFCHR, allowed[i][0], allowed[i][1]) == 0, "mknod");
		bad += check(open_errno(dir, "n", O_RDWR) != EPERM, "open");
		bad += check(unlinkat(dir, "n", 0) == 0, "unlink");
	}
	bad += check(node(dir, "console", S_IFCHR, 5, 1) == 0, "mknod console");
	bad += check(open_errno(dir, "console", O_RDONLY) == EPERM, "open console");
	bad += check(node(dir, "n", S_IFCHR, 1, 1) == -EPERM, "mknod mem");
	bad += check(node(dir, "n", S_IFBLK, 1, 3) == -EPERM, "mknod of a block device");
	bad += check(node(dir, "n", S_IFCHR, 4, 0) == -EPERM, "mknod tty0");
	bad += check(node(dir, "white", S_IFCHR, 0, 0) == 0, "whiteout");
	bad += check(node(dir, "fifo", S_IFIFO, 0, 0) == 0, "fifo");
	bad += check(open_errno(dir, "kmsg", O_RDONLY) == EPERM, "open kmsg");
	bad += check(open_errno(dir, "fuse", O_RDWR) == EPERM, "open fuse");
	bad += check(open_errno(AT_FDCWD, "/dev/null", O_RDWR) == 0, "open null");
	return bad;
}

static int with_fuse(int dir)
{
	return check(open_errno(dir, "fuse", O_RDWR) != EPERM, "open fuse") +
	       check(open_errno(dir, "kmsg", O_RDONLY) == EPERM, "open kmsg");
}

/* Read-only rules, block devices, wildcards. */
static int own_rules(int dir)
{
	return check(open_errno(dir, "kmsg", O_RDONLY) == 0, "read kmsg") +
	       check(open_errno(dir, "kmsg", O_RDWR) == EPERM, "write kmsg") +
	       check(node(dir, "k2", S_IFCHR, 1, 11) == -EPERM, "mknod kmsg") +
	       check(node(dir, "b", S_IFBLK, 7, 250) == 0, "mknod of a block device") +
	       check(open_errno(AT_FDCWD, "/dev/null", O_RDONLY) == EPERM, "open null");
}

static unsigned attached(int cgroup_fd)
{
	union bpf_attr attr = { 0 };

	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)), 0);
	return attr.query.prog_cnt;
}

/* A program of somebody else's that allows everything. */
static void attach_foreign(int cgroup_fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };
	AUTO_CLOSE int fd = -1;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "MIT";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(fd >= 0);
	attr = (union bpf_attr){ 0 };
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), 0);
}

static void attach(const struct group *g, const struct device_rule *rules, size_t n)
{
	struct zerr e = { 0 };
	const int r = devices_attach(g->fd, rules, n, &e);

	assert_string_equal(e.msg, "");
	assert_int_equal(r, 0);
}

static void device_program(void **state)
{
	const struct device_rule mine[] = {
		{ 'c', DEVICE_READ, 1, 11 },
		{ 'b', DEVICE_MKNOD, 7, DEVICE_ANY },
	};
	struct device_rule rules[DEVICES_MAX];
	struct zone_spec spec = { 0 };
	struct zerr e = { 0 };

	struct group *g = *state;

	assert_int_equal(node(g->nodes, "kmsg", S_IFCHR, 1, 11), 0);
	assert_int_equal(node(g->nodes, "fuse", S_IFCHR, 10, 229), 0);
	attach_foreign(g->fd);
	attach(g, rules, (size_t)devices_rules(&spec, rules, &e));
	assert_int_equal(run_in_group(g, default_devices), 0);
	spec.fuse = spec.tun = true;
	attach(g, rules, (size_t)devices_rules(&spec, rules, &e));
	assert_int_equal(run_in_group(g, with_fuse), 0);
	attach(g, mine, 2);
	assert_int_equal(run_in_group(g, own_rules), 0);
	assert_int_equal(attached(g->fd), 2);
	attach(g, NULL, 0);
	assert_int_equal(attached(g->fd), 2);
}

static void bad_group(void **state)
{
	struct group *g = *state;
	struct zerr e = { 0 };

	assert_true(devices_attach(g->nodes, NULL, 0, &e) < 0);
	assert_int_equal(e.status, ZERR_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(sets_in_a_user_namespace),
		cmocka_unit_test(sets_on_the_host),
		cmocka_unit_test_setup_teardown(device_program, group_setup, group_teardown),
		cmocka_unit_test_setup_teardown(bad_group, group_setup, group_teardown),
	};
	AUTO_CLOSE int group = cgroup_mount();

	test_need_root();
	if (group < 0) {
		(void)fputs("skipped: a cgroup v2 mount is missing\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
