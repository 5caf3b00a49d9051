/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child's half: gives up descriptors, mounts, capabilities and system calls, in this order,
 * then runs. Whatever needs a file of the host (locale, character set tables) is loaded before. It
 * keeps user id 0, which without capabilities owns nothing but what it makes in its own root.
 */
#include "image/confine_child.h"

#include <fcntl.h>
#include <iconv.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/own.h"
#include "base/sys.h"

#define MEMORY_MAX (3ULL << 30) /* beyond what the process has when it begins */

enum { FD_REPORT = 3, FD_WORK, FD_TALK = CONFINED_TALK, FD_FIRST_FREE };

/* What unpacking, packing, memory and threads never need, and an exploit would. Only calls that
 * every architecture has; the rest is left to the missing capabilities and the empty root. */
static const unsigned short refused[] = {
	SYS_accept4,
	SYS_acct,
	SYS_add_key,
	SYS_bind,
	SYS_bpf,
	SYS_chroot,
	SYS_connect,
	SYS_delete_module,
	SYS_execve,
	SYS_execveat,
	SYS_fanotify_init,
	SYS_finit_module,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fsopen,
	SYS_fspick,
	SYS_init_module,
	SYS_inotify_init1,
	SYS_io_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_io_uring_setup,
	SYS_kcmp,
	SYS_kexec_load,
	SYS_keyctl,
	SYS_kill,
	SYS_listen,
	SYS_memfd_create,
	SYS_mount,
	SYS_mount_setattr,
	SYS_move_mount,
	SYS_mq_open,
	SYS_msgget,
	SYS_name_to_handle_at,
	SYS_open_by_handle_at,
	SYS_open_tree,
	SYS_perf_event_open,
	SYS_personality,
	SYS_pidfd_getfd,
	SYS_pidfd_open,
	SYS_pidfd_send_signal,
	SYS_pivot_root,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_ptrace,
	SYS_quotactl,
	SYS_reboot,
	SYS_request_key,
	SYS_semget,
	SYS_setdomainname,
	SYS_sethostname,
	SYS_setns,
	SYS_shmget,
	SYS_socket,
	SYS_socketpair,
	SYS_swapoff,
	SYS_swapon,
	SYS_syslog,
	SYS_umount2,
	SYS_unshare,
	SYS_userfaultfd,
	SYS_vmsplice,
};
#define REFUSED (sizeof(refused) / sizeof(refused[0]))
#define NEW_NAMESPACES                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

