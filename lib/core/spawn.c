/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's half of making the zone's first process. Two user namespaces where the host allows:
 * the outer, owned by the zone's base uid, pins quotas that the zone's root cannot raise again; the
 * inner is the zone's own. The helper lives in the outer one, makes the child there (CLONE_PARENT:
 * it is ours), writes its maps and ends. Why each line stands where it stands: HACKING.md, "Traps
 * of the start path".
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"

#define ZONE_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)

static uint64_t namespaces(const struct boot *b)
{
	return ZONE_NAMESPACES | (b->share == NET_OWN ? CLONE_NEWNET : 0);
}

static void futex(int *word, int op, int value)
{
	(void)syscall(SYS_futex, word, op, value, NULL, NULL, 0); /* a spurious return only loops */
}

/* capset(effective = permitted): a change of the effective uid away from 0 has cleared it. */
static int raise_caps(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	d[0].effective = d[0].permitted;
	d[1].effective = d[1].permitted;
	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int write_maps(pid_t pid, uid_t base)
{
	char map[48];

	(void)snprintf(map, sizeof(map), "0 %u %u\n", base, ID_RANGE);
	const int r = write_proc(pid, "uid_map", map);
	return r < 0 ? r : write_proc(pid, "gid_map", map);
}

/* ---- the helper ------------------------------------------------------------------------------ */

static void helper_failed(struct handoff *s, int code, const char *what)
{
	s->code = code;
	(void)snprintf(s->what, sizeof(s->what), "%s", what);
	_exit(1);
}

/* Quotas of the outer namespace: the zone's root, however privileged inside, cannot raise them. */
static void pin_quotas(const struct boot *b)
{
	static const struct {
		const char *file, *normal;
	} pins[] = {
		{ "/proc/sys/user/max_inotify_instances", "1024" },
		{ "/proc/sys/user/max_inotify_watches", "1048576" },
		{ "/proc/sys/user/max_fanotify_groups", "128" },
		{ "/proc/sys/user/max_net_namespaces", "64" },
		{ "/proc/sys/user/max_mnt_namespaces", "1024" },
	};
	const bool nesting = b->z->spec.level == LEVEL_NESTING;
	AUTO_CLOSE int users = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
	const char *const n = nesting ? "64" : "1"; /* the inner one, and no more */

	if (users < 0 || write(users, n, strlen(n)) < 0)
		helper_failed(b->hand, errno, "pin max_user_namespaces");
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		AUTO_CLOSE int fd = open(pins[i].file, O_WRONLY | O_CLOEXEC);

		if (fd >= 0) /* a quota that this kernel lacks needs no pin */
			(void)!write(fd, pins[i].normal, strlen(pins[i].normal));
	}
}

static void limit_processes(const struct boot *b)
{
	const struct rlimit r = { b->nproc, b->nproc };

	if (b->nproc)
		(void)setrlimit(RLIMIT_NPROC, &r); /* lowering cannot fail; a lower one stays */
}

static _Noreturn void helper_main(const struct boot *b)
{
	struct handoff *s = b->hand;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit_processes(b);
	pin_quotas(b);
	while (!__atomic_load_n(&s->maps_written, __ATOMIC_ACQUIRE))
		futex(&s->maps_written, FUTEX_WAIT, 0);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		helper_failed(s, errno, "become root of the outer user namespace");
	if (prctl(PR_SET_DUMPABLE, 1) < 0) /* else the child's maps belong to the host's root */
		helper_failed(s, errno, "prctl");
	struct clone_args a = {
		.flags = namespaces(b) | CLONE_NEWUSER | CLONE_PARENT | CLONE_PIDFD,
		.pidfd = (uintptr_t)&s->pidfd,
	};
	const pid_t pid = sys_clone3(&a);
	if (pid < 0)
		helper_failed(s, errno, "clone the zone's namespaces");
	if (pid == 0)
		child_main(b);
	int r = write_proc(pid, "uid_map", "0 0 65536\n");
	if (r == 0)
		r = write_proc(pid, "gid_map", "0 0 65536\n");
	s->pid = pid;
	if (r < 0)
		helper_failed(s, -r, "write the zone's id maps");
	_exit(0);
}

/* ---- the starter ----------------------------------------------------------------------------- */

static int open_ns(pid_t pid, const char *which, struct zerr *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, which);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? zerr_sys(e, "%s namespace", which) : fd;
}

/* The saved ids are 0, so this cannot fail; going on with half of it would be worse than ending. */
static void take_root_back(void)
{
	const int code = errno;

	if (setresuid((uid_t)-1, 0, (uid_t)-1) < 0 || setresgid((gid_t)-1, 0, (gid_t)-1) < 0)
		abort();
	errno = code;
}

/* clone3 into the payload group with effective uid = base, so that the user namespace (and with it
 * the kernel's quotas) is the zone's own. */
static pid_t clone_as_base(const struct boot *b, struct clone_args *a)
{
	a->flags |= CLONE_INTO_CGROUP;
	a->cgroup = (uint64_t)b->cg.payload;
	a->exit_signal = SIGCHLD;
	if (b->base && (setresgid((gid_t)-1, b->base, (gid_t)-1) < 0 ||
			setresuid((uid_t)-1, b->base, (uid_t)-1) < 0 || raise_caps() < 0)) {
		take_root_back();
		return -1;
	}
	const pid_t pid = sys_clone3(a);
	if (pid != 0 && b->base)
		take_root_back();
	return pid;
}

