/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libzone: zones (OS-level containers) of this host. Every function returns 0 (or a descriptor or
 * count, where said) or a negative errno and fills the struct zerr that comes last; nothing is
 * printed and the process is never ended. Strings and vectors in results are the caller's, released
 * by the
 * `_done` function of their structure. A host handle is not for use by several threads at once, and
 * operations that change something need root. See libzone(3).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

#define ZONE_VERSION "0.1.0"
#define ZONE_API     __attribute__((visibility("default")))

struct zone_host; /* where everything is: paths, descriptors, settings */

typedef void zone_progress_fn(void *arg, const char *what, uint64_t done, uint64_t total);
/* Warnings and notes (level 0 and 1: always of interest; 2: -v). */
typedef void zone_log_fn(int level, const char *text, void *arg);

struct zone_options {
	const char *path; /* -P or ZONE_PATH, a pool's name too; NULL: /var/lib/zone */
	int lock_wait_ms; /* how long to wait for another command's lock */
	zone_log_fn *log; /* may be NULL */
	zone_progress_fn *progress;
	void *arg;
};

/* Open the host. ZONE_ETC, ZONE_VAR, ZONE_RUN and ZONE_CACHE move /etc/zone, /var/lib/zone,
 * /run/zone and /var/cache/zone (tests; honoured for real root only). Exit status 5 when not root.
 */
ZONE_API int zone_host_open(const struct zone_options *o, struct zone_host **ret, struct zerr *e);
ZONE_API void zone_host_close(struct zone_host *h);

/* From now on SIGINT and SIGTERM only set a flag: the operation that is under way undoes what it
 * began and returns -EINTR. For programs without handlers of their own. */
ZONE_API void zone_catch_signals(void);
/* The signal that arrived, or 0. */
ZONE_API int zone_signal(void);
/* While held, it counts as not arrived: cleaning up is not interrupted. Holds nest. */
ZONE_API void zone_hold_signals(bool hold);

/* ---- names ---------------------------------------------------------------------------------- */

/* Names of all zones, sorted. */
ZONE_API int zone_names(struct zone_host *h, struct strv *ret, struct zerr *e);
/* Expand names and shell globs against all zones. -ENOENT (exit 3) for a glob without a match. A
 * literal name is passed on as it is, after the check of its form. */
ZONE_API int zone_match(struct zone_host *h, char *const *patterns, int n, struct strv *ret,
			struct zerr *e);

/* ---- create, destroy ------------------------------------------------------------------------ */

struct zone_create {
	const char *template; /* NULL: "none" */
	const char *backend;  /* NULL or "best" */
	uint64_t size;	      /* 0: no limit */
	bool privileged;
	const struct strv *set; /* "KEY=VALUE" */
	/* first use; all may be NULL */
	const struct strv *credentials;	     /* "ID=VALUE" */
	const struct strv *load_credentials; /* "ID:PATH" */
	const struct strv *ssh_keys;	     /* paths of public keys, for root */
	const char *password_hash;	     /* of root, as crypt(5) has it */
	const char *cloud_init;		     /* path of user-data */
	int template_argc;		     /* what stood behind "--" */
	char **template_argv;
	int terminal;				    /* may ask questions */
	void (*print)(void *arg, const char *line); /* results of --list */
	void *print_arg;
};
/* @name NULL: only for template arguments like --list. */
ZONE_API int zone_create(struct zone_host *h, const char *name, const struct zone_create *c,
			 struct zerr *e);
/* @force stops it first, @snapshots removes those too. */
ZONE_API int zone_destroy(struct zone_host *h, const char *name, bool force, bool snapshots,
			  struct zerr *e);

/* Whether clones stand on it, or have: 1 or 0. Such zones are destroyed after all others. */
ZONE_API int zone_is_shared(struct zone_host *h, const char *name, struct zerr *e);

struct zone_clone {
	const char *snapshot; /* NULL: the present root, of a running zone too */
	bool full;	      /* a copy that needs nothing of its source */
	bool reset_identity;  /* ssh host keys, seeds and ids inside made anew */
};
/* Make zone @to like @name, with a name, ids, addresses and machine id of its own. */
ZONE_API int zone_clone(struct zone_host *h, const char *name, const char *to,
			const struct zone_clone *c, struct zerr *e);

