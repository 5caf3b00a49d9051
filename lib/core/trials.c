/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What checkconfig tries. Kernel configurations are not read: they say what was built, not what
 * works here. Each trial is made in a child or a group of its own and leaves nothing behind.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "base/sys.h"
#include "core/check.h"
#include "core/lxcfs.h"

/* Run @fn in a child; its errno, or 0. */
static int in_child(int (*fn)(void))
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(fn() & 0x7f);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EAGAIN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EFAULT;
}

static int try_userns(void)
{
	return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}

static int try_nested_userns(void)
{
	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return errno;
	return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}

static int try_namespaces(void)
{
	return unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
		       CLONE_NEWCGROUP) < 0
		       ? errno
		       : 0;
}

static int try_overlay(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return errno;
	AUTO_CLOSE int ctx = fsopen("overlay", FSOPEN_CLOEXEC);
	return ctx < 0 ? errno : 0;
}

static int try_mount_api(void)
{
	AUTO_CLOSE int tree = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	return tree < 0 ? errno : 0;
}

static void from_errno(struct finding *f, int code, const char *good, const char *bad)
{
	if (code == 0)
		SAY(f, CHECK_OK, "%s", good);
	else
		SAY(f, CHECK_MISSING, "%s: %s", bad, strerror(code));
}

static void check_kernel(struct finding *f)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		SAY(f, CHECK_MISSING, "the kernel does not tell its version");
	else if (major < 6 || (major == 6 && minor < 1))
		SAY(f, CHECK_MISSING, "%s; 6.1 is the oldest that zones run on", u.release);
	else
		SAY(f, CHECK_OK, "%s", u.release);
}

static void check_root(struct finding *f)
{
	if (geteuid() == 0)
		SAY(f, CHECK_OK, "running as root");
	else
		SAY(f, CHECK_LIMITED, "not root: some trials could not be made; run it with sudo");
}

static void check_userns(struct finding *f)
{
	from_errno(f, in_child(try_userns), "user namespaces work",
		   "no user namespace (user.max_user_namespaces?)");
}

static void check_nested(struct finding *f)
{
	const int code = in_child(try_nested_userns);

	if (code == 0)
		SAY(f, CHECK_OK, "an outer namespace holds the quotas of each zone");
	else
		SAY(f, CHECK_LIMITED,
		    "one level only, quotas are not pinned: %s "
		    "(kernel.unprivileged_userns_clone=1)",
		    strerror(code));
}

static void check_namespaces(struct finding *f)
{
	from_errno(f, in_child(try_namespaces), "mnt pid uts ipc net cgroup", "namespaces");
}

static void check_mounts(struct finding *f)
{
	from_errno(f, in_child(try_mount_api), "open_tree, fsmount, mount_setattr",
		   "detached mounts");
}

static void check_overlay(struct finding *f)
{
	const int code = in_child(try_overlay);

	if (code == 0)
		SAY(f, CHECK_OK, "overlay");
	else
		SAY(f, CHECK_LIMITED, "no overlay (%s): zones are copies (dir): modprobe overlay",
		    strerror(code));
}

static void check_seccomp(struct finding *f)
{
	const uint32_t action = SECCOMP_RET_ERRNO;

	from_errno(f, syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? errno : 0,
		   "system calls can be filtered", "no filters of system calls");
}

static void check_pressure(struct finding *f)
{
	if (access("/proc/pressure/cpu", R_OK) == 0)
		SAY(f, CHECK_OK, "top and metrics show who waits for what");
	else
		SAY(f, CHECK_LIMITED, "the kernel does not count pressure: boot with psi=1");
}

/* Whether the kernel takes @text for file @which of /proc/@pid. */
static bool write_map(pid_t pid, const char *which, const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, which);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* A user namespace with a zone's map: its descriptor, or -1. It lives as long as that. */
static int make_userns(void)
{
	static const char map[] = "0 524288 65536";
	char path[64];
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	const pid_t pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) == 0)
			(void)!write(ready[1], "x", 1);
		(void)close(ready[1]);
		(void)pause();
		_exit(0);
	}
	(void)close(ready[1]);
	const bool made = pid > 0 && read(ready[0], &byte, 1) == 1;
	(void)close(ready[0]);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	const int ns = made && write_map(pid, "uid_map", map) && write_map(pid, "gid_map", map)
			       ? open(path, O_RDONLY | O_CLOEXEC)
			       : -1;
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return ns;
}

