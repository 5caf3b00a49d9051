/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks of the host's side: one program, no shell, a clean environment, a deadline. */
#include "core/hooks.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "core/tell.h"

#define MORE_S 60 /* for what comes after a hook, and the end of one that has to be killed */

static const char *const down[] = { "prestop", "stop", "poststop" }; /* kept in the record */

struct hook hook_of_spec(const struct zone_spec *s, const char *name, pid_t init)
{
	return (struct hook){ .name = name,
			      .command = pairs_get(&s->hooks, name),
			      .timeout = s->hook_timeout,
			      .init = init };
}

struct hook hook_of_record(const struct record *state, const char *name)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "hook.%s", name);
	return (struct hook){ .name = name,
			      .command = record_get(state, key),
			      .timeout = (unsigned)record_u64(state, "hook.timeout", 0),
			      .init = (pid_t)record_u64(state, "pid", 0),
			      .status = record_get(state, "exit_status") };
}

int hooks_record(const struct zone_spec *s, struct record *state)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(down) / sizeof(down[0]) && r == 0; i++) {
		const char *command = pairs_get(&s->hooks, down[i]);
		char key[32];

		(void)snprintf(key, sizeof(key), "hook.%s", down[i]);
		if (command && (r = record_set(state, key, command)) == 0)
			r = record_setf(state, "hook.timeout", "%u", s->hook_timeout);
	}
	return r;
}

void hook_start_await(const struct zone_spec *s)
{
	if (hook_of_spec(s, "start", 0).command)
		tell_patience(s->hook_timeout + MORE_S);
}

int hooks_down_ms(const struct record *state, bool before)
{
	int n = 0;

	for (size_t i = before ? 0 : 1; i < sizeof(down) / sizeof(down[0]); i++)
		n += hook_of_record(state, down[i]).command != NULL;
	return n * 1000 * (int)record_u64(state, "hook.timeout", 0);
}

/* What it is told. A moved installation's places too, so that it can call zone. */
static int make_environment(const struct zone *z, const struct hook *h, struct strv *env)
{
	static const char *const places[] = { "ZONE_ETC", "ZONE_VAR", "ZONE_RUN", "ZONE_CACHE" };
	int r = strv_addf(env, "ZONE_NAME=%s", z->name);

	if (r == 0)
		r = strv_addf(env, "ZONE_HOOK=%s", h->name);
	if (r == 0)
		r = strv_addf(env, "ZONE_DIRECTORY=%s", z->entry.dir);
	if (r == 0)
		r = strv_addf(env, "ZONE_ID_BASE=%u", zone_base(z));
	if (r == 0 && h->init > 0)
		r = strv_addf(env, "ZONE_INIT_PID=%d", (int)h->init);
	if (r == 0 && h->status)
		r = strv_addf(env, "ZONE_EXIT_STATUS=%s", h->status);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == 0; i++) {
		const char *v = getenv(places[i]);

		r = v ? strv_addf(env, "%s=%s", places[i], v) : 0;
	}
	return r;
}

/* What has been left to us, since we are their reaper. */
static void kill_children(void)
{
	siginfo_t si = { 0 };

	while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG) == 0) {
		AUTO_FCLOSE FILE *f = fopen("/proc/thread-self/children", "re");
		int pid;

		while (f && fscanf(f, "%d", &pid) == 1)
			(void)kill((pid_t)pid, SIGKILL); /* not waited for: still its own number */
		if (!f)
			return; /* a kernel without that list: they go to the host's init */
		(void)usleep(si.si_pid ? 0 : 1000);
		si.si_pid = 0;
	}
}

struct call {
	const char *const *argv;
	const char *const *env;
	int timeout_ms;
};

static int call(void *arg, struct zerr *e)
{
	const struct call *c = arg;
	const struct run_args a = { .argv = c->argv, .env = c->env, .timeout_ms = c->timeout_ms };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	const int r = run_program(&a, NULL, e);
	kill_children();
	return r;
}

int hook_run(const struct zone *z, const struct hook *h, struct zerr *e)
{
	AUTO_STRV struct strv argv = { 0 }, env = { 0 };

	if (!h->command)
		return 0;
	if (strv_split(&argv, h->command, " ") < 0 || make_environment(z, h, &env) < 0)
		return zerr_code(e, ENOMEM, "hook.%s", h->name);
	tell_patience(h->timeout + MORE_S);
	struct call c = { (const char *const *)argv.v, (const char *const *)env.v,
			  (int)h->timeout * 1000 };
	return zerr_in(e, child_run(call, &c, e), "hook.%s", h->name);
}

void hook_try(const struct zone *z, const struct hook *h)
{
	struct zerr e = { 0 };
	const char *const fields[] = { "hook", h->name, "error", e.msg, NULL };

	if (hook_run(z, h, &e) == 0)
		return;
	log_warn("%s: %s", z->name, e.msg);
	zone_event(z->h, z->name, "hook_failed", fields);
}