struct zone_export {
	const char *path; /* "-": standard output; NULL: NAME-DATE.zone.tar.zst in the current
			     directory */
	bool snapshots;	  /* with its snapshots */
};
/* Write the zone, running or not, as one file. *@ret_path (owned): where; NULL for standard output.
 */
ZONE_API int zone_export(struct zone_host *h, const char *name, const struct zone_export *x,
			 char **ret_path, struct zerr *e);
struct zone_import {
	const char *backend;	/* NULL: the one it had, where this host can; else the best */
	bool trust;		/* take host-only keys of its configuration, too */
	const struct strv *set; /* "KEY=VALUE" on top of its configuration; NULL: none */
};
/* Make a zone of the file @path ("-": standard input). @name NULL: the one it had. *@ret_name:
 * owned. */
ZONE_API int zone_import(struct zone_host *h, const char *path, const char *name,
			 const struct zone_import *i, char **ret_name, struct zerr *e);

/* A stopped zone gets another name. */
ZONE_API int zone_rename(struct zone_host *h, const char *name, const char *to, struct zerr *e);

/* ---- life ----------------------------------------------------------------------------------- */

enum zone_wait { ZONE_WAIT_NONE, ZONE_WAIT_RUNNING, ZONE_WAIT_READY, ZONE_WAIT_NETWORK };

struct zone_start {
	enum zone_wait wait;
	int timeout_ms;		  /* of the wait; -1: none */
	const struct strv *set;	  /* "KEY=VALUE" for this run only */
	char *const *argv;	  /* process 1 (or the stub's child), NULL: init */
	bool stub;		  /* run argv under the stub init */
	int stdio[3];		  /* with stub: the streams of argv; -1: the console */
	bool scratch;		  /* on a throw-away layer over the root */
	const int *listen;	  /* sockets for init, as by sd_listen_fds(3); borrowed */
	unsigned listen_n;	  /* at most ZONE_LISTEN_MAX */
	const char *listen_names; /* LISTEN_FDNAMES, or NULL */
	unsigned restarts;	  /* internal: how often in a row it has been started again */
	unsigned depth;		  /* internal: of start.requires */
	bool met;		  /* internal: what it requires runs */
	const char *unit;	  /* internal: of systemd's, whose main process this is */
};
#define ZONE_LISTEN_MAX 32
/* Starts, then gives the lock back and waits as asked. A timeout of the wait is -ETIMEDOUT; the
 * zone goes on running and e->hint may be empty: zone_log_tail() has its last lines. */
ZONE_API int zone_start(struct zone_host *h, const char *name, const struct zone_start *s,
			struct zerr *e);
/* @timeout_ms: -1 for the configured deadline, 0 kills at once. */
ZONE_API int zone_stop(struct zone_host *h, const char *name, int timeout_ms, struct zerr *e);
ZONE_API int zone_reboot(struct zone_host *h, const char *name, struct zerr *e);
/* "TERM", "SIGTERM", "15", "RTMIN+3", to init. NULL: KILL. */
ZONE_API int zone_kill(struct zone_host *h, const char *name, const char *signal, struct zerr *e);
ZONE_API int zone_freeze(struct zone_host *h, const char *name, bool freeze, struct zerr *e);
/* @states "RUNNING|STOPPED" in any case. 0, or -ETIMEDOUT; @timeout_ms -1 none, 0 looks once. */
ZONE_API int zone_wait(struct zone_host *h, const char *name, const char *states, int timeout_ms,
		       struct zerr *e);

/* ---- autostart ------------------------------------------------------------------------------ */

/* Start the zone when the host boots, or no longer. */
ZONE_API int zone_enable(struct zone_host *h, const char *name, bool enable, struct zerr *e);
/* Tell systemd, if it runs the host, that zones' order has changed. Without this it knows at the
 * next boot. */
ZONE_API void zone_units_reload(struct zone_host *h);

struct zone_autostart {
	const struct strv
		*groups;  /* NULL: zones without groups; "" among others means those, too */
	bool all;	  /* whatever their groups */
	bool ignore_auto; /* whether or not they have autostart */
};
struct zone_plan_entry {
	char *name;
	int order;		     /* start.order, lowered where others wait for it */
	unsigned delay;		     /* seconds after its start before the next one is begun */
	struct strv after, requires; /* of the plan */
	bool pulled;		     /* only because another one requires it */
	bool waited_for;
	char *refused; /* why it cannot be started, or NULL */
};
struct zone_plan {
	struct zone_plan_entry *v; /* each behind those that it comes after */
	size_t n;
};
/* What `autostart` would start, in an order that does. Zones that run are in it, too. */
ZONE_API int zone_plan_make(struct zone_host *h, const struct zone_autostart *a,
			    struct zone_plan *ret, struct zerr *e);
