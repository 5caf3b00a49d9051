/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which system calls a zone may make. Default: allowed by name, refused with EPERM where software
 * should see a refusal, and ENOSYS for everything that is not here (as on an older kernel:
 * libraries fall back). With TRAIT_NESTING only the refusals count. Data only; a change of it
 * renames the cached filters by itself.
 */
#include "core/seccomp_profile.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/socket.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

const struct seccomp_set seccomp_sets[] = {
	{ 0, 0, /* files */
	  "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 "
	  "faccessat faccessat2 fadvise64 fadvise64_64 arm_fadvise64_64 fallocate fchdir fchmod "
	  "fchmodat fchmodat2=452 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr "
	  "file_getattr=468 file_setattr=469 flistxattr flock fremovexattr fsetxattr fstat fstat64 "
	  "fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents "
	  "getdents64 getxattr getxattrat=464 inotify_add_watch inotify_init inotify_init1 "
	  "inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listmount=458 listxattr "
	  "listxattrat=465 llistxattr lremovexattr lseek _llseek lsetxattr lstat lstat64 mkdir "
	  "mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 oldfstat "
	  "oldlstat "
	  "oldstat pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readdir "
	  "readlink "
	  "readlinkat readv removexattr removexattrat=466 rename renameat renameat2 rmdir sendfile "
	  "sendfile64 setxattr setxattrat=463 splice stat stat64 statfs statfs64 statmount=457 "
	  "statx "
	  "symlink symlinkat sync sync_file_range sync_file_range2 arm_sync_file_range syncfs tee "
	  "truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes "
	  "vmsplice write writev cachestat=451" },
	{ 0, 0, /* waiting, pipes, events */
	  "alarm epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd "
	  "eventfd2 io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup "
	  "io_submit _newselect pause pipe pipe2 poll ppoll ppoll_time64 pselect6 pselect6_time64 "
	  "select signalfd signalfd4" },
	{ 0, 0, /* sockets and IPC */
	  "accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr "
	  "mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	  "mq_timedsend_time64 "
	  "mq_unlink msgctl msgget msgrcv msgsnd recv recvfrom recvmmsg recvmmsg_time64 recvmsg "
	  "semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg sendto "
	  "setsockopt "
	  "shmat shmctl shmdt shmget shutdown socket socketcall socketpair" },
	{ 0, 0, /* processes, threads, signals */
	  "arch_prctl breakpoint capget capset clone execve execveat exit exit_group fork futex "
	  "futex_requeue=456 futex_time64 futex_wait=455 futex_waitv=449 futex_wake=454 "
	  "get_robust_list get_thread_area getcpu getegid getegid32 geteuid geteuid32 getgid "
	  "getgid32 getgroups getgroups32 getitimer getpgid getpgrp getpid getppid getpriority "
	  "getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid gettid getuid "
	  "getuid32 ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset "
	  "landlock_restrict_self lsm_get_self_attr=459 lsm_list_modules=461 lsm_set_self_attr=460 "
	  "membarrier nice personality pidfd_open pidfd_send_signal prctl prlimit64 "
	  "process_mrelease=448 restart_syscall riscv_flush_icache rseq rt_sigaction rt_sigpending "
	  "rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
	  "rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min "
	  "sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
	  "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	  "sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address "
	  "set_tls setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 "
	  "setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid "
	  "setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 sgetmask sigaction "
	  "sigaltstack signal sigpending sigprocmask sigreturn sigsuspend ssetmask tgkill tkill "
	  "ugetrlimit vfork wait4 waitid waitpid" },
	{ 0, 0, /* memory */
	  "brk cacheflush get_mempolicy madvise map_shadow_stack=453 memfd_create memfd_secret=447 "
	  "mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal=462 msync munlock "
	  "munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages" },
	{ 0, 0, /* time and the system; setting the clock by adjtimex is refused by the kernel */
	  "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	  "clock_gettime64 clock_nanosleep clock_nanosleep_time64 getrandom gettimeofday nanosleep "
	  "olduname oldolduname sysinfo time timer_create timer_delete timer_getoverrun "
	  "timer_gettime "
	  "timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime "
	  "timerfd_gettime64 timerfd_settime timerfd_settime64 times uname" },

	{ CAP(SYS_ADMIN), EPERM,
	  "fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree "
	  "open_tree_attr=467 "
	  "pivot_root setdomainname sethostname setns umount umount2 unshare" },
	/* Its flags are behind a pointer: without, clone(2) is used, whose flags are seen below. */
	{ CAP(SYS_ADMIN), ENOSYS, "clone3" },
	{ CAP(SYS_PTRACE), EPERM,
	  "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace" },
	{ CAP(SYS_NICE), EPERM,
	  "mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node=450" },
	{ CAP(SYS_BOOT), EPERM, "reboot" },
	{ CAP(SYS_CHROOT), EPERM, "chroot" },
	{ CAP(SYS_TTY_CONFIG), EPERM, "vhangup" },
	{ CAP(SYSLOG), EPERM, "syslog" },
	{ TRAIT_COMPAT32, EPERM, "modify_ldt" },
	{ TRAIT_NESTING, EPERM, "add_key keyctl request_key" },

	{ TRAIT_NEVER, EPERM, /* the host's kernel, clock, disks */
	  "acct clock_settime clock_settime64 delete_module finit_module init_module ioperm iopl "
	  "kexec_file_load kexec_load quotactl quotactl_fd=443 settimeofday stime swapoff swapon" },
	{ TRAIT_NEVER, EPERM, /* reach past the zone, or a long record of faults */
	  "bpf fanotify_init fanotify_mark io_uring_enter io_uring_register io_uring_setup "
	  "open_by_handle_at perf_event_open userfaultfd" },
	{ TRAIT_NEVER, EPERM, /* obsolete */
	  "_sysctl bdflush create_module get_kernel_syms lookup_dcookie nfsservctl query_module "
	  "sysfs uselib ustat vm86 vm86old" },
	{ 0, 0, NULL },
};

