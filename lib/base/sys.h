/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls and constants that Debian 12's libc lacks or wraps badly. The only #ifdefs of the
 * tree are here. Every wrapper returns what the kernel returns, with errno. */
#pragma once

#include <errno.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* open by @how->resolve; see base/fs.h, which everybody else uses. */
static inline int sys_openat2(int dirfd, const char *path, struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

/* fork()-like: the child goes on here with a copy of the memory (unless CLONE_VM). */
static inline pid_t sys_clone3(struct clone_args *a)
{
	return (pid_t)syscall(SYS_clone3, a, sizeof(*a));
}

/* A descriptor of @pid, O_CLOEXEC. Safe only for a child that was not waited for. */
static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* ESRCH once it has been waited for; never somebody else. */
static inline int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* @flags 0 closes, CLOSE_RANGE_CLOEXEC only marks. */
static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* With "." twice the old root is stacked under the new one. */
static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

/* quotactl() of the file system that @fd is on. */
static inline int sys_quotactl_fd(int fd, unsigned cmd, int id, void *addr)
{
	return (int)syscall(SYS_quotactl_fd, fd, cmd, id, addr);
}

/* Make every permitted capability effective again, after a change of the effective uid. */
static inline int sys_caps_raise(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, caps) < 0)
		return -1;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		caps[i].effective = caps[i].permitted;
	return (int)syscall(SYS_capset, &head, caps);
}

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* PIDFD_GET_INFO of <linux/pidfd.h>, as of Linux 6.15: the wait status of a process that was
 * somebody else's child. */
struct sys_pidfd_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
#define SYS_PIDFD_INFO_EXIT (1ULL << 3)

/* 0 and the wait status, or -1: it has not been reaped yet, or the kernel does not tell. */
static inline int sys_pidfd_exit(int pidfd, int *ret_status)
{
	struct sys_pidfd_info i = { .mask = SYS_PIDFD_INFO_EXIT };

	errno = 0;
	if (ioctl(pidfd, _IOWR(0xFF, 11, struct sys_pidfd_info), &i) < 0 ||
	    !(i.mask & SYS_PIDFD_INFO_EXIT))
		return -1;
	*ret_status = i.exit_code;
	return 0;
}

/* AUDIT_ARCH_* of this build, for hand-made seccomp filters (<linux/audit.h>); 0: not known. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define SYS_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SYS_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SYS_AUDIT_ARCH AUDIT_ARCH_RISCV64
#else
#define SYS_AUDIT_ARCH 0
#endif