ZONE_API void zone_plan_done(struct zone_plan *p);

/* ---- exec, console, files ------------------------------------------------------------------- */

struct zone_exec {
	const char *user;	/* "USER[:GROUP]", names or numbers; NULL: root */
	const char *workdir;	/* NULL: the user's home */
	const struct strv *env; /* "K=V" */
	bool clear_env;
	bool pty; /* inside's /dev/pts; @ret_pty gets its master */
	unsigned short rows, cols;
	char *const *argv; /* NULL: the user's shell */
};
/* Run a command in a running zone. With @pty the streams are its terminal, otherwise those of this
 * process. @ret_pidfd is the command's (owned by the caller); its status by zone_exec_status(). The
 * error's exit status is 125, but 3 and 4 for a missing and for a stopped zone, 126 and 127 for a
 * command that cannot be executed or found. */
ZONE_API int zone_exec(struct zone_host *h, const char *name, const struct zone_exec *x,
		       int *ret_pidfd, int *ret_pty, struct zerr *e);
/* Wait for it: 0–255, 128+N when signal N killed it. */
ZONE_API int zone_exec_status(int pidfd);

enum { ZONE_CONSOLE_READONLY = 1, ZONE_CONSOLE_FORCE = 2 };
/*
 * Attach to console @tty (0: /dev/console). Returns a SOCK_SEQPACKET descriptor: what is read from
 * it is console output (a packet is at most ZONE_CONSOLE_PACKET bytes), end of file when the zone
 * is gone for good; input goes by zone_console_input(). *@ret_writer tells whether we are the
 * writer;
 * *@ret_history is the log's end at the moment of attaching, for zone_log_read().
 */
#define ZONE_CONSOLE_PACKET 4096
/* See above. */
ZONE_API int zone_console(struct zone_host *h, const char *name, unsigned tty, int flags,
			  bool *ret_writer, uint64_t *ret_history, struct zerr *e);
/* At most ZONE_CONSOLE_PACKET bytes of input; dropped by the monitor when we are not the writer. */
ZONE_API int zone_console_input(int fd, const void *data, size_t len);
/* The size of our terminal, for the zone's; the writer's counts. */
ZONE_API int zone_console_resize(int fd, unsigned short rows, unsigned short cols);
/* The console log (stopped zones too): at most the last @max bytes before offset @end (UINT64_MAX:
 * all). */
ZONE_API int zone_log_read(struct zone_host *h, const char *name, unsigned tty, uint64_t end,
			   size_t max, struct buf *ret, struct zerr *e);
/* Where the log ends now: a later zone_log_read() can leave out what came before. 0 without a log.
 */
ZONE_API int zone_log_end(struct zone_host *h, const char *name, uint64_t *ret, struct zerr *e);
/* Its last @lines lines, control characters neutralised. */
ZONE_API int zone_log_tail(struct zone_host *h, const char *name, unsigned lines, struct strv *ret,
			   struct zerr *e);

/* Copy files into (@push) or out of a zone, running or not. "-" is standard input or output. */
ZONE_API int zone_copy_files(struct zone_host *h, const char *name, bool push, char *const *sources,
			     int n, const char *destination, struct zerr *e);

/* The password of a user of the zone, running or not; @user NULL: root. Nothing of the zone is
 * executed. */
ZONE_API int zone_set_password(struct zone_host *h, const char *name, const char *user,
			       const char *password, struct zerr *e);

/* ---- looking -------------------------------------------------------------------------------- */

struct zone_nic {
	char *name, *host_name, *network, *mac;
	struct strv addresses; /* with prefix length */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, drops;
};

/* What processes use: of a zone, or of a group inside it. UINT64_MAX: the kernel does not tell, for
 * want of the controller. Sizes in bytes. */
