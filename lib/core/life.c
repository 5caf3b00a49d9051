/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read this first. The start of a zone is the table at the end of this file; a failure, a stop and
 * the repair of a killed start are the same table walked backwards. Each up function turns the
 * specification and the descriptors so far into a few more (struct boot); each down function works
 * from the state record, in whatever process it runs.
 */
#include "core/life.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/devices.h"
#include "core/health.h"
#include "core/hooks.h"
#include "core/limits.h"
#include "core/nics.h"
#include "core/rlimits.h"
#include "core/share.h"

/* ---- alive ----------------------------------------------------------------------------------- */

/* Of the open file description, so kept over exec; and readers ask for it without ever having it.
 */
static int lock_alive(struct boot *b, struct zerr *e)
{
	struct flock lock = { .l_type = F_WRLCK };

	if (b->alive >= 0)
		return 0;
	b->alive = fs_open_below(b->z->run, "alive", O_RDWR | O_CREAT, 0600);
	if (b->alive < 0)
		return zerr_code(e, -b->alive, "run directory");
	return fcntl(b->alive, F_OFD_SETLK, &lock) < 0 ? zerr_sys(e, "another monitor lives") : 0;
}

/* ---- control --------------------------------------------------------------------------------- */

static int listen_control(struct boot *b, struct zerr *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char path[32];

	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlinkat(b->z->run, "control", 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/control", fs_fd_path(b->z->run, path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0)
		return zerr_sys(e, "control socket");
	b->control = own_take_fd(&fd);
	return 0;
}

static int up_control(void *ctx, struct zerr *e)
{
	struct boot *b = ((struct life *)ctx)->b;

	return b->control < 0 ? listen_control(b, e) : 0;
}

static int down_control(void *ctx, struct zerr *e)
{
	struct life *l = ctx;

	(void)e;
	(void)unlinkat(l->z->run, "ready", 0);
	(void)unlinkat(l->z->run, "said", 0);
	(void)unlinkat(l->z->run, "health", 0);
	if (!l->keep)
		(void)unlinkat(l->z->run, "control", 0);
	return 0;
}

/* ---- cgroup ---------------------------------------------------------------------------------- */

static int up_cgroup(void *ctx, struct zerr *e)
{
	struct boot *b = ((struct life *)ctx)->b;
	const struct zone_spec *s = &b->z->spec;
	int r = 0;

	cg_close(&b->cg);
	r = cg_make(b->z->h, b->z->name, b->base, &b->cg, e);
	if (r == 0)
		r = limits_start(s, b->cg.payload, &b->not_enforced, &b->nproc, e);
	if (r < 0)
		return r;
	b->oom = fs_open_below(b->cg.payload, "memory.events", O_RDONLY, 0);
	return zerr_in(e, devices_apply(s, b->cg.payload, e), "devices");
}

static int down_cgroup(void *ctx, struct zerr *e)
{
	struct life *l = ctx;
	AUTO_CG struct cg cg = CG_NONE;
	int r = cg_open(l->z->h, l->z->name, &cg, e);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && (r = cg_kill(cg.payload, e)) == 0 && cg_wait_empty(cg.payload, 10000) < 0)
		r = zerr_set(e, EBUSY, "processes of the zone do not end");
	return r < 0 ? r : cg_remove_dead(l->z->h, l->z->name, false, e);
}

/* ---- helper, volume, child ------------------------------------------------------------------- */

/* In the network namespace that the zone is to have. */
static int spawn_there(struct boot *b, struct zerr *e)
{
	struct zerr second = { 0 };
	int r = share_begin(b, e);

	if (r == 0)
		r = spawn_helper(b, e);
	const int back = share_end(b, r < 0 ? &second : e);
	return r < 0 ? r : back;
}

