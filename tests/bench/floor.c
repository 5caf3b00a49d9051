/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor that zone is measured against: the kernel work of a small container and nothing else.
 *   floor run ROOT USERNS PROGRAM    one clone3 with the namespaces (and, with USERNS 1, a user
 * namespace), private mounts, ROOT bound, proc, /dev with six nodes, host name, pivot_root, exec of
 * PROGRAM, wait
 *   floor exec PID PROGRAM           setns by pidfd, fork, exec of PROGRAM, wait
 *   floor snapshot FROM DIR NAME     of a btrfs subvolume, one ioctl
 *   floor delete DIR NAME            of one
 * Static, so that it starts as fast as a program can. Errors end it; nothing is cleaned up but by
 * the kernel.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES \
	(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP)
#define HOST_BASE "1000000000"

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(99);
	}
}

static void put(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	(void)close(fd);
}

static void make_dev(int userns)
{
	static const struct {
		const char *path;
		unsigned minor, major;
	} nodes[] = { { "dev/null", 3, 1 },   { "dev/zero", 5, 1 },    { "dev/full", 7, 1 },
		      { "dev/random", 8, 1 }, { "dev/urandom", 9, 1 }, { "dev/tty", 0, 5 } };

	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64k") == 0, "dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!userns) {
			must(mknod(nodes[i].path, S_IFCHR | 0666,
				   makedev(nodes[i].major, nodes[i].minor)) == 0,
			     "mknod");
			continue;
		}
		char host[32];

		(void)snprintf(host, sizeof(host), "/%s", nodes[i].path);
		must(mknod(nodes[i].path, S_IFREG, 0) == 0, "node");
		must(mount(host, nodes[i].path, NULL, MS_BIND, NULL) == 0, host);
	}
}

static void child(const char *root, int userns, const char *program, int go)
{
	char c;

	must(read(go, &c, 1) == 1, "go");
	if (userns)
		must(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "ids");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
	must(mount(root, root, NULL, MS_BIND | MS_REC, NULL) == 0, "bind");
	must(chdir(root) == 0, "chdir");
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0, "proc");
	make_dev(userns);
	must(sethostname("floor", 5) == 0, "hostname");
	must(syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0, "pivot_root");
	must(chdir("/") == 0, "chdir");
	execl(program, program, NULL);
	must(0, program);
}

static int status_of(pid_t pid)
{
	int status = 0;

	must(waitpid(pid, &status, __WALL) == pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run(const char *root, int userns, const char *program)
{
	struct clone_args a = { .flags = NAMESPACES | (userns ? CLONE_NEWUSER : 0),
				.exit_signal = SIGCHLD };
	int go[2];

	must(pipe2(go, O_CLOEXEC) == 0, "pipe");
	const pid_t pid = (pid_t)syscall(SYS_clone3, &a, sizeof(a));

	must(pid >= 0, "clone3");
	if (pid == 0)
		child(root, userns, program, go[0]);
	if (userns) {
		char path[40];

		(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
		put(path, "0 " HOST_BASE " 65536");
		(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
		put(path, "0 " HOST_BASE " 65536");
	}
	must(write(go[1], "g", 1) == 1, "go");
	return status_of(pid);
}

static int join(pid_t target, const char *program)
{
	const int fd = (int)syscall(SYS_pidfd_open, target, 0);

	must(fd >= 0, "pidfd");
	must(setns(fd, NAMESPACES | CLONE_NEWUSER) == 0, "setns");
	must(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "ids");
	const pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid == 0) {
		execl(program, program, NULL);
		must(0, program);
	}
	return status_of(pid);
}

static int subvolume(unsigned long call, int from, const char *dir, const char *name)
{
	struct btrfs_ioctl_vol_args_v2 a = { .fd = from };
	const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(strlen(name) < sizeof(a.name), name);
	strcpy(a.name, name);
	must(fd >= 0 && ioctl(fd, call, &a) == 0, dir);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "run") == 0)
		return run(argv[2], atoi(argv[3]), argv[4]);
	if (argc == 4 && strcmp(argv[1], "exec") == 0)
		return join(atoi(argv[2]), argv[3]);
	if (argc == 5 && strcmp(argv[1], "snapshot") == 0)
		return subvolume(BTRFS_IOC_SNAP_CREATE_V2, open(argv[2], O_RDONLY | O_CLOEXEC),
				 argv[3], argv[4]);
	if (argc == 4 && strcmp(argv[1], "delete") == 0)
		return subvolume(BTRFS_IOC_SNAP_DESTROY_V2, 0, argv[2], argv[3]);
	fprintf(stderr, "usage: floor run ROOT USERNS PROGRAM | floor exec PID PROGRAM | floor "
			"snapshot FROM "
			"DIR NAME | floor delete DIR NAME\n");
	return 2;
}
