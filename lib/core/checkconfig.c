/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone checkconfig: what this host can do for zones, by trying it, each trial in a child of its own
 * that leaves nothing behind. Kernel configurations are not read: they say what was built, not what
 * works.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "base/sys.h"
#include "core/cgroup.h"
#include "core/cgvalue.h"

enum verdict { OK, LIMITED, MISSING };

struct finding {
	enum verdict verdict;
	char detail[240];
};

#define SAY(f, v, ...) \
	((f)->verdict = (v), (void)snprintf((f)->detail, sizeof((f)->detail), __VA_ARGS__))

/* ---- trials ---------------------------------------------------------------------------------- */

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

static int try_netlink(void)
{
	AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 12 /* NETLINK_NETFILTER */);

	return fd < 0 ? errno : 0;
}

static void from_errno(struct finding *f, int code, const char *good, const char *bad)
{
	if (code == 0)
		SAY(f, OK, "%s", good);
	else
		SAY(f, MISSING, "%s: %s", bad, strerror(code));
}

static void check_kernel(struct finding *f)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		SAY(f, MISSING, "the kernel does not tell its version");
	else if (major < 6 || (major == 6 && minor < 1))
		SAY(f, MISSING, "%s; 6.1 is the oldest that zones run on", u.release);
	else
		SAY(f, OK, "%s", u.release);
}

static void check_root(struct finding *f)
{
	if (geteuid() == 0)
		SAY(f, OK, "running as root");
	else
		SAY(f, LIMITED, "not root: some trials could not be made; run it with sudo");
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
		SAY(f, OK, "an outer namespace holds the quotas of each zone");
	else
		SAY(f, LIMITED,
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
		SAY(f, OK, "overlay");
	else
		SAY(f, LIMITED, "no overlay (%s): zones are copies (dir): modprobe overlay",
		    strerror(code));
}

static void check_nft(struct finding *f)
{
	const int code = in_child(try_netlink);

	if (code == 0)
		SAY(f, OK, "nfnetlink");
	else
		SAY(f, LIMITED, "no netfilter (%s): zones get no NAT: modprobe nf_tables",
		    strerror(code));
}

static void check_cgroup(struct finding *f)
{
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };

	if (cg_root(&h, &e) < 0)
		SAY(f, MISSING, "%.120s; %.100s", e.msg, e.hint);
	else
		SAY(f, OK, "at %.200s", h.cgroup_path);
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}

static void check_controllers(struct finding *f)
{
	static const char *const wanted[] = { "cpu", "cpuset", "io", "memory", "pids" };
	AUTO_BUF struct buf have = { 0 }, lacking = { 0 };
	AUTO_STRV struct strv names = { 0 };
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };

	if (cg_root(&h, &e) == 0 && fs_read(h.cgroup, "cgroup.controllers", 4096, &have) == 0 &&
	    have.p)
		(void)strv_split(&names, have.p, " \n");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strv_has(&names, wanted[i]))
			buf_fmt(&lacking, " %s%s", wanted[i],
				cgvalue_on_v1(wanted[i]) ? " (bound to v1)" : "");
	if (lacking.len)
		SAY(f, LIMITED,
		    "missing on v2:%s; limits of these are refused: boot with cgroup_no_v1=all",
		    lacking.p);
	else
		SAY(f, OK, "cpu cpuset io memory pids");
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}

static void check_programs(struct finding *f)
{
	static const char *const ours[] = { "zone-monitor", "zone-init", "zone-nft",
					    "zone-image.so", "zone-seccomp.so" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		AUTO_FREE char *path = run_helper(ours[i]);

		if (!path || access(path, R_OK) < 0) {
			SAY(f, MISSING, "%s is not installed", ours[i]);
			return;
		}
	}
	SAY(f, OK, "monitor, init, nft, image and seccomp modules");
}

static void check_gpgv(struct finding *f)
{
	AUTO_FREE char *path = run_find("gpgv");

	if (path)
		SAY(f, OK, "%s", path);
	else
		SAY(f, LIMITED, "no gpgv: signed images cannot be verified: apt install gpgv");
}

/* ---- limits of a large host: present value, what it is good for, the line that raises it --------
 */

