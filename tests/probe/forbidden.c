/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CI-35 to CI-42, what a manager must not do; and what is no part of the contract but of what every
 * guest has come to expect. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

static const char *keeps_mknod(void)
{
	return has_cap(CAP_MKNOD) ? NULL : "CAP_MKNOD is dropped";
}

static const char *keeps_admin(void)
{
	return has_cap(CAP_SYS_ADMIN) ? NULL : "CAP_SYS_ADMIN is dropped";
}

static const char *kmsg(void)
{
	struct stat a, b;

	if (lstat("/dev/kmsg", &a) < 0)
		return NULL;
	if (S_ISLNK(a.st_mode))
		return "it is a link";
	return stat("/dev/console", &b) == 0 && a.st_rdev == b.st_rdev ? "it is the console" : NULL;
}

/* The first entry of /dev for which @bad says so. */
static const char *find_device(bool (*bad)(const char *name, const struct stat *st))
{
	DIR *d = opendir("/dev");
	const char *found = NULL;
	struct stat st;

	for (struct dirent *e; d && !found && (e = readdir(d));)
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    bad(e->d_name, &st))
			found = say("/dev/%s", e->d_name);
	if (d)
		closedir(d);
	return found;
}

static bool is_terminal(const char *name, const struct stat *st)
{
	(void)st;
	return (strncmp(name, "tty", 3) == 0 && name[3] >= '0' && name[3] <= '9') ||
	       strncmp(name, "vcs", 3) == 0;
}

static const char *no_fake_terminals(void)
{
	return find_device(is_terminal);
}

static bool is_disk(const char *name, const struct stat *st)
{
	(void)name;
	return S_ISBLK(st->st_mode);
}

static const char *no_disks(void)
{
	return find_device(is_disk);
}

static const char *whole_group_tree(void)
{
	const char *text = slurp("/proc/self/mountinfo");

	for (const char *l = text; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
		char root[256], at[256], line[512];

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(l, "\n"), l);
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*s %*s %*s %255s %255s", root, at) != 2)
			continue;
		if (strcmp(root, "/") != 0)
			return say("%s shows %s only", at, root);
	}
	return NULL;
}

static const char *sys_readonly(void)
{
	const int fd = open("/sys/kernel/uevent_helper", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return is_readonly("/sys") && fd < 0 ? NULL : "/sys can be written";
}

static const char *no_audit(void)
{
	return has_cap(CAP_AUDIT_CONTROL) || has_cap(CAP_AUDIT_READ) || has_cap(CAP_AUDIT_WRITE)
		       ? "there are capabilities of audit"
		       : NULL;
}

const struct check forbidden_checks[] = {
	{ "CI-35", "CAP_MKNOD is kept", keeps_mknod },
	{ "CI-36", "CAP_SYS_ADMIN is kept", keeps_admin },
	{ "CI-37", "/dev/kmsg is not the console", kmsg },
	{ "CI-38", "no virtual terminals", no_fake_terminals },
	{ "CI-39", "no block devices", no_disks },
	{ "CI-40", "the whole tree of groups is mounted", whole_group_tree },
	{ "CI-41", "/sys cannot be written", sys_readonly },
	{ "CI-42", "no capabilities of audit", no_audit },
	{ 0 },
};

static const char *boot_id(void)
{
	const char *text = slurp("/proc/sys/kernel/random/boot_id"),
		   *host = getenv("PROBE_BOOT_ID");

	if (!text || strlen(text) != 36)
		return "no boot id";
	return host && strcmp(host, text) == 0 ? "it is the host's" : NULL;
}

static const char *masked(void)
{
	static const char *const paths[] = { "/proc/kallsyms", "/proc/kcore", "/proc/keys",
					     "/proc/timer_list" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *text = slurp(paths[i]);

		if (text && *text)
			return say("%s can be read", paths[i]);
	}
	const int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	close(fd);
	return "/proc/sysrq-trigger can be opened";
}

static const char *kernel_log(void)
{
	char byte;
	const int fd = open("/proc/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? NULL : say("/proc/kmsg: %s", strerror(errno));
	const ssize_t n = read(fd, &byte, 1);
	close(fd);
	return n > 0 ? "it gives the host's log" : NULL;
}

static const char *tmpfs(void)
{
	static const char *const paths[] = { "/run", "/tmp", "/dev/shm" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!has_magic(paths[i], TMPFS_MAGIC))
			return say("%s is no tmpfs", paths[i]);
	return NULL;
}

static const char *queues(void)
{
	return has_magic("/dev/mqueue", 0x19800202) ? NULL : "/dev/mqueue is no mqueue";
}

static const char *pts(void)
{
	struct stat st;

	if (!has_magic("/dev/pts", DEVPTS_SUPER_MAGIC))
		return "/dev/pts is no devpts";
	if (stat("/dev/pts/ptmx", &st) < 0 || (st.st_mode & 0666) != 0666)
		return "/dev/pts/ptmx is not for everyone";
	return NULL;
}

static const char *audit_socket(void)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0)
		return NULL;
	close(fd);
	return "a socket to the kernel's audit can be had";
}

static const char *no_leaks(void)
{
	const char *listen = getenv("LISTEN_FDS");

	for (int fd = 3 + (listen ? atoi(listen) : 0); fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return say("descriptor %d is open", fd);
	return NULL;
}

const struct check habit_checks[] = {
	{ "X-1", "the boot id is its own", boot_id },
	{ "X-2", "kernel files are masked", masked },
	{ "X-3", "/proc/kmsg says nothing", kernel_log },
	{ "X-4", "/run, /tmp, /dev/shm are in memory", tmpfs },
	{ "X-5", "/dev/mqueue is mounted", queues },
	{ "X-6", "/dev/pts is its own", pts },
	{ "X-7", "no sockets of audit", audit_socket },
	{ "X-8", "no descriptor of the manager's is open", no_leaks },
	{ 0 },
};
