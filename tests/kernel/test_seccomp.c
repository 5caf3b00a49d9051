/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system call filter: what its programs say for every level, by running them here. */
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/caps.h"
#include "core/seccomp.h"
#include "help.h"

#define X32 0x40000000

static struct seccomp_filter f;
static int cache;

static void prepare(enum security_level level, bool compat32, const char *drop)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr e = { 0 };
	uint64_t caps = 0;
	int r;

	seccomp_done(&f);
	assert_int_equal(drop ? strv_add(&names, drop) : 0, 0);
	assert_int_equal(caps_mask(level, NULL, &names, &caps, &e), 0);
	r = seccomp_prepare(cache, level, compat32, caps, &f, &e);
	assert_string_equal(e.msg, "");
	assert_int_equal(r, 0);
}

static int setup(void **state)
{
	(void)state;
	cache = test_dir_make();
	return cache < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	seccomp_done(&f);
	test_dir_remove(cache);
	return 0;
}

#define SUBVOL_CREATE  0x5000940eU /* of <linux/btrfs.h> */
#define SNAP_CREATE_V2 0x50009417U

/* ---- a classic BPF machine ------------------------------------------------------------------- */

static bool jump_taken(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return a & i->k;
	default:
		abort();
	}
}

static uint32_t run_program(const struct sock_filter *prog, unsigned len,
			    const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &prog[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU:
			a &= i->k; /* the only one that is made */
			break;
		case BPF_RET:
			return i->k;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += jump_taken(i, a) ? i->jt : i->jf;
			break;
		default:
			abort();
		}
	}
	abort();
}

/* The errno that a call meets, 0: it is allowed. */
static int verdict(uint32_t arch, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch, .args = { a0, a1, a2 } };
	uint32_t lowest = SECCOMP_RET_ALLOW;

	for (unsigned i = 0; i < f.n; i++) {
		const uint32_t r = run_program(f.prog[i].insns, f.prog[i].len, &data);

		if (r < lowest)
			lowest = r;
	}
	if (lowest == SECCOMP_RET_ALLOW)
		return 0;
	assert_int_equal(lowest & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	return (int)(lowest & SECCOMP_RET_DATA);
}

static int native(long nr)
{
	return verdict(AUDIT_ARCH_X86_64, (int)nr, 0, 0, 0);
}

static void assert_all(const long *calls, size_t n, int want)
{
	for (size_t i = 0; i < n; i++) {
		if (native(calls[i]) != want)
			(void)fprintf(stderr, "call %ld: %d\n", calls[i], native(calls[i]));
		assert_int_equal(native(calls[i]), want);
	}
}

#define ASSERT_ALL(list, want) assert_all(list, sizeof(list) / sizeof(*(list)), want)

static const long never[] = {
	SYS_acct,
	SYS_clock_settime,
	SYS_delete_module,
	SYS_finit_module,
	SYS_init_module,
	SYS_ioperm,
	SYS_iopl,
	SYS_kexec_file_load,
	SYS_kexec_load,
	SYS_quotactl,
	443,
	SYS_settimeofday,
	SYS_swapoff,
	SYS_swapon,
	SYS_bpf,
	SYS_fanotify_init,
	SYS_fanotify_mark,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_uselib,
	SYS_open_by_handle_at,
	SYS_userfaultfd,
	SYS_perf_event_open,
	SYS_ustat,
	SYS_sysfs,
	SYS_lookup_dcookie,
	SYS_nfsservctl,
};
static const long keyring[] = { SYS_add_key, SYS_keyctl, SYS_request_key };
static const long admin[] = {
	SYS_mount,	SYS_umount2,	   SYS_pivot_root,  SYS_setns,	       SYS_unshare,
	SYS_fsopen,	SYS_fsmount,	   SYS_fsconfig,    SYS_fspick,	       SYS_open_tree,
	SYS_move_mount, SYS_mount_setattr, SYS_sethostname, SYS_setdomainname,
};
static const long common[] = {
	SYS_read,
	SYS_write,
	SYS_openat2,
	SYS_clone,
	SYS_execve,
	SYS_execveat,
	SYS_prctl,
	SYS_capset,
	SYS_seccomp,
	SYS_close,
	SYS_exit_group,
	SYS_setgroups,
	SYS_setresuid,
	SYS_chdir,
	SYS_getcwd,
	SYS_rseq,
	SYS_futex,
	SYS_mknodat,
	SYS_pidfd_open,
	SYS_statx,
	SYS_landlock_create_ruleset,
	SYS_close_range,
	SYS_personality,
	SYS_name_to_handle_at,
	SYS_kill,
	447 /* memfd_secret */,
	451 /* cachestat */,
	452 /* fchmodat2 */,
	462 /* mseal */,
	469 /* file_setattr */,
};

