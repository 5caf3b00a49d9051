/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program could do that took over the unpacker: next to nothing. And what the parent makes
 * of what such a child says. */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sig.h"
#include "base/sys.h"
#include "help.h"
#include "image/confine.h"

#define REPORT 3 /* where the child's record goes */

static struct confined job(int root,
			   int (*run)(int, struct confined_stats *, void *, struct zerr *))
{
	return (struct confined){
		.what = "test",
		.root = root,
		.caps = 1ULL << CAP_CHOWN,
		.locale = "C",
		.fd = root,
		.run = run,
	};
}

static int confined(int (*run)(int, struct confined_stats *, void *, struct zerr *), struct zerr *e)
{
	const int d = test_dir_make();
	const struct confined c = job(d, run);
	int r;

	memset(e, 0, sizeof(*e));
	assert_int_equal(test_put(d, "inside", "x", 0644), 0);
	r = confined_run(&c, NULL, e);
	test_dir_remove(d);
	return r;
}

/* The names of the probes that did not fail as they must. */
static void probe(struct zerr *e, const char *what, long r, int code)
{
	if (r < 0 && errno == code)
		return;
	if (e->code)
		(void)zerr_in(e, -1, "%s", what);
	else
		(void)zerr_set(e, EIO, "%s: %ld, %s", what, r, strerror(errno));
}

static int probes(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	struct clone_args userns = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	(void)fd;
	(void)stats;
	(void)arg;
	probe(e, "host file", open("/etc/passwd", O_RDONLY | O_CLOEXEC), ENOENT);
	probe(e, "up", open("../../../../../etc/passwd", O_RDONLY | O_CLOEXEC), ENOENT);
	probe(e, "proc", open("/proc/self/status", O_RDONLY | O_CLOEXEC), ENOENT);
	probe(e, "exec", syscall(SYS_execve, "/inside", NULL, NULL), EPERM);
	probe(e, "socket", socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	probe(e, "mount", mount("none", "/", "tmpfs", 0, NULL), EPERM);
	probe(e, "chroot", chroot("/"), EPERM);
	probe(e, "unshare", syscall(SYS_unshare, CLONE_NEWUSER), EPERM);
	probe(e, "clone3", sys_clone3(&userns), ENOSYS);
	probe(e, "clone", syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, NULL), EPERM);
	probe(e, "ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
	probe(e, "kill", kill(getppid(), 0), EPERM);
	probe(e, "bpf", syscall(SYS_bpf, 0, NULL, 0), EPERM);
	probe(e, "io_uring", syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	probe(e, "keyring", syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	probe(e, "device", mknod("/dev", S_IFCHR | 0600, 0x103), EPERM);
	probe(e, "handle", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0), EPERM);
	for (int i = 5; i < 256; i++) /* 0, 1, 2, report and work are known */
		if (fcntl(i, F_GETFD) >= 0)
			probe(e, "descriptor", i, 0);
	return e->code ? -e->code : 0;
}

static int credentials(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	(void)fd;
	(void)stats;
	(void)arg;
	if (syscall(SYS_capget, &h, d) < 0 || d[0].permitted != 1U << CAP_CHOWN || d[1].permitted ||
	    d[0].effective != d[0].permitted || d[0].inheritable || d[1].inheritable)
		return zerr_set(e, EIO, "capabilities %x", d[0].permitted);
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) != (i == CAP_CHOWN))
			return zerr_set(e, EIO, "bounding set has %d", i);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return zerr_set(e, EIO, "no_new_privs");
	/* and what unpacking needs does work */
	if (access("/inside", R_OK) < 0 || mkdir("/made", 0755) < 0 || mkfifo("/fifo", 0600) < 0 ||
	    chown("/made", 1, 1) < 0)
		return zerr_sys(e, "own tree");
	return 0;
}

static void gives_everything_up(void **state)
{
	struct zerr e;

	(void)state;
	if (confined(probes, &e) < 0)
		fail_msg("%s", e.msg);
	if (confined(credentials, &e) < 0)
		fail_msg("%s", e.msg);
}

/* ---- what the child says -------------------------------------------------------------------- */

static int dies(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)stats;
	(void)arg;
	(void)e;
	return raise(SIGKILL), 0;
}

static int exits(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)stats;
	(void)arg;
	(void)e;
	_exit(9);
}

static int nonsense(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)stats;
	(void)arg;
	(void)e;
	_exit(write(REPORT, "garbage", 7) == 7 ? 0 : 1);
}

/* A record without an end, of an absurd code, with an escape sequence. */
static int lies(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)stats;
	(void)arg;
	memset(e, 'A', sizeof(*e));
	e->code = EPERM;
	e->status = 77;
	memcpy(e->msg, "\033[2J", 4);
	_exit(write(REPORT, e, sizeof(*e)) == (ssize_t)sizeof(*e) ? 0 : 1);
}

static int fails(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)arg;
	atomic_store(&stats->entries, 42);
	return zerr_set(e, EXDEV, "said so");
}

static void believes_little(void **state)
{
	struct zerr e;

	(void)state;
	assert_int_equal(confined(dies, &e), -EIO);
	assert_non_null(strstr(e.msg, "signal 9"));
	assert_int_equal(confined(exits, &e), -EIO);
	assert_non_null(strstr(e.msg, "status 9"));
	assert_true(confined(nonsense, &e) < 0);
	assert_non_null(strstr(e.msg, "nonsense"));
	assert_int_equal(confined(lies, &e), -EPERM);
	assert_int_equal(e.status, ZERR_FAILED);
	assert_null(strchr(e.msg, '\033'));
	assert_true(strlen(e.msg) < sizeof(e.msg) && !e.hint[0]);
	assert_int_equal(confined(fails, &e), -EXDEV);
	assert_string_equal(e.msg, "said so");
}

static void counts_arrive(void **state)
{
	const int d = test_dir_make();
	const struct confined c = job(d, fails);
	struct confined_stats stats;
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(confined_run(&c, &stats, &e), -EXDEV);
	assert_int_equal(atomic_load(&stats.entries), 42);
	test_dir_remove(d);
}

static int sleeps(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	(void)fd;
	(void)stats;
	(void)arg;
	(void)e;
	return (int)sleep(100);
}

/* Last: the signal stays noted. */
static void ends_by_signal(void **state)
{
	struct zerr e;

	(void)state;
	steps_catch_signals();
	if (fork() == 0) {
		(void)usleep(50000);
		_exit(kill(getppid(), SIGTERM));
	}
	assert_int_equal(confined(sleeps, &e), -EINTR);
	assert_true(waitpid(-1, NULL, 0) > 0);
	assert_true(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_everything_up),
		cmocka_unit_test(believes_little),
		cmocka_unit_test(counts_arrive),
		cmocka_unit_test(ends_by_signal),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
