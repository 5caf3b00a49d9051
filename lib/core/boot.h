/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start, as one structure: the specification and the descriptors that the steps collect on the way
 * (life.c has the steps; read it first). The halves: trees.c and spawn.c run on the host's side,
 * child.c inside. Between the sides go exactly two messages, the go with all tree descriptors and,
 * on failure, one struct zerr.
 */
#pragma once

#include "core/caps.h"
#include "core/cgroup.h"
#include "core/core.h"
#include "core/identity.h"
#include "core/lxcfs.h"
#include "core/seccomp.h"

enum tree {
	TREE_ROOT,
	TREE_DEV,
	TREE_PTS,
	TREE_SHM,
	TREE_RUN,
	TREE_HOST,
	TREE_CREDENTIALS,
	TREE_EXPORT,
	TREE_TMP,
	TREE_JOURNAL,
	TREE_SYS,
	TREE_N
};
/* Descriptors that have to stay open while the zone runs, and no more: the other end of /proc/kmsg,
 * and the host's view of unix-export. */
enum held { HELD_KMSG, HELD_EXPORT, HELD_N };
#define MOUNTS_MAX   64 /* mount.NAME entries of one zone; with the trees well under SCM_MAX_FD */
#define CONSOLES_MAX 16 /* /dev/console and console.ttys */

enum init_kind { KIND_SYSTEMD, KIND_BUSYBOX, KIND_OPENRC, KIND_SYSV, KIND_OTHER, KIND_STUB };

/* What the child gets, in the order in which the go message carries it; -1: not there. */
struct gift {
	int tree[TREE_N];
	int mount[MOUNTS_MAX]; /* in the order of spec.mounts */
	int lxcfs[LXCFS_FILES];
	int terminal;		     /* slave of the console */
	int stdio[3];		     /* the stub's child's; else as the terminal */
	int init;		     /* executable of the stub, or -1 */
	int listen[ZONE_LISTEN_MAX]; /* sockets that init gets as descriptors 3 and up */
};
#define GIFT_FDS ((int)(sizeof(struct gift) / sizeof(int)))

#define HANDOFF_TEXT \
	(192 * 1024) /* argv and environment of init; ARG_MAX is less for each string */

/* Shared (MAP_SHARED) between starter, helper and child: the child is cloned before the root is
 * open, so what is found out from the root reaches it here, complete before the go. */
struct handoff {
	int maps_written; /* futex */
	int pid;	  /* the child's */
	int pidfd;	  /* in the starter's table too: CLONE_FILES */
	int code;	  /* errno of what failed, 0: nothing */
	char what[60];
	char journal[64]; /* where TREE_JOURNAL goes */
	unsigned argc, envc;
	char text[HANDOFF_TEXT]; /* argc + envc strings, each with its NUL */
};

struct boot {
	struct zone *z;
	const struct zone_start *args;
	struct record state; /* /run/zone/NAME/state */
	struct cg cg;
	struct gift gift;
	struct handoff *hand;
	struct seccomp_filter filter;
	struct identity identity;
	uint64_t caps;	  /* caps_mask() */
	struct strv env;  /* of init */
	struct strv argv; /* of init */
	struct strv not_enforced;
	uint64_t nproc; /* RLIMIT_NPROC in place of the pids controller; 0: none */
	enum init_kind kind;
	uid_t base; /* 0: no user namespace */
	bool two_level;
	pid_t helper;
	int userns; /* that the trees are idmapped to; -1 */
	pid_t pid;
	int pidfd;
	int netns;
	enum net_share share;	    /* whose it is */
	const char *share_with;	    /* the other zone; of the specification */
	int own_netns;		    /* the starter's, while it is in another zone's; -1 */
	int go, go_child;	    /* socket pair; the child's end is closed once it is cloned */
	int consoles[CONSOLES_MAX]; /* pty masters */
	unsigned consoles_n;
	int slaves[CONSOLES_MAX]; /* of console.ttys: kept open, so that the masters never hang up
				   */
	int held[HELD_N];
	int notify;
	struct buf release;  /* the host's os-release */
	int oom;	     /* memory.events of the payload; -1: no memory controller */
	unsigned generation; /* of link names; counts starts of this zone since the host booted */
	/* kept over a reboot in place, given to the next monitor */
	int alive;   /* the lock that says that a starter or monitor lives */
	int control; /* listening socket */
	int listen[ZONE_LISTEN_MAX];
	unsigned listen_n;
	char *listen_names;  /* LISTEN_FDNAMES; owned */
	struct strv clients; /* descriptors of attached consoles, "FD:TTY:w|r" */
};
/* boot_init() borrows both; @args NULL: nothing of its own. boot_done() closes what is open and
 * frees the rest. */
void boot_init(struct boot *b, struct zone *z, const struct zone_start *args);
void boot_done(struct boot *b);

/* trees.c: everything of the zone's mount tree that the host can make, as detached trees. */
int trees_root(struct boot *b, struct zerr *e); /* needs b->userns */
int trees_host(struct boot *b, struct zerr *e); /* /dev /run /tmp …, consoles, /run/host */

/* usermounts.c: mount.NAME, as detached trees too; and in the record, so that it can be changed
 * later. */
int usermounts_make(struct boot *b, struct zerr *e);
int usermounts_note(struct boot *b, struct zerr *e); /* usermounts_live.c */
/* One of them. fd; -ENOENT without message when it is optional and its source is missing. */
int usermount_tree(const struct mount_spec *m, uid_t base, int userns, struct zerr *e);

/* journal.c: the directory of the host's journal, when the configuration asks for it. Needs the
 * root and b->identity. */
int journal_prepare(struct boot *b, struct zerr *e);

/* initfind.c: which program is init, and of what kind. Sets b->kind and b->argv; checks its format.
 */
int init_find(struct boot *b, struct zerr *e);

/* initenv.c: environment and argv of init, the stub's descriptor. Needs trees and init_find(). */
int init_prepare(struct boot *b, struct zerr *e);

/* spawn.c */
int spawn_helper(struct boot *b, struct zerr *e);  /* b->userns is there afterwards */
int spawn_child(struct boot *b, struct zerr *e);   /* b->pid, b->pidfd, b->netns: it blocks */
int spawn_release(struct boot *b, struct zerr *e); /* go; returns when init has been executed */

/* child.c: the child's whole life until exec. Reports by the socket, ends with _exit. */
_Noreturn void child_main(const struct boot *b);

/* mounts.c: inside. */
/* The detached tree @root becomes "/" of the present mount namespace; nothing else is left in it.
 */
int mounts_become_root(int root, struct zerr *e);
int mounts_inside(const struct boot *b, const struct gift *g, struct zerr *e);
/* Attach @tree at @target, an absolute path below @root that is made when missing. Links are not
 * followed. */
int mounts_put(int root, int tree, const char *target, struct zerr *e);
/* After the sysctls are written: /proc and /sys read-only and masked. */
int mounts_protect(const struct boot *b, const struct gift *g, struct zerr *e);