#define ALL UINT32_MAX

const struct seccomp_arg seccomp_args[] = {
	/* Typing into a terminal that is shared with the host. */
	{ "ioctl", TRAIT_NEVER, EPERM, { { 1, ALL, TIOCSTI } }, false },
	{ "ioctl", TRAIT_NEVER, EPERM, { { 1, ALL, TIOCLINUX } }, false },
	/* Subvolumes in a btrfs root would be left out of its snapshots. ENOTTY is what other file
	   systems say: systemd then makes plain directories. */
	{ "ioctl", TRAIT_NEVER, ENOTTY, { { 1, ALL, BTRFS_IOC_SUBVOL_CREATE } }, false },
	{ "ioctl", TRAIT_NEVER, ENOTTY, { { 1, ALL, BTRFS_IOC_SUBVOL_CREATE_V2 } }, false },
	{ "ioctl", TRAIT_NEVER, ENOTTY, { { 1, ALL, BTRFS_IOC_SNAP_CREATE } }, false },
	{ "ioctl", TRAIT_NEVER, ENOTTY, { { 1, ALL, BTRFS_IOC_SNAP_CREATE_V2 } }, false },
	/* EAFNOSUPPORT is what a kernel without them says: libaudit's users go on, but stop at
	   EPERM. */
	{ "socket", TRAIT_NEVER, EAFNOSUPPORT, { { 0, ALL, AF_ALG } }, true },
	{ "socket", TRAIT_NEVER, EAFNOSUPPORT, { { 0, ALL, AF_VSOCK } }, true },
	{ "socket",
	  TRAIT_NEVER,
	  EAFNOSUPPORT,
	  { { 0, ALL, AF_NETLINK }, { 2, ALL, NETLINK_AUDIT } },
	  true },
	{ "socketpair", TRAIT_NEVER, EAFNOSUPPORT, { { 0, ALL, AF_ALG } }, true },
	{ "socketpair", TRAIT_NEVER, EAFNOSUPPORT, { { 0, ALL, AF_VSOCK } }, true },
	/* Aborts other users' I/O on network file systems. */
	{ "umount2", TRAIT_NEVER, EPERM, { { 1, MNT_FORCE, MNT_FORCE } }, false },
	/* Namespaces, where mounting is refused too. */
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWUSER, CLONE_NEWUSER } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWNS, CLONE_NEWNS } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWPID, CLONE_NEWPID } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWNET, CLONE_NEWNET } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWIPC, CLONE_NEWIPC } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWUTS, CLONE_NEWUTS } }, false },
	{ "clone", CAP(SYS_ADMIN), EPERM, { { 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP } }, false },
	{ NULL, 0, 0, { { 0, 0, 0 } }, false },
};
