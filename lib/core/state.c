/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States: computed, named, and the one table of what is allowed in which. */
#include "core/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/adopt.h"
#include "core/cgroup.h"
#include "core/pool.h"
#include "core/zonedir.h"

static const char *const names[] = { "CONFIGURED", "INCOMPLETE", "STOPPED", "STARTING",	  "RUNNING",
				     "FROZEN",	   "STOPPING",	 "DOWN",    "UNAVAILABLE" };
#define STATES (sizeof(names) / sizeof(names[0]))

/* Row: state; column: verb class. NULL: allowed; else the verb that helps. */
static const char *const helps[STATES][DO_CONFIG + 1] = {
	/*                   start       stop    freeze   exec     destroy  storage  config */
	[STATE_CONFIGURED] = { "create", NULL, "start", "start", NULL, "create", NULL },
	[STATE_INCOMPLETE] = { "verify --repair", NULL, "verify --repair", "verify --repair", NULL,
			       "verify --repair", "verify --repair" },
	[STATE_STOPPED] = { NULL, NULL, "start", "start", NULL, NULL, NULL },
	[STATE_STARTING] = { "wait", NULL, "wait", "wait", "stop", NULL, NULL },
	[STATE_RUNNING] = { NULL, NULL, NULL, NULL, "stop", NULL, NULL },
	[STATE_FROZEN] = { "thaw", NULL, NULL, "thaw", "stop", NULL, NULL },
	[STATE_STOPPING] = { "wait", NULL, "wait", "wait", "wait", "wait", NULL },
	[STATE_DOWN] = { "stop", NULL, "stop", "stop", "stop", "stop", NULL },
	[STATE_UNAVAILABLE] = { "verify", NULL, "verify", "verify", "verify", "verify", "verify" },
};

const char *state_name(enum state s)
{
	return names[s];
}

int state_parse(const char *text, unsigned *ret_mask, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	unsigned mask = 0;

	if (strv_split(&words, text, "|,") < 0)
		return zerr_code(e, ENOMEM, "state");
	for (size_t i = 0; i < words.n; i++) {
		size_t s = 0;

		while (s < STATES && strcasecmp(words.v[i], names[s]) != 0)
			s++;
		if (s == STATES)
			return zerr_as(e, ZERR_USAGE, "'%s' is not a state", words.v[i]);
		mask |= 1U << s;
	}
	if (!mask)
		return zerr_as(e, ZERR_USAGE, "no state is named");
	*ret_mask = mask;
	return 0;
}

void status_done(struct status *s)
{
	record_done(&s->rec);
}

/* Field @n of /proc/PID/stat as proc(5) counts them, a number; 0 when there is no such process. */
static uint64_t stat_field(pid_t pid, int n)
{
	char path[32], text[1024];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	const ssize_t len = read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	const char *p = strrchr(text, ')'); /* the name may hold anything */
	unsigned long long value = 0;
	for (int field = 2; p && field < n; field++)
		p = strchr(p + 1, ' ');
	if (p)
		(void)sscanf(p, "%llu", &value);
	return value;
}

uint64_t process_start_time(pid_t pid)
{
	return stat_field(pid, 22);
}

bool process_exits(pid_t pid)
{
	return stat_field(pid, 9) & 0x4; /* PF_EXITING of the kernel's sched.h */
}

int state_pidfd(const struct record *rec, const char *which)
{
	char key[32];
	const pid_t pid = (pid_t)record_u64(rec, which, 0);

	(void)snprintf(key, sizeof(key), "%s_start", which);
	if (pid <= 0)
		return -ESRCH;
	AUTO_CLOSE int fd = sys_pidfd_open(pid, 0);
	if (fd < 0)
		return -ESRCH;
	/* the descriptor is of whatever has that number now: is it ours? */
	if (process_start_time(pid) != record_u64(rec, key, 0))
		return -ESRCH;
	return own_take_fd(&fd);
}