static void default_level(void **state)
{
	const long unknown[] = { 183 /* afs_syscall */, 335, 400, 463 + 50, 1000, -1 };

	(void)state;
	prepare(LEVEL_DEFAULT, false, NULL);
	ASSERT_ALL(never, EPERM);
	ASSERT_ALL(keyring, EPERM);
	ASSERT_ALL(admin, 0);
	ASSERT_ALL(common, 0);
	ASSERT_ALL(unknown, ENOSYS);
	assert_int_equal(native(SYS_clone3), 0);
	assert_int_equal(native(SYS_reboot), 0);
	assert_int_equal(native(SYS_ptrace), 0);
	assert_int_equal(native(SYS_syslog), EPERM);
	assert_int_equal(native(SYS_modify_ldt), EPERM);
	/* other ways to make a call */
	assert_int_equal(native(X32 | SYS_read), ENOSYS);
	assert_int_equal(native(X32 | SYS_bpf), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 20, 0, 0, 0), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_AARCH64, SYS_read, 0, 0, 0), ENOSYS);
}

static void strict_level(void **state)
{
	const uint64_t flags[] = { CLONE_NEWUSER, CLONE_NEWNS,	CLONE_NEWPID,	CLONE_NEWNET,
				   CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP };

	(void)state;
	prepare(LEVEL_STRICT, false, NULL);
	ASSERT_ALL(never, EPERM);
	ASSERT_ALL(keyring, EPERM);
	ASSERT_ALL(admin, EPERM);
	ASSERT_ALL(common, 0);
	assert_int_equal(native(SYS_clone3), ENOSYS);
	assert_int_equal(native(SYS_ptrace), EPERM);
	assert_int_equal(native(SYS_reboot), 0);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		const uint64_t a = flags[i] | CLONE_VM | SIGCHLD;

		assert_int_equal(verdict(AUDIT_ARCH_X86_64, SYS_clone, a, 0, 0), EPERM);
		assert_int_equal(verdict(AUDIT_ARCH_X86_64, SYS_clone, a | 1ULL << 40, 0, 0),
				 EPERM);
	}
}

/* A capability that the configuration takes away takes its calls away. */
static void dropped_capability(void **state)
{
	(void)state;
	prepare(LEVEL_DEFAULT, false, "sys_admin");
	ASSERT_ALL(admin, EPERM);
	assert_int_equal(native(SYS_clone3), ENOSYS);
	assert_int_equal(native(SYS_ptrace), 0);
}

static void privileged_level(void **state)
{
	(void)state;
	prepare(LEVEL_PRIVILEGED, false, NULL);
	ASSERT_ALL(never, EPERM);
	ASSERT_ALL(keyring, EPERM);
	ASSERT_ALL(admin, 0);
	assert_int_equal(native(SYS_syslog), 0);
	assert_int_equal(native(1000), ENOSYS);
}

static void nesting_level(void **state)
{
	(void)state;
	prepare(LEVEL_NESTING, false, NULL);
	ASSERT_ALL(never, EPERM);
	ASSERT_ALL(keyring, 0);
	ASSERT_ALL(admin, 0);
	ASSERT_ALL(common, 0);
	assert_int_equal(native(1000), 0);
	assert_int_equal(native(X32 | SYS_bpf), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 357, 0, 0, 0), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_X86_64, SYS_socket, AF_ALG, 0, 0), EAFNOSUPPORT);
	prepare(LEVEL_NESTING, true, NULL);
	assert_int_equal(native(X32 | SYS_bpf), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 357 /* bpf */, 0, 0, 0), EPERM);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 20 /* getpid */, 0, 0, 0), 0);
}