static int up_helper(void *ctx, struct zerr *e)
{
	struct boot *b = ((struct life *)ctx)->b;
	const struct zone_spec *s = &b->z->spec;
	AUTO_CLOSE int cache = fs_make_dir(b->z->h->cache, 0700, e);
	AUTO_CLOSE int filters = cache < 0 ? cache : fs_subdir(cache, "seccomp", 0700, e);

	if (filters < 0)
		return filters;
	int r = caps_mask(s->level, &s->caps_add, &s->caps_drop, &b->caps, e);
	if (r == 0)
		r = share_look(b, e);
	if (r == 0)
		r = zerr_in(e,
			    seccomp_prepare(filters, s->level, s->compat32, b->caps, &b->filter, e),
			    "seccomp");
	if (r == 0)
		r = rlimits_raise(&s->rlimits, e);
	identity_prepare(b->z, &b->identity);
	return r < 0 ? r : spawn_there(b, e);
}

static int up_volume(void *ctx, struct zerr *e)
{
	struct boot *b = ((struct life *)ctx)->b;
	int r = trees_root(b, e);

	if (r == 0)
		r = init_find(b, e);
	if (r == 0)
		r = trees_host(b, e);
	if (r == 0)
		r = journal_prepare(b, e);
	if (r == 0)
		lxcfs_trees(b->gift.lxcfs);
	return r == 0 ? usermounts_make(b, e) : r;
}

static int down_volume(void *ctx, struct zerr *e)
{
	struct life *l = ctx;

	(void)unlinkat(l->z->run, "unix-export", 0);
	return l->z->dir < 0 ? 0 : fs_remove(l->z->dir, "scratch", e);
}

static int up_child(void *ctx, struct zerr *e)
{
	return spawn_child(((struct life *)ctx)->b, e);
}

/* ---- net ------------------------------------------------------------------------------------- */

static int up_net(void *ctx, struct zerr *e)
{
	struct life *l = ctx;

	return nics_up(l->b, l->state, e);
}

static int down_net(void *ctx, struct zerr *e)
{
	struct life *l = ctx;

	return nics_down(l->z, l->state, e);
}

/* ---- release --------------------------------------------------------------------------------- */

static const char *const kinds[] = { "systemd", "busybox", "openrc", "sysv", "other", "stub" };

static int up_release(void *ctx, struct zerr *e)
{
	struct boot *b = ((struct life *)ctx)->b;
	int r = init_prepare(b, e);

	for (int i = 0; i < 3; i++)
		b->gift.stdio[i] = b->args->stub ? b->args->stdio[i] : -1;
	for (unsigned i = 0; i < b->listen_n && r == 0; i++) /* ours is for a reboot in place */
		if ((b->gift.listen[i] = fcntl(b->listen[i], F_DUPFD_CLOEXEC, 3)) < 0)
			r = zerr_sys(e, "sockets for init");
	hook_start_await(&b->z->spec);
	return r == 0 ? spawn_release(b, e) : r;
}

static const struct step steps[] = {
	{ "prestart", life_hook_prestart, life_hook_poststop },
	{ "control", up_control, down_control },
	{ "cgroup", up_cgroup, down_cgroup },
	{ "helper", up_helper, NULL },
	{ "volume", up_volume, down_volume },
	{ "child", up_child, NULL },
	{ "net", up_net, down_net },
	{ "created", life_hook_created, NULL },
	{ "release", up_release, NULL },
	{ "poststart", life_hook_poststart, life_hook_stop },
	{ NULL, NULL, NULL },
};
static const struct op start_op = { "start", steps };
#define STEPS_N (sizeof(steps) / sizeof(steps[0]) - 1)

/* ---- walking --------------------------------------------------------------------------------- */

void boot_init(struct boot *b, struct zone *z, const struct zone_start *args)
{
	static const struct zone_start plain = { .stdio = { -1, -1, -1 } };

	*b = (struct boot){ .z = z,
			    .args = args ? args : &plain,
			    .cg = CG_NONE,
			    .userns = -1,
			    .pidfd = -1,
			    .netns = -1,
			    .own_netns = -1,
			    .go = -1,
			    .go_child = -1,
			    .notify = -1,
			    .oom = -1,
			    .alive = -1,
			    .control = -1 };
	memset(&b->gift, -1, sizeof(b->gift));
	memset(b->slaves, -1, sizeof(b->slaves));
	memset(b->held, -1, sizeof(b->held));
	memset(b->listen, -1, sizeof(b->listen));
	b->base = zone_base(z);
}

