/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories, user namespaces and children for the kernel tests. */
#include "help.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"

#define TEST_PARENT "/var/tmp"

void test_need_root(void)
{
	if (geteuid() == 0)
		return;
	(void)fputs("skipped: root is missing\n", stderr);
	exit(77);
}

bool test_linux(int major, int minor)
{
	struct utsname u;
	int has_major = 0, has_minor = 0;

	(void)uname(&u);
	(void)sscanf(u.release, "%d.%d", &has_major, &has_minor);
	return has_major > major || (has_major == major && has_minor >= minor);
}

void test_private_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	(void)fputs("skipped: a mount namespace cannot be made\n", stderr);
	exit(77);
}

int test_dir_make(void)
{
	char path[] = TEST_PARENT "/zone-test-XXXXXX";

	return mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

void test_dir_remove(int fd)
{
	AUTO_CLOSE int parent = open(TEST_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char link[32], path[256] = "";
	struct zerr e;
	const ssize_t n = readlink(fs_fd_path(fd, link), path, sizeof(path) - 1);

	own_close(fd);
	if (n > 0 && fs_remove(parent, path + strlen(TEST_PARENT "/"), &e) < 0)
		(void)fprintf(stderr, "%s\n", e.msg);
}

int check(bool ok, const char *what)
{
	if (!ok)
		(void)fprintf(stderr, "failed: %s (%s)\n", what, strerror(errno));
	return !ok;
}

static int write_map(pid_t pid, const char *which)
{
	char path[64], text[64];
	AUTO_CLOSE int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	(void)snprintf(text, sizeof(text), "0 %u 65536", TEST_BASE);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text));
}

int test_userns(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	const pid_t pid = sys_clone3(&args);
	char path[64];
	int fd = -1;

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	if (pid < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (write_map(pid, "uid_map") == 0 && write_map(pid, "gid_map") == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return fd;
}

static bool enter(int userns, int root)
{
	return (userns < 0 || setns(userns, CLONE_NEWUSER) == 0) && unshare(CLONE_NEWNS) == 0 &&
	       setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
	       fchdir(root) == 0 && chroot(".") == 0;
}

int test_run_in(int userns, int root, int (*fn)(void *arg), void *arg)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)umask(0);
		_exit(check(enter(userns, root), "enter the tree") ? 125 : fn(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

int test_put(int dirfd, const char *name, const char *text, mode_t mode)
{
	AUTO_CLOSE int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return check(fd >= 0 && fs_write_all(fd, text, strlen(text)) == 0 && fchmod(fd, mode) == 0,
		     name);
}

bool test_is(int dirfd, const char *name, const char *text)
{
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	char got[256];
	const ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof(got));

	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

bool test_exists(int dirfd, const char *path)
{
	return faccessat(dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool test_mounts_same(void)
{
	static char *before;
	static size_t len;
	AUTO_CLOSE int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *now = calloc(1, 1 << 20);
	size_t n = 0;
	ssize_t r = 1;

	while (r > 0 && n < (1 << 20) - 1) {
		r = read(fd, now + n, (1 << 20) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	}
	if (!before) {
		before = now;
		len = n;
		return true;
	}
	r = n == len && memcmp(now, before, n) == 0;
	free(now);
	return r;
}