struct zone_usage {
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_ns;
	uint64_t memory, memory_peak, memory_max, memory_swap, memory_swap_max; /* max: no limit */
	uint64_t memory_anon, memory_file, memory_shmem, memory_kernel, memory_mapped;
	uint64_t memory_dirty, memory_writeback, memory_unevictable;
	uint64_t oom_kills;
	uint64_t pids, pids_max;
	uint64_t io_read, io_written, io_reads, io_writes; /* bytes, operations */
	/* time in which some (all) processes waited for it */
	uint64_t cpu_some_ns, memory_some_ns, memory_full_ns, io_some_ns, io_full_ns;
};

struct zone_info { /* numbers: UINT64_MAX when not known */
	char *name, *state, *path, *backend;
	char *incomplete_op; /* with state INCOMPLETE, and its repair in incomplete_hint */
	char *incomplete_hint;
	bool ready, autostart, unprivileged;
	char *health;		  /* NULL: none configured */
	char *health_output;	  /* of the last check, when it failed */
	int64_t restart_at;	  /* a restart is planned, in seconds since the epoch; 0: none */
	unsigned restarts;	  /* in a row, by restart.policy and health.action */
	int64_t pid, monitor_pid; /* 0: none */
	int64_t exit_status;	  /* -1: not known */
	struct strv groups, ipv4, ipv6; /* addresses without prefix length */
	struct zone_usage use; /* with ZONE_LS_USAGE processor time, memory and pids alone */
	uint64_t uptime_ns, snapshots;
	uint64_t referenced, exclusive; /* bytes of its root: all, and what is its alone */
	/* by zone_info_get() only */
	char *cgroup; /* from the v2 mount, with a slash; its child payload/ has the limits */
	uint64_t id_base, id_count;
	int64_t created; /* seconds since the epoch */
	char *image_server, *image_dist, *image_release, *image_arch, *image_variant, *image_build,
		*image_fingerprint, *image_verified; /* all NULL: not from an image */

	struct zone_nic *nics;
	size_t nics_n;
	struct strv limits; /* key, value, … */
	struct strv limits_not_enforced;
	struct strv security; /* key, value, … ("level", "default", …) */
	struct strv guest; /* key, value, … that init said of itself ("hostname", "status", …) */
	struct strv holders; /* state DOWN: what keeps it */
};
/* Free what it holds. */
ZONE_API void zone_info_done(struct zone_info *i);

/* Fields that cost something are filled when asked for: what `ls` needs beyond name and state. */
enum {
	ZONE_LS_CONFIG = 1,
	ZONE_LS_USAGE = 2,
	ZONE_LS_ADDRESSES = 4,
	ZONE_LS_SNAPSHOTS = 8,
	ZONE_LS_READY = 16,
	ZONE_LS_SPACE = 32,
	ZONE_LS_ALL = 63
};
/* One row; a missing zone is exit 3. */
ZONE_API int zone_info_row(struct zone_host *h, const char *name, int what, struct zone_info *ret,
			   struct zerr *e);
ZONE_API int zone_info_get(struct zone_host *h, const char *name, struct zone_info *ret,
			   struct zerr *e);

/* One look at zones for who looks again and again: top, metrics. */
struct zone_nic_count {
	char name[16]; /* inside */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, drops;
};
struct zone_sample {
	char *name;
	char *group; /* below the zone's own ("system.slice/ssh.service"); NULL: the zone itself */
	const char *state;	     /* static */
	struct zone_usage use;	     /* all unknown unless it runs */
	struct zone_nic_count *nics; /* only of the zone itself, those with an end on the host */
	size_t nics_n;
	uint64_t uptime_ns, ready_ns; /* since the start; from start to ready; UINT64_MAX */
	uint64_t starts;	      /* since the host booted */
	int64_t started;	      /* seconds since the epoch; 0 */
	bool ready;
};
struct zone_samples {
	struct zone_sample *v;
	size_t n;
	uint64_t taken_ns; /* CLOCK_BOOTTIME */
};
enum {
	ZONE_SAMPLE_STOPPED = 1, /* zones that do not run, too */
	ZONE_SAMPLE_DETAILS = 2, /* all of struct zone_usage; else what top shows */
	ZONE_SAMPLE_GROUPS = 4,	 /* behind each zone its groups, two levels deep */
};
struct zone_sampler;
/* Who looks again and again: keeps the files of running zones open, as far as the process may.
 * Borrows @h. */