static int own_mount(const struct confined *c, struct zerr *e)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			    (c->readonly ? MOUNT_ATTR_RDONLY : 0),
	};
	AUTO_CLOSE int tree =
		open_tree(c->root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	/* A tree that is attached nowhere cannot be cloned before Linux 6.15: then it is taken
	 * itself. */
	if (tree < 0 && errno == EINVAL)
		tree = fcntl(c->root, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
	if (tree < 0)
		return zerr_sys(e, "confine: open_tree");
	if (unshare(CLONE_NEWNS) < 0)
		return zerr_sys(e, "confine: mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return zerr_sys(e, "confine: private mounts");
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return zerr_sys(e, "confine: mount_setattr");
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return zerr_sys(e, "confine: move_mount");
	if (fchdir(tree) < 0)
		return zerr_sys(e, "confine: chdir");
	if (sys_pivot_root(".", ".") < 0) {
		/* The host's root may be one that cannot be pivoted (an initramfs). */
		if (errno != EINVAL || chroot(".") < 0)
			return zerr_sys(e, "confine: pivot_root");
	} else if (umount2(".", MNT_DETACH) < 0) {
		return zerr_sys(e, "confine: umount");
	}
	return chdir("/") < 0 ? zerr_sys(e, "confine: chdir") : 0;
}

/* Pages of private data that the process has already (sanitizers have a lot). */
static uint64_t data_size(void)
{
	AUTO_FCLOSE FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (!f || fscanf(f, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int limit_resources(uint64_t data, struct zerr *e)
{
	const struct rlimit files = { 64, 64 }, core = { 0, 0 };
	const struct rlimit memory = { data + MEMORY_MAX, data + MEMORY_MAX };

	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_CORE, &core) < 0 ||
	    setrlimit(RLIMIT_DATA, &memory) < 0)
		return zerr_sys(e, "confine: setrlimit");
	return 0;
}

static int drop_caps(uint64_t keep, struct zerr *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return zerr_sys(e, "confine: capget");
	for (unsigned i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(keep >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return zerr_sys(e, "confine: bounding set");
	for (unsigned i = 0; i < 2; i++) {
		d[i].permitted &= (uint32_t)(keep >> (32 * i));
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, d) < 0)
		return zerr_sys(e, "confine: capset");
	return 0;
}

static int filter_calls(struct zerr *e)
{
	struct sock_filter f[REFUSED + 16];
	unsigned short n = 0;
	struct sock_fprog prog;

#define LOAD(field)          \
	(struct sock_filter) \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, k, yes, no) (struct sock_filter) BPF_JUMP(BPF_JMP | (op) | BPF_K, (k), (yes), (no))
#define RETURN(k)	     (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (k))
	if (SYS_AUDIT_ARCH == 0)
		return 0; /* the rest has to do */
	f[n++] = LOAD(arch);
	f[n++] = JUMP(BPF_JEQ, SYS_AUDIT_ARCH, 1, 0);
	f[n++] = RETURN(SECCOMP_RET_KILL_PROCESS);
	f[n++] = LOAD(nr);
	f[n++] = JUMP(BPF_JGE, 0x40000000U, 0, 1); /* x32 */
	f[n++] = RETURN(SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < REFUSED; i++) /* each jumps to the EPERM that follows the last */
		f[n++] = JUMP(BPF_JEQ, refused[i], (uint8_t)(REFUSED - 1 - i), i + 1 == REFUSED);
	f[n++] = RETURN(SECCOMP_RET_ERRNO | EPERM);
	/* Threads yes, namespaces no. clone3() hides its flags; libc then falls back to clone(). */
	f[n++] = JUMP(BPF_JEQ, SYS_clone3, 0, 1);
	f[n++] = RETURN(SECCOMP_RET_ERRNO | ENOSYS);
	f[n++] = JUMP(BPF_JEQ, SYS_clone, 0, 3);
	f[n++] = LOAD(args[0]);
	f[n++] = JUMP(BPF_JSET, NEW_NAMESPACES, 0, 1);
	f[n++] = RETURN(SECCOMP_RET_ERRNO | EPERM);
	f[n++] = RETURN(SECCOMP_RET_ALLOW);
#undef LOAD
#undef JUMP
#undef RETURN
	prog = (struct sock_fprog){ .len = n, .filter = f };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return zerr_sys(e, "confine: seccomp");
	return 0;
}

/* Only standard streams that lead nowhere, the report pipe, the work descriptor and the socket stay
 * open. */
static int keep_descriptors(int null, int report, int work, int talk, struct zerr *e)
{
	int from[] = { report, work, talk };
	static const int to[] = { FD_REPORT, FD_WORK, FD_TALK };

	/* First out of each other's way. */
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_FIRST_FREE)) < 0)
			return zerr_sys(e, "confine: descriptors");
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (dup2(null, i) < 0)
			return zerr_sys(e, "confine: descriptors");
	(void)close(FD_TALK);
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && dup2(from[i], to[i]) < 0)
			return zerr_sys(e, "confine: descriptors");
	if (sys_close_range(FD_FIRST_FREE, ~0U, 0) < 0)
		return zerr_sys(e, "confine: descriptors");
	return 0;
}

/* libarchive asks for conversions, which reads the table of them once: from the host, not the
 * image. */
static void load_charsets(const char *locale)
{
	iconv_t cd;

	(void)setlocale(LC_ALL, "C");
	(void)setlocale(LC_CTYPE, locale); /* without that locale names are just bytes */
	cd = iconv_open("ANSI_X3.4-1968", "UTF-8");
	if (cd != (iconv_t)-1)
		(void)iconv_close(cd);
}

static int confine(const struct confined *c, int *report, int talk, struct zerr *e)
{
	const uint64_t data = data_size();
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r;

	if (null < 0)
		return zerr_sys(e, "confine: /dev/null");
	load_charsets(c->locale);
	r = own_mount(c, e);
	if (r < 0)
		return r;
	r = keep_descriptors(null, *report, c->fd, talk, e);
	if (r < 0)
		return r;
	*report = FD_REPORT;
	r = limit_resources(data, e);
	if (r < 0)
		return r;
	r = drop_caps(c->caps, e);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return zerr_sys(e, "confine: no_new_privs");
	return filter_calls(e);
}

/* The parent decides what a signal means, and kills. Nothing survives the parent. */
static void follow_parent(pid_t parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
}

_Noreturn void confined_child(const struct confined *c, struct confined_stats *stats, pid_t parent,
			      int report, int talk)
{
	struct zerr e = { 0 };
	int r;

	(void)prctl(PR_SET_NAME, "zone-unpack");
	r = confine(c, &report, talk, &e);
	follow_parent(parent); /* now: a change of capabilities would reset it */
	if (r == 0)
		r = c->run(FD_WORK, stats, c->arg, &e);
	if (r < 0 && e.code == 0)
		(void)zerr_code(&e, -r, "%s", c->what);
	if (r < 0 && write(report, &e, sizeof(e)) != (ssize_t)sizeof(e))
		_exit(EXIT_FAILURE); /* the status says the rest */
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
