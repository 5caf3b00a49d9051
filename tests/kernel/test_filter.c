/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache of compiled system call filters, and a process under one. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/caps.h"
#include "core/seccomp.h"
#include "help.h"

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

/* ---- the cache ------------------------------------------------------------------------------- */

static char *only_file(void)
{
	AUTO_STRV struct strv names = { 0 };

	assert_int_equal(fs_list(cache, &names), 0);
	assert_int_equal(names.n, 1);
	return strdup(names.v[0]);
}

static void cache_is_used_and_checked(void **state)
{
	AUTO_FREE char *name = NULL;
	struct stat first, st;
	unsigned short len;

	(void)state;
	prepare(LEVEL_DEFAULT, false, NULL);
	len = f.prog[0].len;
	name = only_file();
	assert_int_equal(fstatat(cache, name, &first, 0), 0);
	assert_int_equal(first.st_mode, S_IFREG | 0600);
	prepare(LEVEL_DEFAULT, false, "net_raw"); /* no rule asks for it: the same filter */
	assert_int_equal(fstatat(cache, name, &st, 0), 0);
	assert_int_equal(st.st_ino, first.st_ino);
	free(own_take(name));
	name = only_file();

	/* others could have written it, it is short, it is damaged: built again */
	for (int i = 0; i < 4; i++) {
		AUTO_CLOSE int fd = openat(cache, name, O_RDWR | O_CLOEXEC);

		assert_int_equal(i == 0 ? fchmod(fd, 0644) : 0, 0);
		assert_int_equal(i == 1 ? fchown(fd, 1, 0) : 0, 0);
		assert_int_equal(i == 2 ? ftruncate(fd, first.st_size - 8) : 0, 0);
		assert_int_equal(i == 3 ? pwrite(fd, "\xff", 1, 100) : 1, 1);
		prepare(LEVEL_DEFAULT, false, NULL);
		assert_int_equal(f.prog[0].len, len);
		assert_int_equal(fstatat(cache, name, &st, 0), 0);
		assert_int_not_equal(st.st_ino, first.st_ino);
		assert_int_equal(st.st_size, first.st_size);
		first = st;
	}
}

/* ---- a process under it ---------------------------------------------------------------------- */

static int refused(long r, int err, const char *what)
{
	return check(r < 0 && errno == err, what);
}

static int try_calls(void)
{
	int bad = 0;

	bad += refused(syscall(SYS_bpf, 0, 0, 0), EPERM, "bpf");
	bad += refused(syscall(SYS_keyctl, 0, 0, 0), EPERM, "keyctl");
	bad += refused(syscall(SYS_userfaultfd, 0), EPERM, "userfaultfd");
	bad += refused(syscall(SYS_io_uring_setup, 1, 0), EPERM, "io_uring_setup");
	bad += refused(syscall(SYS_perf_event_open, 0, 0, 0, 0, 0), EPERM, "perf_event_open");
	bad += refused(syscall(SYS_open_by_handle_at, -1, 0, 0), EPERM, "open_by_handle_at");
	bad += refused(syscall(SYS_kexec_load, 0, 0, 0, 0), EPERM, "kexec_load");
	bad += refused(syscall(SYS_finit_module, -1, 0, 0), EPERM, "finit_module");
	bad += refused(syscall(SYS_fanotify_init, 0, 0), EPERM, "fanotify_init");
	bad += refused(syscall(SYS_swapoff, "/none"), EPERM, "swapoff");
	bad += refused(syscall(600), ENOSYS, "an unknown call");
	bad += refused(socket(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT, "AF_ALG");
	bad += refused(socket(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT, "AF_VSOCK");
	bad += refused(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), EAFNOSUPPORT, "audit");
	bad += refused(syscall(SYS_ioctl, 0, (1ULL << 32) | TIOCSTI, ""), EPERM, "TIOCSTI");
	bad += refused(umount2("/proc/none", MNT_FORCE), EPERM, "MNT_FORCE");
	bad += refused(umount2("/proc/none", 0), ENOENT, "plain umount");
	bad += check(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) >= 0, "rtnetlink");
	bad += check(unshare(CLONE_NEWNS) == 0, "unshare");
	bad += check(system("exit 3") == 3 << 8, "a shell");
	return bad;
}

static void process_under_it(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	prepare(LEVEL_DEFAULT, false, NULL);
	pid = fork();
	if (pid == 0) {
		struct zerr e = { 0 };

		if (seccomp_apply(&f, true, &e) < 0)
			(void)fprintf(stderr, "%s\n", e.msg);
		_exit(e.code ? 99 : try_calls());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cache_is_used_and_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(process_under_it, setup, teardown),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