ZONE_API int zone_sampler_open(struct zone_host *h, struct zone_sampler **ret, struct zerr *e);
/* NULL is fine. */
ZONE_API void zone_sampler_close(struct zone_sampler *s);
/* All zones by name (those that vanish meanwhile are left out). No lock is taken. */
ZONE_API int zone_sample(struct zone_sampler *s, int what, struct zone_samples *ret,
			 struct zerr *e);
/* Free what it holds. */
ZONE_API void zone_samples_done(struct zone_samples *s);

/* ---- configuration -------------------------------------------------------------------------- */

/* @key NULL: all, as key, value, key, value, … */
ZONE_API int zone_get(struct zone_host *h, const char *name, const char *key, struct strv *ret,
		      struct zerr *e);
/* "KEY=VALUE", or "KEY" alone to unset; all or nothing. @ret_live: one "applied" or "at next start"
 * for each. */
ZONE_API int zone_set(struct zone_host *h, const char *name, char *const *assignments, int n,
		      struct strv *ret_live, struct zerr *e);
/* Give the zone a device node of the host, or take it away: device.NAME.* by zone_set(), NAME made
 * from the path. @path of removal may be that name too. *@ret_live as above. Adding one that is
 * there is exit status 4, removing one that is not 3. */
ZONE_API int zone_device_add(struct zone_host *h, const char *name, const char *path,
			     struct strv *ret_live, struct zerr *e);
ZONE_API int zone_device_remove(struct zone_host *h, const char *name, const char *path,
				struct strv *ret_live, struct zerr *e);
/* The text of zone.conf, and its replacement (checked as by set; an error names file and line). */
ZONE_API int zone_config_text(struct zone_host *h, const char *name, struct buf *ret,
			      struct zerr *e);
ZONE_API int zone_config_replace(struct zone_host *h, const char *name, const char *text,
				 struct zerr *e);

struct zone_key {
	const char *name, *type, *missing, *help; /* static */
	bool live;
};
/* The @i-th key of the table; false at the end. */
ZONE_API bool zone_key_at(unsigned i, struct zone_key *ret);
/* The key that @path ("net.eth0.mtu") is one of; false when there is none. */
ZONE_API bool zone_key_find(const char *path, struct zone_key *ret);

/* ---- verify, checkconfig, events ------------------------------------------------------------ */

/* One line for each fault; with @repair interrupted operations are finished or cleared first. */
ZONE_API int zone_verify(struct zone_host *h, const char *name, bool repair, struct strv *faults,
			 struct zerr *e);

struct zone_check {
	char *id, *what, *detail;
	const char *status; /* "ok", "missing", "limited" */
	const char *needed; /* "must", "should" */
};
struct zone_checks {
	struct zone_check *v;
	size_t n;
};
/* Tries things out, and says what has to be raised for @zones light zones; needs no zone_host, runs
 * (with fewer results) without root. */
ZONE_API int zone_checkconfig(unsigned zones, struct zone_checks *ret, struct zerr *e);
ZONE_API void zone_checks_done(struct zone_checks *c);

struct zone_events;
/* Follow the events file: an inotify descriptor to poll and the lines that came since the last
 * call. */
ZONE_API int zone_events_open(struct zone_host *h, struct zone_events **ret, struct zerr *e);
/* Borrowed; readable when zone_events_next() may have something. */
ZONE_API int zone_events_fd(const struct zone_events *ev);
/* Lines of JSON without their newline, appended. */
ZONE_API int zone_events_next(struct zone_events *ev, struct strv *ret_lines, struct zerr *e);
/* NULL is fine. */
ZONE_API void zone_events_close(struct zone_events *ev);

/* ---- snapshots ------------------------------------------------------------------------------ */

struct zone_snapshot {
	char *name, *comment, *backend;
	int64_t created;
	uint64_t size_bytes;
};
struct zone_snapshots {
	struct zone_snapshot *v;
	size_t n;
};
/* @snapshot NULL: the lowest free snapN; the name that was used goes to @ret_name. */
ZONE_API int zone_snapshot_create(struct zone_host *h, const char *name, const char *snapshot,
				  const char *comment, char **ret_name, struct zerr *e);
ZONE_API int zone_snapshot_list(struct zone_host *h, const char *name, struct zone_snapshots *ret,
				struct zerr *e);