/* A starter or monitor holds a lock on `alive` as long as it lives. */
bool state_has_keeper(int run)
{
	AUTO_CLOSE int fd = fs_open_below(run, "alive", O_RDONLY, 0);
	struct flock lock = { .l_type = F_WRLCK };

	/* only asked for: a reader that took it for a moment would make the start beside it fail */
	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* With a state record: the kernel's word counts. */
static enum state live_state(const struct zone *z, const char *stage)
{
	bool populated = false, frozen = false;

	(void)cg_state(z->h, z->name, &populated, &frozen); /* none: no process either */
	if (str_eq(stage, "running") && populated)
		return frozen ? STATE_FROZEN : STATE_RUNNING;
	if (str_eq(stage, "down"))
		return STATE_DOWN;
	if (!state_has_keeper(z->run)) /* killed on its way up or down */
		return str_eq(stage, "stopping") && populated ? STATE_STOPPING : STATE_INCOMPLETE;
	return str_eq(stage, "starting") ? STATE_STARTING : STATE_STOPPING;
}

/* Its root is on a device that is not there. Other roots are where the directory is. */
static bool is_elsewhere_and_lost(const struct zone *z)
{
	AUTO_RECORD struct record v = { 0 };
	struct zerr ignored = { 0 };

	if (record_load(&v, z->dir, "volume", 1, &ignored) < 0)
		return false;
	const char *group = record_get(&v, "group");
	const int missing = group ? pool_is_missing(z->h, group) : 0;
	return missing < 0 ? storage_lost(z->dir) : missing;
}

static int installed_state(const struct zone *z, struct status *s, struct zerr *e)
{
	const struct journal j = { .dirfd = z->dir, .file = "journal" };
	unsigned reached;

	if (z->dir < 0) {
		AUTO_CLOSE int trash = zonedir_trash(z);

		s->state = STATE_UNAVAILABLE;
		if (trash >= 0 && fs_exists(trash, z->name)) {
			s->state = STATE_INCOMPLETE;
			(void)snprintf(s->op, sizeof(s->op), "destroy");
		}
		return 0;
	}
	int r = journal_read(&j, s->op, &reached, e);
	if (r == 0) {
		s->state = STATE_INCOMPLETE;
		return 0;
	}
	if (r != -ENOENT)
		return r;
	if (fs_exists(z->dir, "manifest")) {
		s->state = is_elsewhere_and_lost(z) ? STATE_UNAVAILABLE : STATE_STOPPED;
	} else { /* in the index and never committed: a create that lost power */
		s->state = STATE_INCOMPLETE;
		(void)snprintf(s->op, sizeof(s->op), "create");
	}
	return 0;
}

int state_now(const struct zone *z, struct status *ret, struct zerr *e)
{
	struct status s = { .state = STATE_STOPPED };
	int r = z->run < 0 ? -ENOENT : record_load(&s.rec, z->run, "state", STATE_FORMAT, e);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		const char *stage = record_get(&s.rec, "stage");

		s.live = true;
		s.state = live_state(z, stage);
		if (s.state == STATE_INCOMPLETE)
			(void)snprintf(s.op, sizeof(s.op), "%s",
				       str_eq(stage, "starting") ? "start" : "stop");
	} else {
		*e = (struct zerr){ 0 };
		r = installed_state(z, &s, e);
		if (r < 0)
			return r;
	}
	*ret = s;
	return 0;
}

int state_allows(const struct status *s, enum verb_class what, const char *name, struct zerr *e)
{
	const char *help = helps[s->state][what];

	if (!help)
		return 0;
	zerr_as(e, ZERR_STATE, "the zone is %s%s%s", names[s->state], s->op[0] ? ":" : "", s->op);
	return zerr_hint(e, -EBUSY, "zone %s %s", help, name);
}

int state_netns(const struct record *rec)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%llu/ns/net",
		       (unsigned long long)record_u64(rec, "pid", 0));
	AUTO_CLOSE int ns = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int init = state_pidfd(rec, "pid"); /* afterwards: so it was its own */
	return ns < 0 || init < 0 ? -ESRCH : own_take_fd(&ns);
}

int state_load_storage(struct zone_host *h, const char *name, struct zone *z, struct status *s,
		       struct zerr *e)
{
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN | LOAD_SPEC, z, e);

	if (r == 0)
		r = state_now(z, s, e);
	if (r == 0)
		r = state_allows(s, DO_STORAGE, name, e);
	if (r == 0)
		adopt_try(z, s);
	return r;
}