static int clone_failed(struct zerr *e, const char *what)
{
	const int code = errno;

	zerr_code(e, code, "%s", what);
	if (code == ENOSPC)
		return zerr_hint(e, -code,
				 "a limit in /proc/sys/user is too low (max_user_namespaces?)");
	if (code == EPERM)
		return zerr_hint(e, -code, "the host forbids user namespaces");
	return -code;
}

/* One clone for everything: hosts without nested user namespaces, and level privileged. */
static int spawn_direct(struct boot *b, struct zerr *e)
{
	struct clone_args a = { .flags =
					namespaces(b) | CLONE_PIDFD | (b->base ? CLONE_NEWUSER : 0),
				.pidfd = (uintptr_t)&b->pidfd };
	int r = 0;

	b->pid = clone_as_base(b, &a);
	if (b->pid < 0)
		return clone_failed(e, "clone the zone's namespaces");
	if (b->pid == 0)
		child_main(b);
	b->go_child = own_close(b->go_child);
	if (b->base && (r = write_maps(b->pid, b->base)) < 0)
		return zerr_code(e, -r, "write id maps");
	if (b->base && (b->userns = open_ns(b->pid, "user", e)) < 0)
		return b->userns;
	return 0;
}

static bool nested_allowed(void)
{
	AUTO_CLOSE int fd =
		open("/proc/sys/kernel/unprivileged_userns_clone", O_RDONLY | O_CLOEXEC);
	char c = '1';

	return fd < 0 || read(fd, &c, 1) != 1 || c != '0';
}

int spawn_helper(struct boot *b, struct zerr *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	b->go = pair[0];
	b->go_child = pair[1];
	b->hand = mmap(NULL, sizeof(*b->hand), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (b->hand == MAP_FAILED) {
		b->hand = NULL;
		return zerr_sys(e, "shared page");
	}
	b->hand->pidfd = -1;
	b->two_level = b->base && nested_allowed();
	if (!b->two_level) {
		if (b->base)
			log_note("kernel.unprivileged_userns_clone is 0: one user namespace only, "
				 "quotas are not pinned");
		return spawn_direct(b, e);
	}
	struct clone_args a = { .flags = CLONE_NEWUSER | CLONE_FILES };
	b->helper = clone_as_base(b, &a);
	if (b->helper < 0)
		return clone_failed(e, "clone the outer user namespace");
	if (b->helper == 0)
		helper_main(b);
	const int r = write_maps(b->helper, b->base);
	if (r < 0)
		return zerr_code(e, -r, "write outer id maps");
	__atomic_store_n(&b->hand->maps_written, 1, __ATOMIC_RELEASE);
	futex(&b->hand->maps_written, FUTEX_WAKE, 1);
	b->userns = open_ns(b->helper, "user", e);
	return b->userns < 0 ? b->userns : 0;
}

int spawn_child(struct boot *b, struct zerr *e)
{
	if (b->two_level) {
		siginfo_t si;

		while (waitid(P_PID, (id_t)b->helper, &si, WEXITED) < 0)
			if (errno != EINTR)
				return zerr_sys(e, "wait for the helper");
		b->helper = 0;
		b->pid = b->hand->pid;
		b->pidfd = b->hand->pidfd;
		b->go_child = own_close(b->go_child);
		if (b->hand->code) {
			errno = b->hand->code;
			return clone_failed(e, b->hand->what);
		}
		if (b->pid <= 0)
			return zerr_set(e, ECHILD, "the helper ended by signal %d", si.si_status);
	}
	b->netns = open_ns(b->pid, "net", e);
	return b->netns < 0 ? b->netns : 0;
}

static int send_go(struct boot *b, struct zerr *e)
{
	return fdpass_send_some(b->go, (const int *)&b->gift, GIFT_FDS) < 0
		       ? zerr_sys(e, "tell the zone's process to go on")
		       : 0;
}

/* argv and environment into the shared page. */
static int hand_over_text(struct boot *b, struct zerr *e)
{
	const struct strv *const lists[] = { &b->argv, &b->env };
	size_t used = 0;

	for (int l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			const size_t len = strlen(lists[l]->v[i]) + 1;

			if (len > sizeof(b->hand->text) - used)
				return zerr_code(e, E2BIG, "arguments and environment of init");
			memcpy(b->hand->text + used, lists[l]->v[i], len);
			used += len;
		}
	b->hand->argc = (unsigned)b->argv.n;
	b->hand->envc = (unsigned)b->env.n;
	return 0;
}

int spawn_release(struct boot *b, struct zerr *e)
{
	struct zerr child = { 0 };
	siginfo_t si = { 0 };
	ssize_t n;
	int r = hand_over_text(b, e);

	if (r < 0)
		return r;
	if ((r = send_go(b, e)) < 0 &&
	    e->code != EPIPE) /* it has ended: its own word is the better one */
		return r;
	do
		n = recv(b->go, &child, sizeof(child), 0);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(child) && child.code) {
		*e = child;
		return -child.code;
	}
	/* The end of the socket means that exec closed it, or that the child was killed. (SIGHUP
	 * and SIGINT are the kernel's for a reboot or halt from inside: then it ran.) */
	if (waitid(P_PIDFD, (id_t)b->pidfd, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    si.si_pid != 0 && si.si_code != CLD_EXITED && si.si_status != SIGHUP &&
	    si.si_status != SIGINT)
		return zerr_set(e, ECHILD, "init was killed by signal %d before it ran",
				si.si_status);
	*e = (struct zerr){ 0 };
	return 0;
}