static void arguments(void **state)
{
	const uint64_t high = UINT64_C(0xabcd) << 32; /* the kernel looks at the lower half only */
	const enum security_level levels[] = { LEVEL_DEFAULT, LEVEL_STRICT, LEVEL_NESTING,
					       LEVEL_PRIVILEGED };
	const uint32_t x = AUDIT_ARCH_X86_64;

	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		prepare(levels[i], false, NULL);
		assert_int_equal(verdict(x, SYS_ioctl, 0, TIOCSTI, 0), EPERM);
		assert_int_equal(verdict(x, SYS_ioctl, 0, high | TIOCSTI, 0), EPERM);
		assert_int_equal(verdict(x, SYS_ioctl, 0, TIOCLINUX | high, 0), EPERM);
		assert_int_equal(verdict(x, SYS_ioctl, 0, SUBVOL_CREATE | high, 0), ENOTTY);
		assert_int_equal(verdict(x, SYS_ioctl, 0, SNAP_CREATE_V2 | high, 0), ENOTTY);
		assert_int_equal(verdict(x, SYS_ioctl, TIOCSTI, TCGETS, TIOCSTI), 0);
		assert_int_equal(verdict(x, SYS_socket, high | AF_ALG, 0, 0), EAFNOSUPPORT);
		assert_int_equal(verdict(x, SYS_socket, AF_VSOCK, 0, 0), EAFNOSUPPORT);
		assert_int_equal(verdict(x, SYS_socketpair, AF_VSOCK, 0, 0), EAFNOSUPPORT);
		assert_int_equal(verdict(x, SYS_socket, high | AF_NETLINK, 0, high | NETLINK_AUDIT),
				 EAFNOSUPPORT);
		assert_int_equal(verdict(x, SYS_socket, AF_NETLINK, 0, NETLINK_ROUTE), 0);
		assert_int_equal(verdict(x, SYS_socket, AF_INET, 0, NETLINK_AUDIT), 0);
		assert_int_equal(verdict(x, SYS_socket, AF_UNIX, 0, 0), 0);
		assert_int_equal(verdict(x, SYS_umount2, 0, high | MNT_FORCE | MNT_DETACH, 0),
				 EPERM);
		assert_int_equal(verdict(x, SYS_umount2, 0, MNT_DETACH, 0),
				 levels[i] == LEVEL_STRICT ? EPERM : 0);
	}
}

static void compat32(void **state)
{
	const uint32_t x = AUDIT_ARCH_I386;

	(void)state;
	prepare(LEVEL_DEFAULT, true, NULL);
	assert_int_equal(f.n, 3);
	assert_int_equal(verdict(x, 20 /* getpid */, 0, 0, 0), 0);
	assert_int_equal(verdict(x, 102 /* socketcall */, 1, 0, 0), 0);
	assert_int_equal(verdict(x, 359 /* socket */, AF_INET, 0, 0), 0);
	assert_int_equal(verdict(x, 357 /* bpf */, 0, 0, 0), EPERM);
	assert_int_equal(verdict(x, 288 /* keyctl */, 0, 0, 0), EPERM);
	assert_int_equal(verdict(x, 113 /* vm86old */, 0, 0, 0), EPERM);
	assert_int_equal(verdict(x, 123 /* modify_ldt */, 0, 0, 0), 0);
	assert_int_equal(verdict(x, 54 /* ioctl */, 0, TIOCSTI, 0), EPERM);
	assert_int_equal(verdict(x, 54 /* ioctl */, 0, TCGETS, 0), 0);
	assert_int_equal(verdict(x, 52 /* umount2 */, 0, MNT_FORCE, 0), EPERM);
	assert_int_equal(verdict(x, 1000, 0, 0, 0), ENOSYS);
	ASSERT_ALL(never, EPERM);
	ASSERT_ALL(common, 0);
	assert_int_equal(native(X32 | SYS_read), ENOSYS);
	assert_int_equal(verdict(AUDIT_ARCH_X86_64, SYS_ioctl, 0, TIOCSTI, 0), EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(default_level, setup, teardown),
		cmocka_unit_test_setup_teardown(strict_level, setup, teardown),
		cmocka_unit_test_setup_teardown(dropped_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(privileged_level, setup, teardown),
		cmocka_unit_test_setup_teardown(nesting_level, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(compat32, setup, teardown),
	};
	struct utsname u;

	test_need_root();
	if (uname(&u) < 0 || strcmp(u.machine, "x86_64") != 0) {
		(void)fputs("skipped: an x86_64 kernel is missing (call numbers)\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
