/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of the host's administrator at fixed points of a zone's life. In this order:
 *   prestart   on the host, before anything of the zone is there
 *   created    on the host, when its namespaces and interfaces are there and nothing runs in them
 *   start      inside, just before init, with init's rights (child.c)
 *   poststart  on the host, when init runs
 *   prestop    on the host, before `zone stop` asks init
 *   stop       on the host, when init has ended
 *   poststop   on the host, when nothing is left, also after a start that failed
 * The first three fail the start; what the others say is told and changes nothing.
 */
#pragma once

#include "core/core.h"

struct hook {
	const char *name;
	const char *command; /* NULL: there is none, and nothing is done */
	unsigned timeout;    /* seconds */
	pid_t init;	     /* as the host sees it; 0: none */
	const char *status;  /* exit status of init, or NULL */
};

/* Run it and wait for its end, for which a unit asks for the time; what it leaves behind is killed.
 * 0, or what went wrong. */
int hook_run(const struct zone *z, const struct hook *h, struct zerr *e);
/* The same for one whose failure changes nothing: it becomes a warning and an event. */
void hook_try(const struct zone *z, const struct hook *h);
/* The hook @name as the configuration has it, and as the record of a run has it. */
struct hook hook_of_spec(const struct zone_spec *s, const char *name, pid_t init);
struct hook hook_of_record(const struct record *state, const char *name);
/* Put those that the way down needs into the record: the configuration may change meanwhile. 0 or
 * -ENOMEM. */
int hooks_record(const struct zone_spec *s, struct record *state);
/* How long, in milliseconds, those of the way down may take; @before: and prestop, which is before
 * it. */
int hooks_down_ms(const struct record *state, bool before);
/* hook.start, which another process runs inside, is waited for now: a unit asks for the time. */
void hook_start_await(const struct zone_spec *s);