/* Zones are shown their owners shifted; which file system is under the zones decides. */
static int try_idmap(void)
{
	static const char *const paths[] = { "/var/lib/zone", "/var/lib", "/" };
	AUTO_CLOSE int ns = make_userns();
	struct mount_attr a = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)ns };
	int tree = -1;

	for (size_t i = 0; i < 3 && tree < 0; i++)
		tree = open_tree(AT_FDCWD, paths[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (ns < 0 || tree < 0)
		return EPERM;
	return mount_setattr(tree, "", AT_EMPTY_PATH, &a, sizeof(a)) < 0 ? errno : 0;
}

static void check_idmap(struct finding *f)
{
	const int code = in_child(try_idmap);

	if (code == 0)
		SAY(f, CHECK_OK, "owners are shifted without being changed on disk");
	else
		SAY(f, CHECK_MISSING,
		    "the file system of /var/lib/zone cannot be mounted so (%s): use -P with "
		    "ext4, xfs or btrfs",
		    strerror(code));
}

static void check_lxcfs(struct finding *f)
{
	if (lxcfs_is_there())
		SAY(f, CHECK_OK, "free, uptime and nproc inside tell of the zone");
	else
		SAY(f, CHECK_LIMITED, "free and uptime inside tell of the host: apt install lxcfs");
}

static void check_apparmor(struct finding *f)
{
	char text[8] = "";
	AUTO_CLOSE int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && text[0] == 'Y')
		SAY(f, CHECK_OK, "AppArmor is on");
	else
		SAY(f, CHECK_OK, "AppArmor is off; zones do not depend on it");
}

static void check_programs(struct finding *f)
{
	static const char *const ours[] = { "zone-monitor",  "zone-init",	"zone-nft",
					    "zone-image.so", "zone-seccomp.so", "zone-cgroup.so",
					    "zone-screen.so" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		AUTO_FREE char *path = run_helper(ours[i]);

		if (!path || access(path, R_OK) < 0) {
			SAY(f, CHECK_MISSING, "%s is not installed", ours[i]);
			return;
		}
	}
	SAY(f, CHECK_OK, "programs and modules are there");
}

static void check_gpgv(struct finding *f)
{
	AUTO_FREE char *path = run_find("gpgv");

	if (path)
		SAY(f, CHECK_OK, "%s", path);
	else
		SAY(f, CHECK_LIMITED,
		    "no gpgv: signed images cannot be verified: apt install gpgv");
}

const struct check trials[] = {
	{ "kernel", "kernel version", true, check_kernel },
	{ "root", "permission", false, check_root },
	{ "userns", "user namespaces", true, check_userns },
	{ "userns-nested", "outer user namespace", false, check_nested },
	{ "namespaces", "other namespaces", true, check_namespaces },
	{ "mounts", "detached mounts", true, check_mounts },
	{ "idmap", "shifted ids", true, check_idmap },
	{ "overlay", "overlay file system", false, check_overlay },
	{ "seccomp", "system call filters", true, check_seccomp },
	{ "cgroup", "cgroup v2", true, check_cgroup },
	{ "groups", "life of a group", true, check_groups },
	{ "controllers", "cgroup v2 controllers", false, check_controllers },
	{ "swap", "swap accounting", false, check_swap },
	{ "pressure", "pressure", false, check_pressure },
	{ "network", "networks", false, check_networks },
	{ "names", "names and DHCP", false, check_names },
	{ "firewalls", "other firewalls", false, check_firewalls },
	{ "apparmor", "security module", false, check_apparmor },
	{ "lxcfs", "lxcfs", false, check_lxcfs },
	{ "programs", "programs of zone", true, check_programs },
	{ "gpgv", "signatures", false, check_gpgv },
	{ 0 },
};