/* What only the way up needs. */
static void close_gift(struct boot *b)
{
	int *fds = (int *)&b->gift;

	for (int i = 0; i < GIFT_FDS; i++)
		if (fds[i] > 2)
			fds[i] = own_close(fds[i]);
	b->userns = own_close(b->userns);
	b->netns = own_close(b->netns);
	b->own_netns = own_close(b->own_netns);
	b->go = own_close(b->go);
	b->go_child = own_close(b->go_child);
	cg_close(&b->cg);
}

void boot_done(struct boot *b)
{
	close_gift(b);
	for (unsigned i = 0; i < b->consoles_n; i++) {
		(void)own_close(b->consoles[i]);
		(void)own_close(b->slaves[i]);
	}
	for (int i = 0; i < HELD_N; i++)
		(void)own_close(b->held[i]);
	for (unsigned i = 0; i < b->listen_n; i++)
		(void)own_close(b->listen[i]);
	free(b->listen_names);
	(void)own_close(b->pidfd);
	(void)own_close(b->notify);
	(void)own_close(b->oom);
	(void)own_close(b->alive);
	(void)own_close(b->control);
	if (b->hand)
		(void)munmap(b->hand, sizeof(*b->hand));
	seccomp_done(&b->filter);
	identity_done(&b->identity);
	record_done(&b->state);
	buf_done(&b->release);
	strv_done(&b->env);
	strv_done(&b->argv);
	strv_done(&b->not_enforced);
	strv_done(&b->clients);
}

static struct journal run_journal(const struct zone *z)
{
	return (struct journal){ .dirfd = z->run, .file = "journal" };
}

static int save_state(const struct zone *z, struct record *state, const char *stage, struct zerr *e)
{
	if (record_set(state, "stage", stage) < 0)
		return zerr_code(e, ENOMEM, "state record");
	return record_save(state, z->run, "state", STATE_FORMAT, false, e);
}

/* What exec and push go by: the configuration may have been changed since. */
static int fill_confinement(struct boot *b, struct zerr *e)
{
	const struct zone_spec *c = &b->z->spec;
	AUTO_BUF struct buf rlimits = { 0 };
	struct record *s = &b->state;

	if (rlimits_text(&c->rlimits, &rlimits) < 0 ||
	    record_set(s, "rlimits", rlimits.p ? rlimits.p : "") < 0 ||
	    record_setf(s, "base", "%u", b->base) < 0 ||
	    record_setf(s, "level", "%d", (int)c->level) < 0 ||
	    record_setf(s, "caps", "%llu", (unsigned long long)b->caps) < 0 ||
	    record_setf(s, "compat32", "%d", c->compat32) < 0 ||
	    record_setf(s, "no_new_privs", "%d", c->no_new_privs) < 0)
		return zerr_code(e, ENOMEM, "state record");
	return 0;
}

static int fill_state(struct boot *b, struct zerr *e)
{
	AUTO_BUF struct buf lacking = { 0 };
	struct record *s = &b->state;
	struct stat dev;

	if (fstat(b->gift.tree[TREE_DEV], &dev) < 0 ||
	    record_setf(s, "dev", "%llu", (unsigned long long)dev.st_dev) < 0)
		return zerr_sys(e, "state record");
	for (size_t i = 0; i < b->not_enforced.n; i++)
		buf_fmt(&lacking, "%s%s", i ? " " : "", b->not_enforced.v[i]);
	if (record_setf(s, "pid", "%d", (int)b->pid) < 0 ||
	    record_setf(s, "pid_start", "%llu", (unsigned long long)process_start_time(b->pid)) <
		    0 ||
	    record_set(s, "kind", kinds[b->kind]) < 0 ||
	    record_set(s, "base_level",
		       b->two_level ? "2"
		       : b->base    ? "1"
				    : "0") < 0 ||
	    record_set(s, "not_enforced", lacking.p ? lacking.p : "") < 0)
		return zerr_code(e, ENOMEM, "state record");
	const int r = usermounts_note(b, e);
	return r < 0 ? r : fill_confinement(b, e);
}

