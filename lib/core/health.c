/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One check of a zone's health, and what follows from it. */
#include "core/health.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/cgroup.h"
#include "core/internal.h"
#include "core/life.h"
#include "core/restart.h"

#define ENDING_MS  300
#define RECORD	   "health"
#define OUTPUT_MAX 200 /* bytes of what a failed check has printed that are kept */

static const char *const words[] = { "starting", "healthy", "unhealthy" };
enum { STARTING, HEALTHY, UNHEALTHY };
static const char *const actions[] = { "none", "restart", "stop", "kill" }; /* by the enum */

int health_record(const struct zone_spec *s, struct record *state)
{
	if (!s->health_command)
		return 0;
	if (record_set(state, "health.command", s->health_command) < 0 ||
	    record_set(state, "health.action", actions[s->health_action]) < 0 ||
	    record_setf(state, "health.timeout", "%u", s->health_timeout) < 0 ||
	    record_setf(state, "health.retries", "%u", s->health_retries) < 0 ||
	    record_setf(state, "health.start_period", "%u", s->health_start_period) < 0)
		return -ENOMEM;
	return 0;
}

static const char *word_of(const struct record *seen)
{
	const char *v = record_get(seen, "health");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(words[i], v))
			return words[i];
	return words[STARTING];
}

const char *health_of(const struct zone *z, const struct record *state, char **ret_detail)
{
	AUTO_RECORD struct record seen = { 0 };
	struct zerr ignored = { 0 };

	if (ret_detail)
		*ret_detail = NULL;
	if (!record_get(state, "health.command"))
		return NULL;
	(void)record_load(&seen, z->run, RECORD, STATE_FORMAT, &ignored); /* none yet: starting */
	if (ret_detail && record_get(&seen, "output"))
		*ret_detail = strdup(record_get(&seen, "output")); /* without memory, none */
	return word_of(&seen);
}

/* ---- running the command --------------------------------------------------------------------- */

struct check {
	struct zone_host *h;
	struct zone *z;
	struct record *state;
	char output[OUTPUT_MAX]; /* the last line, or why it did not run */
};

/* Keep the end of what is read. */
static void take_output(struct check *c, int fd)
{
	char chunk[4096];
	const ssize_t n = read(fd, chunk, sizeof(chunk) - 1);

	if (n <= 0)
		return;
	chunk[n] = '\0';
	for (char *l = chunk, *end; *l; l = end + (*end == '\n')) {
		end = l + strcspn(l, "\n");
		if (end > l)
			(void)snprintf(c->output, sizeof(c->output), "%.*s", (int)(end - l), l);
	}
	zerr_clean(c->output);
}

/* Wait for the command, at most its time. True: it succeeded. */
static bool wait_command(struct check *c, int pidfd, int out)
{
	const unsigned timeout = (unsigned)record_u64(c->state, "health.timeout", 10);
	const int64_t deadline = now_ms() + (int64_t)timeout * 1000;
	struct pollfd p[] = { { .fd = pidfd, .events = POLLIN }, { .fd = out, .events = POLLIN } };

	while (!p[0].revents) {
		const int64_t left = deadline - now_ms();

		if (left <= 0) {
			(void)sys_pidfd_send_signal(pidfd, SIGKILL);
			(void)zone_exec_status(pidfd);
			(void)snprintf(c->output, sizeof(c->output), "no result after %u s",
				       timeout);
			return false;
		}
		(void)poll(p, 2, (int)left);
		if (p[1].revents & POLLIN)
			take_output(c, out);
		else if (p[1].revents)
			p[1].fd = -1;
	}
	for (int i = 0; i < 16 && poll(&p[1], 1, 0) == 1 && (p[1].revents & POLLIN); i++)
		take_output(c, out);
	const int status = zone_exec_status(pidfd);
	if (status && !c->output[0])
		(void)snprintf(c->output, sizeof(c->output), "status %d", status);
	return status == 0;
}

/* Run it with its output in a pipe. 1 well, 0 not, -errno: no statement can be made. */
static int run_command(struct check *c)
{
	AUTO_STRV struct strv argv = { 0 };
	struct zone_exec x = { 0 };
	struct zerr e = { 0 };
	int pair[2], pidfd = -1;

	if (strv_split(&argv, record_get(c->state, "health.command"), " ") < 0 ||
	    pipe2(pair, O_CLOEXEC) < 0)
		return -ENOMEM;
	AUTO_CLOSE int in = pair[0];
	(void)dup2(pair[1], 1); /* ours are not needed any more */
	(void)dup2(pair[1], 2);
	(void)close(pair[1]);
	x.argv = argv.v;
	const int r = zone_exec(c->h, c->z->name, &x, &pidfd, NULL, &e);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)dup2(null, 1); /* or the pipe would have us as its writer */
	(void)dup2(null, 2);
	if (r < 0 && (e.status == ZERR_STATE || e.status == ZERR_MISSING))
		return -ESRCH; /* it has just ended: somebody else tells */
	if (r < 0) {
		(void)snprintf(c->output, sizeof(c->output), "%.190s", e.msg);
		return 0;
	}
	AUTO_CLOSE int command = pidfd;
	return wait_command(c, command, in);
}