ZONE_API void zone_snapshots_done(struct zone_snapshots *s);
/* @to: restore into a new zone of that name. @restart: a running zone is stopped and started. */
ZONE_API int zone_snapshot_restore(struct zone_host *h, const char *name, const char *snapshot,
				   const char *to, bool restart, struct zerr *e);
enum zone_change_kind { ZONE_CHANGE_REMOVED, ZONE_CHANGE_ADDED, ZONE_CHANGE_CHANGED };
struct zone_change {
	enum zone_change_kind kind;
	char *path; /* absolute; a directory's ends with a slash */
};
struct zone_changes {
	struct zone_change *v; /* by path */
	size_t n;
};
/* What changed from snapshot @a to snapshot @b (NULL: the present root, of a running zone too). */
ZONE_API int zone_snapshot_diff(struct zone_host *h, const char *name, const char *a, const char *b,
				struct zone_changes *ret, struct zerr *e);
ZONE_API void zone_changes_done(struct zone_changes *c);
/* "ALL" removes every one. */
ZONE_API int zone_snapshot_remove(struct zone_host *h, const char *name, const char *snapshot,
				  struct zerr *e);

/* ---- pools ---------------------------------------------------------------------------------- */

struct zone_pool_create {
	const char *backend; /* "btrfs", "lvm", "loop" */
	const char *source;  /* device, file that is to be made, directory, volume group; NULL: a
				file of its own */
	uint64_t size;	     /* of a file; 0: as fits */
	const char *fs;	     /* root.fs of its zones; or NULL */
};
struct zone_pool {
	char *name, *backend, *source, *path, *state; /* path NULL: zones may be anywhere */
	uint64_t size_bytes, used_bytes;	      /* UINT64_MAX: not known */
	struct strv zones;
};
struct zone_pools {
	struct zone_pool *v;
	size_t n;
};
/* Prepare a store for zones. They are put there by its name as the zone path. */
ZONE_API int zone_pool_create(struct zone_host *h, const char *name,
			      const struct zone_pool_create *c, struct zerr *e);
/* Their names alone; none of them is brought up. */
ZONE_API int zone_pool_names(struct zone_host *h, struct strv *ret, struct zerr *e);
ZONE_API int zone_pool_list(struct zone_host *h, struct zone_pools *ret, struct zerr *e);
ZONE_API void zone_pools_done(struct zone_pools *p);
/* Refused (exit 4) while zones live there. */
ZONE_API int zone_pool_remove(struct zone_host *h, const char *name, struct zerr *e);

/* ---- images --------------------------------------------------------------------------------- */

struct zone_image_source { /* options of the download template */
	const char *server, *keyring, *cafile;
	bool require_signature, no_verify, force_cache;
	unsigned timeout;
};
struct zone_image {
	char *dist, *release, *arch, *variant, *build, *sha256, *verified;
	uint64_t size_bytes;
	bool cached;
};
struct zone_images {
	struct zone_image *v;
	size_t n;
};
/* Images here, or with @remote the newest build of each that the server has; NULL matches all. */
ZONE_API int zone_image_list(struct zone_host *h, bool remote, const char *dist,
			     const char *release, const char *arch,
			     const struct zone_image_source *s, struct zone_images *ret,
			     struct zerr *e);
/* Free what it holds. */
ZONE_API void zone_images_done(struct zone_images *i);
/* @image "DIST/RELEASE[/ARCH[/VARIANT]]". */
ZONE_API int zone_image_pull(struct zone_host *h, const char *image,
			     const struct zone_image_source *s, struct zone_images *ret,
			     struct zerr *e);
ZONE_API int zone_image_remove(struct zone_host *h, const char *image, struct zerr *e);
/* Removes expired downloads and images without users (@all: every one without users). Names go to
 * @ret. */
ZONE_API int zone_image_prune(struct zone_host *h, bool all, struct strv *ret, struct zerr *e);
/* @image NULL: all. */
ZONE_API int zone_image_verify(struct zone_host *h, const char *image, struct strv *faults,
			       struct zerr *e);
struct zone_publish {
	const char *source; /* zone name, tarball or directory */
	const char *tree, *dist, *release, *arch, *variant, *build, *sign, *gnupghome;
	unsigned keep;
};
/* Add an image to a static tree; *@ret gets its row. A running zone is refused. */
ZONE_API int zone_image_publish(struct zone_host *h, const struct zone_publish *p,
				struct zone_images *ret, struct zerr *e);

