/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone stop, restart, reboot, kill, freeze, thaw, wait. */
#include "cmd/each.h"
#include "cmd/start.h"
#include "cmd/verbs.h"

struct stop_opts {
	int timeout; /* seconds; -1: never kill; UNSET: as configured */
	bool kill;
	const char *wait; /* restart only */
};
#define O(member) offsetof(struct stop_opts, member)
enum { UNSET = -2 };

static const struct opt stop_opts[] = {
	{ 't', "timeout", "S", "kill what is left after so many seconds (60)", OPT_SECS,
	  O(timeout) },
	{ 'k', "kill", NULL, "kill it at once", OPT_FLAG, O(kill) },
	{ 0 },
};
static const struct opt restart_opts[] = {
	{ 't', "timeout", "S", "kill what is left after so many seconds (60)", OPT_SECS,
	  O(timeout) },
	{ 'k', "kill", NULL, "kill it at once", OPT_FLAG, O(kill) },
	{ 0, "wait", START_WAITS, "for what (running)", OPT_ENUM, O(wait) },
	{ 0 },
};
static const struct stop_opts stop_defaults = { .timeout = UNSET, .wait = "running" };

static int stop_ms(const struct stop_opts *o)
{
	if (o->kill)
		return 0;
	if (o->timeout == UNSET)
		return -1;
	return o->timeout < 0 ? INT_MAX : cmd_ms(o->timeout); /* -1 has another meaning there */
}

static int stop_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	return zone_stop(c->host, name, stop_ms(opts), e);
}

static int restart_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const struct stop_opts *o = opts;
	const struct zone_start s = { .wait = start_wait(o->wait),
				      .timeout_ms = START_TIMEOUT * 1000,
				      .stdio = { -1, -1, -1 } };
	const int r = zone_stop(c->host, name, stop_ms(o), e);

	return r < 0 ? r : start_zone(c, name, &s, e);
}

static int reboot_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	(void)opts;
	return zone_reboot(c->host, name, e);
}

struct kill_opts {
	const char *signal;
};
static const struct opt kill_opts[] = {
	{ 's', "signal", "SIGNAL", "which (KILL)", OPT_STR, offsetof(struct kill_opts, signal) },
	{ 0 },
};

static int kill_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const struct kill_opts *o = opts;

	return zone_kill(c->host, name, o->signal, e);
}

static int freeze_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	(void)opts;
	return zone_freeze(c->host, name, true, e);
}

static int thaw_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	(void)opts;
	return zone_freeze(c->host, name, false, e);
}

struct wait_opts {
	const char *states;
	int timeout;
};
#define W(member) offsetof(struct wait_opts, member)

static const struct opt wait_opts[] = {
	{ 's', "state", "STATE", "for one of these, separated by | (STOPPED)", OPT_STR, W(states) },
	{ 't', "timeout", "S", "so many seconds; 0 looks once (infinity)", OPT_SECS, W(timeout) },
	{ 0 },
};
static const struct wait_opts wait_defaults = { .states = "STOPPED", .timeout = -1 };

/* The time is one for all zones together. */
static int wait_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const struct wait_opts *o = opts;
	int64_t left = -1;

	if (o->timeout >= 0) {
		left = c->started + (int64_t)o->timeout * 1000 - now_ms();
		left = left < 0 ? 0 : left;
	}
	return zone_wait(c->host, name, o->states, left > INT_MAX ? INT_MAX : (int)left, e);
}

const struct verb verb_stop = {
	.name = "stop",
	.args = "NAME...",
	.help = "shut zones down",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = stop_opts,
	.opts_size = sizeof(struct stop_opts),
	.defaults = &stop_defaults,
	.each = stop_each,
};

const struct verb verb_restart = {
	.name = "restart",
	.args = "NAME...",
	.help = "stop zones and start them again",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = restart_opts,
	.opts_size = sizeof(struct stop_opts),
	.defaults = &stop_defaults,
	.each = restart_each,
};

const struct verb verb_reboot = {
	.name = "reboot",
	.args = "NAME...",
	.help = "ask the zones' inits to reboot",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.each = reboot_each,
};

const struct verb verb_kill = {
	.name = "kill",
	.args = "NAME...",
	.help = "send a signal to the zones' inits",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = kill_opts,
	.opts_size = sizeof(struct kill_opts),
	.each = kill_each,
};

const struct verb verb_freeze = {
	.name = "freeze",
	.args = "NAME...",
	.help = "halt all processes of zones",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.each = freeze_each,
};

const struct verb verb_thaw = {
	.name = "thaw",
	.alias = "unfreeze",
	.args = "NAME...",
	.help = "let them go on",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.each = thaw_each,
};

const struct verb verb_wait = {
	.name = "wait",
	.args = "NAME...",
	.help = "wait until zones are in a state",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = wait_opts,
	.opts_size = sizeof(struct wait_opts),
	.defaults = &wait_defaults,
	.each = wait_each,
};