/* Who keeps the zone: this process. */
static int record_keeper(struct record *s)
{
	const pid_t me = getpid();
	const int r = record_setf(s, "monitor", "%d", (int)me);

	return r < 0 ? r
		     : record_setf(s, "monitor_start", "%llu",
				   (unsigned long long)process_start_time(me));
}

/* What is known before the first step; later commands find us by it. */
static int first_state(struct boot *b, struct zerr *e)
{
	struct record *s = &b->state;

	if (record_keeper(s) < 0 ||
	    record_setf(s, "started_ns", "%llu", (unsigned long long)now_boot_ns()) < 0 ||
	    record_setf(s, "generation", "%u", b->generation) < 0 ||
	    hooks_record(&b->z->spec, s) < 0 || health_record(&b->z->spec, s) < 0 ||
	    record_setf(s, "restarts", "%u", b->args->restarts) < 0 ||
	    record_set(s, "custom", b->args->argv || b->args->scratch ? "1" : "0") < 0)
		return zerr_code(e, ENOMEM, "state record");
	return save_state(b->z, s, "starting", e);
}

int life_adopt(struct boot *b, struct zerr *e)
{
	const char *stage = record_get(&b->state, "stage");
	int r = lock_alive(b, e);

	if (r == 0)
		r = listen_control(b, e);
	if (r == 0 && record_keeper(&b->state) < 0)
		r = zerr_code(e, ENOMEM, "state record");
	return r < 0 ? r : save_state(b->z, &b->state, stage ? stage : "running", e);
}

int life_up(struct boot *b, struct zerr *e)
{
	const struct journal j = run_journal(b->z);
	struct life l = { b, b->z, &b->state, b->control >= 0 };
	int r = lock_alive(b,
			   e); /* before the record: with one and without the lock it was killed */

	if (r < 0)
		return r;
	r = first_state(b, e);
	if (r == 0)
		r = steps_up(&start_op, &j, &l, e);
	if (r == 0 && (r = fill_state(b, e)) == 0)
		r = save_state(b->z, &b->state, "running", e);
	if (r < 0) {
		struct zerr ignored = { 0 };

		(void)life_down(b->z, &b->state, b->control >= 0 && l.keep, &ignored);
		return r;
	}
	(void)journal_clear(&j, e);
	if (!b->args->scratch) /* what this run wrote goes with its layer */
		(void)unlinkat(b->z->dir, "fresh", 0);
	close_gift(b);
	return 0;
}

int life_down(struct zone *z, const struct record *state, bool keep, struct zerr *e)
{
	const struct journal j = run_journal(z);
	AUTO_RECORD struct record s = { 0 };
	int r = 0;

	for (size_t i = 0; i + 1 < state->kv.n && r == 0; i += 2)
		r = record_set(&s, state->kv.v[i], state->kv.v[i + 1]);
	struct life l = { NULL, z, &s, keep };
	if (r == 0)
		r = steps_down(&start_op, STEPS_N, &j, &l, e);
	if (r < 0) {
		struct zerr ignored = { 0 };

		(void)save_state(z, &s, "down", &ignored);
		return r;
	}
	(void)journal_clear(&j, e);
	if (!keep)
		(void)unlinkat(z->run, "state", 0);
	return 0;
}

int life_repair(struct zone *z, const struct status *s, struct zerr *e)
{
	cg_kill_monitor(z->h, z->name); /* what a hook had started */
	life_remember(z, &s->rec, -1);
	int r = life_down(z, &s->rec, false, e);

	if (r == 0)
		r = cg_remove_dead(z->h, z->name, true, e);
	return zerr_in(e, r, "clean up after a killed start");
}