/* ---- networks ------------------------------------------------------------------------------- */

struct zone_network {
	char *name, *bridge, *ipv4, *ipv6, *mac; /* subnets with prefix length; ipv6 NULL: none */
	uint64_t mtu;
	bool nat, dhcp, internal, isolated, vlan_aware;
	bool up;
	struct strv zones; /* that have a NIC on it */
	/* a chain of another firewall that has come since and drops its packets; NULL: none, or all
	 * networks were asked for */
	char *blocked;
};
struct zone_networks {
	struct zone_network *v;
	size_t n;
};
/* @set: "KEY=VALUE" with ipv4, ipv6, mtu, nat, dhcp, internal, isolated, vlan_aware. */
ZONE_API int zone_network_create(struct zone_host *h, const char *name, const struct strv *set,
				 struct zerr *e);
ZONE_API int zone_network_set(struct zone_host *h, const char *name, const struct strv *set,
			      struct zerr *e);
/* All, or one (a missing one is exit 3). */
ZONE_API int zone_network_list(struct zone_host *h, const char *name, struct zone_networks *ret,
			       struct zerr *e);
/* Free what it holds. */
ZONE_API void zone_networks_done(struct zone_networks *n);
/* Exit status 4 when it is up, or a zone is configured to be on it. */
ZONE_API int zone_network_remove(struct zone_host *h, const char *name, struct zerr *e);
/* Bring it up and keep it up without zones, or no longer. */
ZONE_API int zone_network_hold(struct zone_host *h, const char *name, bool up, struct zerr *e);

/* Give the zone interface @nic, set up by @set ("KEY=VALUE", for net.NIC.KEY), or take it away; at
 * once when it runs. @ret_live: as by zone_set(). Exit status 4 when it has one called so, 3 when
 * not. */
ZONE_API int zone_network_attach(struct zone_host *h, const char *name, const char *nic,
				 const struct strv *set, struct strv *ret_live, struct zerr *e);
ZONE_API int zone_network_detach(struct zone_host *h, const char *name, const char *nic,
				 struct strv *ret_live, struct zerr *e);

struct zone_tapped {
	uint64_t packets, lost;
};
/* Write what passes interface @nic (NULL: the first) of the running zone to the file @path (NULL:
 * standard output), as pcap, until a signal comes, the zone ends or nobody reads any more. */
ZONE_API int zone_network_tap(struct zone_host *h, const char *name, const char *nic,
			      const char *path, struct zone_tapped *ret, struct zerr *e);

/* Lead port @port ("[ADDRESS:]PORT[-PORT][/udp]") of the host to port @to of the zone, at once when
 * it runs. Exit status 4 when another zone or a process of the host has it. */
ZONE_API int zone_forward_add(struct zone_host *h, const char *name, const char *port,
			      const char *to, struct zerr *e);
/* Exit status 3 when it is not forwarded. */
ZONE_API int zone_forward_remove(struct zone_host *h, const char *name, const char *port,
				 struct zerr *e);
struct zone_forward {
	char *zone, *port; /* as in its configuration */
	char *address;	   /* of the host; NULL: any */
	bool udp;
	unsigned first, last, to;
};
struct zone_forwards {
	struct zone_forward *v;
	size_t n;
};
/* Those of one zone, appended. */
ZONE_API int zone_forward_list(struct zone_host *h, const char *name, struct zone_forwards *ret,
			       struct zerr *e);
/* Free what it holds. */
ZONE_API void zone_forwards_done(struct zone_forwards *f);

/* ---- vectors and buffers -------------------------------------------------------------------- */

/* For users of the shared library, which keeps the functions of base/str.h to itself: append a copy
 * of
 * @s (0 or -ENOMEM), release what a result or an argument holds. */
ZONE_API int zone_strv_add(struct strv *v, const char *s);
ZONE_API void zone_strv_done(struct strv *v);
ZONE_API void zone_buf_done(struct buf *b);

/* ---- internal ------------------------------------------------------------------------------- */

/* What zone's own programs call: argv[0] is a word that begins with a dot, as in ".monitor-ended".
 * Returns the exit status. */
ZONE_API int zone_internal(int argc, char **argv);