static const struct knob {
	const char *id, *path, *key;
	uint64_t want;
	const char *effect;
} knobs[] = {
	{ "inotify", "/proc/sys/fs/inotify/max_user_instances", "fs.inotify.max_user_instances",
	  1024, "inotify instances of each zone" },
	{ "keys", "/proc/sys/kernel/keys/maxkeys", "kernel.keys.maxkeys", 200,
	  "keys of each zone's root" },
	{ "pty", "/proc/sys/kernel/pty/max", "kernel.pty.max", 16384,
	  "consoles and terminals of all zones together" },
	{ "neigh4", "/proc/sys/net/ipv4/neigh/default/gc_thresh3",
	  "net.ipv4.neigh.default.gc_thresh3", 8192, "IPv4 neighbours of all zones together" },
	{ "neigh6", "/proc/sys/net/ipv6/neigh/default/gc_thresh3",
	  "net.ipv6.neigh.default.gc_thresh3", 8192, "IPv6 neighbours of all zones together" },
	{ "pid", "/proc/sys/kernel/pid_max", "kernel.pid_max", 131072, "processes of the host" },
	{ "threads", "/proc/sys/kernel/threads-max", "kernel.threads-max", 131072,
	  "threads of the host" },
	{ "userns", "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", 4096,
	  "user namespaces, two for each zone" },
	{ "netns", "/proc/sys/user/max_net_namespaces", "user.max_net_namespaces", 4096,
	  "network namespaces, one for each zone" },
	{ "maps", "/proc/sys/vm/max_map_count", "vm.max_map_count", 262144,
	  "memory maps of one process" },
	{ "aio", "/proc/sys/fs/aio-max-nr", "fs.aio-max-nr", 524288,
	  "asynchronous I/O of databases" },
};

static void check_knob(const struct knob *k, struct finding *f)
{
	AUTO_CLOSE int fd = open(k->path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	uint64_t value;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0) {
		SAY(f, OK, "%s: this kernel has no such limit", k->key);
		return;
	}
	text[strcspn(text, " \t\n")] = '\0';
	if (parse_u64(text, UINT64_MAX, &value) < 0 || value >= k->want)
		SAY(f, OK, "%s=%s: %s", k->key, text, k->effect);
	else
		SAY(f, LIMITED, "%s=%s: %s; for 1,000 zones: sysctl -w %s=%llu", k->key, text,
		    k->effect, k->key, (unsigned long long)k->want);
}

/* ---- the list -------------------------------------------------------------------------------- */

static const struct check {
	const char *id, *what;
	bool must;
	void (*run)(struct finding *f);
} checks[] = {
	{ "kernel", "kernel version", true, check_kernel },
	{ "root", "permission", false, check_root },
	{ "userns", "user namespaces", true, check_userns },
	{ "userns-nested", "outer user namespace", false, check_nested },
	{ "namespaces", "other namespaces", true, check_namespaces },
	{ "mounts", "detached mounts", true, check_mounts },
	{ "overlay", "overlay file system", false, check_overlay },
	{ "cgroup", "cgroup v2", true, check_cgroup },
	{ "controllers", "cgroup v2 controllers", false, check_controllers },
	{ "nftables", "nftables", false, check_nft },
	{ "programs", "programs of zone", true, check_programs },
	{ "gpgv", "signatures", false, check_gpgv },
};

static int add(struct zone_checks *to, const char *id, const char *what, bool must,
	       const struct finding *f)
{
	static const char *const words[] = { "ok", "limited", "missing" };
	struct zone_check *v = reallocarray(to->v, to->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	to->v = v;
	v += to->n++;
	*v = (struct zone_check){ .id = strdup(id),
				  .what = strdup(what),
				  .detail = strdup(f->detail),
				  .status = words[f->verdict],
				  .needed = must ? "must" : "should" };
	return v->id && v->what && v->detail ? 0 : -ENOMEM;
}

int zone_checkconfig(struct zone_checks *ret, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && r == 0; i++) {
		struct finding f = { OK, "" };

		checks[i].run(&f);
		if (geteuid() != 0 && f.verdict == MISSING && checks[i].run != check_kernel)
			f.verdict = LIMITED; /* root may well be able to */
		r = add(ret, checks[i].id, checks[i].what, checks[i].must, &f);
	}
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]) && r == 0; i++) {
		struct finding f = { OK, "" };

		check_knob(&knobs[i], &f);
		r = add(ret, knobs[i].id, knobs[i].key, false, &f);
	}
	return r < 0 ? zerr_code(e, ENOMEM, "checkconfig") : 0;
}

void zone_checks_done(struct zone_checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].id);
		free(c->v[i].what);
		free(c->v[i].detail);
	}
	free(c->v);
	*c = (struct zone_checks){ 0 };
}
