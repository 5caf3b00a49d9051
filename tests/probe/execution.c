/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CI-1 to CI-8: what the container is made of. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

static const char *hostname(void)
{
	char name[256] = "";
	const char *want = getenv("PROBE_HOSTNAME");

	if (gethostname(name, sizeof(name)) < 0 || !*name || strcmp(name, "(none)") == 0)
		return "no host name is set";
	return want && strcmp(want, name) != 0 ? say("it is %s", name) : NULL;
}

static const char *kernel_mounts(void)
{
	if (!has_magic("/proc", PROC_SUPER_MAGIC))
		return "/proc is no procfs";
	return has_magic("/sys", SYSFS_MAGIC) || has_magic("/sys", TMPFS_MAGIC)
		       ? NULL
		       : "/sys is no sysfs";
}

static const char *readonly_mounts(void)
{
	static const char *const paths[] = { "/sys", "/proc/sys" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!is_readonly(paths[i]))
			return say("%s is writable", paths[i]);
	if (has_magic("/sys/fs/selinux", SELINUX_MAGIC) && !is_readonly("/sys/fs/selinux"))
		return "/sys/fs/selinux is writable";
	const int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	close(fd);
	return "/proc/sys/kernel/core_pattern can be opened for writing";
}

static const char *writable_net(void)
{
	const int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return say("/proc/sys/net: %s", strerror(errno));
	close(fd);
	return NULL;
}

static const char *private_dev(void)
{
	struct stat dev, root;

	if (!has_magic("/dev", TMPFS_MAGIC))
		return "/dev is no tmpfs";
	return stat("/dev", &dev) == 0 && stat("/", &root) == 0 && dev.st_dev != root.st_dev
		       ? NULL
		       : "/dev is part of the root";
}

static const char *nodes(void)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} all[] = { { "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
		    { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
		    { "/dev/ptmx", 5, 2 } };
	struct stat st;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (stat(all[i].path, &st) < 0 || !S_ISCHR(st.st_mode) ||
		    st.st_rdev != makedev(all[i].major, all[i].minor))
			return say("%s is missing or something else", all[i].path);
		/* /dev/tty opens only for who has a terminal, which a container without one lacks
		 */
		const int fd = i == 5 ? 0 : open(all[i].path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return say("%s: %s", all[i].path, strerror(errno));
		if (fd > 2)
			close(fd);
	}
	return NULL;
}

static const char *console(void)
{
	struct winsize w;
	const int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return say("/dev/console: %s", strerror(errno));
	const bool tty = isatty(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0;
	close(fd);
	return tty ? NULL : "/dev/console is no terminal";
}

static const char *other_devices(void)
{
	const char *path = "/dev/.probe-disk";
	const char *why = NULL;

	if (mknod(path, S_IFBLK | 0600, makedev(8, 0)) < 0)
		return NULL;
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 || (errno != EPERM && errno != EACCES))
		why = "block device 8:0 is not refused";
	if (fd >= 0)
		close(fd);
	unlink(path);
	return why;
}

static const char *no_udev(void)
{
	return access("/sys", W_OK) < 0 ? NULL : "/sys looks writable";
}

static const char *no_terminals(void)
{
	return access("/dev/tty1", F_OK) < 0 && access("/dev/tty0", F_OK) < 0
		       ? NULL
		       : "there are virtual terminals";
}

/* Our group's directory below the mount, by /proc/self/cgroup; static storage. */
static const char *own_group(void)
{
	static char path[512];
	const char *text = slurp("/proc/self/cgroup");
	const char *line = text ? strstr(text, "0::") : NULL;

	if (!line)
		return NULL;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	return path;
}

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[640];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	const ssize_t n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static const char *group_matches(void)
{
	const char *path = own_group();
	struct stat st;

	if (!has_magic("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC))
		return "/sys/fs/cgroup is no cgroup2";
	if (!path)
		return "/proc/self/cgroup has no v2 line";
	return stat(path, &st) == 0 ? NULL : say("%s, which we are in, is not there", path);
}

static const char *group_writable(void)
{
	const char *path = own_group();
	char below[600];

	if (!path)
		return "no group";
	snprintf(below, sizeof(below), "%s/probe.scope", path);
	if (mkdir(below, 0755) < 0)
		return say("mkdir %s: %s", below, strerror(errno));
	if (write_file(below, "cgroup.procs", "1") < 0)
		return say("move into %s: %s", below, strerror(errno));
	const char *controllers = slurp("/sys/fs/cgroup/cgroup.controllers");
	if (controllers && strstr(controllers, "pids") &&
	    write_file(path, "cgroup.subtree_control", "+pids") < 0)
		return say("enable a controller below %s: %s", path, strerror(errno));
	return NULL;
}

static const char *group_delegated(void)
{
	static const char *const hosts[] = { "memory.max", "pids.max", "cpu.max", "cgroup.freeze",
					     "cgroup.kill" };
	char path[640];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", hosts[i]);
		const int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		close(fd);
		return say("%s, which is the host's, can be written", path);
	}
	return NULL;
}

static const char *shared(void)
{
	const char *text = slurp("/proc/self/mountinfo");
	const char *root = text ? strstr(text, " / / ") : NULL;
	char line[512];

	if (!root) /* a root that is a directory of its file system */
		for (const char *l = text; l && !root;
		     l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
			char at[256];

			if (sscanf(l, "%*s %*s %*s %*s %255s", at) == 1 && strcmp(at, "/") == 0)
				root = l;
		}
	if (!root)
		return "no mount at / in mountinfo";
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(root, "\n"), root);
	return strstr(line, " shared:") ? NULL : "the mount at / is not shared";
}

const struct check execution_checks[] = {
	{ "CI-1", "the host name is set", hostname },
	{ "CI-2", "/proc and /sys are mounted", kernel_mounts },
	{ "CI-2", "/sys and /proc/sys are read-only", readonly_mounts },
	{ "CI-2", "/proc/sys/net is writable", writable_net },
	{ "CI-3", "/dev is a tmpfs of its own", private_dev },
	{ "CI-3", "/dev has its nodes, and they work", nodes },
	{ "CI-3", "/dev/console is a terminal", console },
	{ "CI-3", "other devices are refused", other_devices },
	{ "CI-4", "udev will not run", no_udev },
	{ "CI-5", "the console is the only terminal", no_terminals },
	{ "CI-6", "the cgroup tree matches /proc/self/cgroup", group_matches },
	{ "CI-7", "its own part of it is writable", group_writable },
	{ "CI-7", "what limits the container is not", group_delegated },
	{ "CI-8", "the mount tree is shared", shared },
	{ 0 },
};