/* ---- what follows ---------------------------------------------------------------------------- */

/* In a process of its own, outside of the zone's groups: they are about to be removed. */
static void stop_zone(struct check *c, bool again)
{
	struct zerr e = { 0 };

	if (life_fork_outside(c->h) != 0)
		return;
	(void)setsid();
	if ((again && restart_want(c->z, &e) < 0) || zone_stop(c->h, c->z->name, -1, &e) < 0) {
		const char *const fields[] = { "error", e.msg, NULL };

		zone_event(c->h, c->z->name, "health_action_failed", fields);
	}
	_exit(0);
}

static void act(struct check *c)
{
	const char *action = record_get(c->state, "health.action");
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr e = { 0 };

	if (str_eq(action, actions[HEALTH_KILL]) && cg_open(c->h, c->z->name, &cg, &e) == 0)
		(void)cg_kill(cg.payload, &e); /* it is empty already, then */
	if (str_eq(action, actions[HEALTH_STOP]) || str_eq(action, actions[HEALTH_RESTART]))
		stop_zone(c, str_eq(action, actions[HEALTH_RESTART]));
}

/* The state after a check, and how many have failed in a row by now. */
static const char *judge(const struct check *c, const char *before, bool well, unsigned *failures)
{
	const uint64_t up = (now_boot_ns() - record_u64(c->state, "started_ns", 0)) / 1000000000;

	*failures = well ? 0 : *failures + 1;
	if (well)
		return words[HEALTHY];
	if (before == words[STARTING] && up < record_u64(c->state, "health.start_period", 0)) {
		*failures = 0; /* it is still coming up */
		return words[STARTING];
	}
	return *failures >= record_u64(c->state, "health.retries", 1) ? words[UNHEALTHY] : before;
}

/* Write down what was seen; tell of it, and act, when it is another state than before. */
static void conclude(struct check *c, bool well)
{
	AUTO_RECORD struct record seen = { 0 };
	struct zerr e = { 0 };
	char number[16];

	(void)record_load(&seen, c->z->run, RECORD, STATE_FORMAT, &e);
	const char *before = word_of(&seen);
	unsigned failures = (unsigned)record_u64(&seen, "failures", 0);
	const char *now = judge(c, before, well, &failures);
	const char *const fields[] = { "health",  now, "failures", number, well ? NULL : "output",
				       c->output, NULL };

	(void)snprintf(number, sizeof(number), "%u", failures);
	record_unset(&seen, "output");
	if (record_set(&seen, "health", now) < 0 || record_set(&seen, "failures", number) < 0 ||
	    (!well && record_set(&seen, "output", c->output) < 0) ||
	    record_save(&seen, c->z->run, RECORD, STATE_FORMAT, false, &e) < 0)
		log_debug("health: %s", e.msg);
	if (now == before)
		return;
	zone_event(c->h, c->z->name, "health", fields);
	if (now == words[UNHEALTHY])
		act(c);
}

/* ---- the verb -------------------------------------------------------------------------------- */

static bool runs(struct check *c)
{
	AUTO_STATUS struct status s = { 0 };
	struct zerr e = { 0 };

	return state_now(c->z, &s, &e) == 0 && s.state == STATE_RUNNING;
}

/* Whether init is ending: a check is among the first of those that it takes along, or that are
 * killed with it. */
static bool ends(const struct check *c)
{
	AUTO_CLOSE int init = state_pidfd(c->state, "pid");
	struct pollfd p = { .fd = init, .events = POLLIN };

	return init < 0 || process_exits((pid_t)record_u64(c->state, "pid", 0)) ||
	       poll(&p, 1, ENDING_MS) == 1;
}

static void check_zone(struct zone_host *h, const char *name)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_RECORD struct record state = { 0 };
	struct check c = { .h = h, .z = &z, .state = &state };
	struct zerr e = { 0 };

	if (zone_load(h, name, 0, &z, &e) < 0 || z.run < 0 || !runs(&c) ||
	    record_load(&state, z.run, "state", STATE_FORMAT, &e) < 0 ||
	    !record_get(&state, "health.command"))
		return;
	AUTO_CLOSE int lock = fs_lock(z.run, "health.lock", 0, &e);
	if (lock < 0)
		return; /* the one before is not done yet */
	const int r = run_command(&c);
	if ((r == 1 || (r == 0 && !ends(&c))) &&
	    runs(&c)) /* one that was frozen or stopped meanwhile has no fault */
		conclude(&c, r == 1);
}

int internal_health(int argc, char **argv)
{
	const struct zone_options o = { .lock_wait_ms = 60000 };
	struct zone_host *h = NULL;
	struct zerr e = { 0 };

	if (argc != 2)
		return ZERR_USAGE;
	if (zone_host_open(&o, &h, &e) < 0)
		return ZERR_FAILED;
	check_zone(h, argv[1]);
	zone_host_close(h);
	return ZERR_OK;
}
