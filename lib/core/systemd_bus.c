/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module zone-systemd.so: the calls of org.freedesktop.systemd1 and org.freedesktop.machine1
 * (their manual pages of the same names) that zones need. Each makes a connection of its own, since
 * none is made twice in a process. Knows nothing of zones but their names.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "core/systemd.h"

#define MANAGER \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define MACHINES \
	"org.freedesktop.machine1", "/org/freedesktop/machine1", "org.freedesktop.machine1.Manager"
#define UNIT_EXISTS	"org.freedesktop.systemd1.UnitExists"
#define MACHINE_EXISTS	"org.freedesktop.machine1.MachineExists"
#define RETRIES		50
#define RETRY_US	100000
#define RELOAD_US	90000000ULL /* generators and hundreds of units may take their time */
#define ALL_CONTROLLERS 1

static void bus_drop(sd_bus **b)
{
	(void)sd_bus_flush_close_unref(*b);
}
static void message_drop(sd_bus_message **m)
{
	(void)sd_bus_message_unref(*m);
}
#define AUTO_BUS     __attribute__((cleanup(bus_drop)))
#define AUTO_MESSAGE __attribute__((cleanup(message_drop)))
#define AUTO_SDERROR __attribute__((cleanup(sd_bus_error_free)))

static int connect_bus(sd_bus **ret, struct zerr *e)
{
	const int r = sd_bus_open_system(ret);

	if (r < 0) {
		zerr_as(e, ZERR_HOST, "D-Bus: %s", strerror(-r));
		return -ENOTCONN;
	}
	return 0;
}

/* What came of a call, in systemd's words. */
static int call_failed(struct zerr *e, int r, const sd_bus_error *said)
{
	return zerr_set(e, -r, "systemd: %s", said->message ? said->message : strerror(-r));
}

/* ---- jobs ------------------------------------------------------------------------------------ */

struct job {
	const char *path; /* NULL: not known yet */
	char result[32];  /* empty: goes on */
};

static int job_removed(sd_bus_message *m, void *arg, sd_bus_error *ignored)
{
	const char *path, *unit, *result;
	struct job *job = arg;
	uint32_t id;

	(void)ignored;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 && job->path &&
	    strcmp(path, job->path) == 0)
		(void)strncpy(job->result, result, sizeof(job->result) - 1);
	return 0;
}

static int watch_jobs(sd_bus *bus, struct job *job, struct zerr *e)
{
	const int r = sd_bus_match_signal(bus, NULL, MANAGER, "JobRemoved", job_removed, job);

	return r < 0 ? zerr_code(e, -r, "D-Bus") : 0;
}

/* One round: what has come, else wait for more or for the other descriptor. 1: that has something.
 */
static int job_turn(sd_bus *bus, const struct job *job, int other, struct zerr *e)
{
	uint64_t until = UINT64_MAX;
	int r;

	do
		r = sd_bus_process(bus, NULL);
	while (r > 0);
	if (r < 0)
		return zerr_code(e, -r, "D-Bus");
	if (job->result[0])
		return 0;
	(void)sd_bus_get_timeout(bus, &until);
	struct pollfd p[] = { { .fd = sd_bus_get_fd(bus), .events = (short)sd_bus_get_events(bus) },
			      { .fd = other, .events = POLLIN } };
	if (poll(p, 2, until == UINT64_MAX ? -1 : 1000) < 0)
		return errno == EINTR ? zerr_set(e, EINTR, "interrupted") : zerr_sys(e, "D-Bus");
	return p[1].revents != 0;
}

static int job_outcome(const struct job *job, const char *unit, struct zerr *e)
{
	if (strcmp(job->result, "done") == 0)
		return 0;
	zerr_set(e, ECANCELED, "systemd: %s: %s", unit, job->result);
	return zerr_hint(e, -ECANCELED, "systemctl status %s", unit);
}

/* All that has been said so far. True with the outcome. */
static bool hear_all(int verdict, systemd_hear *hear, struct zerr *ret)
{
	int r;

	do
		r = hear(verdict, MSG_DONTWAIT, ret);
	while (r == 0);
	return r == 1;
}

/* Until the unit's process has said what came of it, or the job is over: 1 when that has said
 * "done" alone. */
static int await_verdict(sd_bus *bus, const struct job *job, int verdict, systemd_hear *hear,
			 const char *unit, struct zerr *e)
{
	struct zerr v = { 0 };
	bool over;
	int r;

	do {
		if ((r = job_turn(bus, job, verdict, e)) < 0)
			return r;
		/* both may come at once: the unit's own words say more */
		over = job->result[0];
		if (hear_all(verdict, hear, &v)) {
			if (v.code)
				*e = v;
			return -v.code;
		}
	} while (!over);
	r = job_outcome(job, unit, e);
	return r == 0 ? 1 : r;
}

/* Undo a start that was interrupted, and wait for that unless interrupted once more. */
static void stop_again(sd_bus *bus, struct job *job, const char *unit)
{
	AUTO_MESSAGE sd_bus_message *reply = NULL;
	struct zerr ignored = { 0 };

	*job = (struct job){ 0 };
	int r = sd_bus_call_method(bus, MANAGER, "StopUnit", NULL, &reply, "ss", unit, "replace");
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job->path);
	while (r >= 0 && !job->result[0])
		r = job_turn(bus, job, -1, &ignored);
}

static int start_and_hear(sd_bus *bus, struct job *job, const char *unit, int verdict,
			  systemd_hear *hear, struct zerr *e)
{
	AUTO_SDERROR sd_bus_error said = SD_BUS_ERROR_NULL;
	AUTO_MESSAGE sd_bus_message *reply = NULL;

	/* what an earlier failure left would count against this one */
	(void)sd_bus_call_method(bus, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
	int r = sd_bus_call_method(bus, MANAGER, "StartUnit", &said, &reply, "ss", unit, "replace");
	if (r < 0)
		return call_failed(e, r, &said);
	if ((r = sd_bus_message_read(reply, "o", &job->path)) < 0)
		return zerr_code(e, -r, "D-Bus");
	return verdict < 0 ? 0 : await_verdict(bus, job, verdict, hear, unit, e);
}

static int bus_start(const char *unit, int verdict, systemd_hear *hear, struct zerr *e)
{
	AUTO_BUS sd_bus *bus = NULL;
	struct job job = { 0 };
	int r = connect_bus(&bus, e);

	if (r == 0)
		r = watch_jobs(bus, &job, e);
	if (r == 0)
		r = start_and_hear(bus, &job, unit, verdict, hear, e);
	if (r == -EINTR && verdict >= 0) /* else it is a zone that runs */
		stop_again(bus, &job, unit);
	return r;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

static int scope_message(sd_bus *bus, const char *unit, pid_t pid, const char *description,
			 sd_bus_message **ret)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, MANAGER, "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", unit, "fail");
	if (r >= 0)
		r = sd_bus_message_append(
			m, "a(sv)", 10, "Description", "s", description, "Slice", "s",
			"machine.slice", "PIDs", "au", 1, (uint32_t)pid, "Delegate", "b",
			ALL_CONTROLLERS, "CollectMode", "s", "inactive-or-failed", "TasksMax", "t",
			UINT64_MAX,
			/* stopped in order by zones-stop.service before; a signal to all of its
			 * processes is no way to stop a system, so it is one that does nothing */
			"KillSignal", "i", (int32_t)18, "SendSIGHUP", "b", 0, "Before", "as", 1,
			"zones-stop.service", "TimeoutStopUSec", "t", (uint64_t)10000000);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	if (r < 0)
		(void)sd_bus_message_unref(m);
	else
		*ret = m;
	return r;
}

static int try_scope(const char *unit, pid_t pid, const char *description, struct zerr *e)
{
	AUTO_SDERROR sd_bus_error said = SD_BUS_ERROR_NULL;
	AUTO_MESSAGE sd_bus_message *reply = NULL, *m = NULL;
	AUTO_BUS sd_bus *bus = NULL;
	struct job job = { 0 };
	int r = connect_bus(&bus, e);

	if (r == 0)
		r = watch_jobs(bus, &job, e);
	if (r < 0)
		return r;
	if ((r = scope_message(bus, unit, pid, description, &m)) < 0)
		return zerr_code(e, -r, "D-Bus");
	r = sd_bus_call(bus, m, 0, &said, &reply);
	if (r < 0 && sd_bus_error_has_name(&said, UNIT_EXISTS))
		return zerr_as(e, ZERR_BUSY, "systemd: %s exists already", unit);
	if (r < 0)
		return call_failed(e, r, &said);
	if ((r = sd_bus_message_read(reply, "o", &job.path)) < 0)
		return zerr_code(e, -r, "D-Bus");
	while (!job.result[0])
		if ((r = job_turn(bus, &job, -1, e)) < 0)
			return r;
	return job_outcome(&job, unit, e);
}

/* The scope of the zone's last run goes some milliseconds after its last process. */
static int bus_scope(const char *unit, pid_t pid, const char *description, struct zerr *e)
{
	int r = -EBUSY;

	for (int i = 0; i < RETRIES && r == -EBUSY; i++) {
		if (i)
			(void)usleep(RETRY_US);
		r = try_scope(unit, pid, description, e);
	}
	return r;
}

static int bus_reload(struct zerr *e)
{
	AUTO_SDERROR sd_bus_error said = SD_BUS_ERROR_NULL;
	AUTO_MESSAGE sd_bus_message *m = NULL;
	AUTO_BUS sd_bus *bus = NULL;
	int r = connect_bus(&bus, e);

	if (r == 0)
		r = sd_bus_message_new_method_call(bus, &m, MANAGER, "Reload");
	if (r >= 0)
		r = sd_bus_call(bus, m, RELOAD_US, &said, NULL);
	return r < 0 && r != -ENOTCONN ? call_failed(e, r, &said) : r;
}

/* ---- machined -------------------------------------------------------------------------------- */

static int register_once(sd_bus *bus, const struct systemd_machine *m, sd_bus_error *said)
{
	AUTO_MESSAGE sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(bus, &call, MACHINES, "RegisterMachineWithNetwork");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", m->name);
	if (r >= 0)
		r = sd_bus_message_append_array(call, 'y', m->id, sizeof(m->id));
	if (r >= 0)
		r = sd_bus_message_append(call, "ssus", "zone", "container", (uint32_t)m->leader,
					  m->root);
	if (r >= 0)
		r = sd_bus_message_append_array(call, 'i', m->links,
						m->links_n * sizeof(m->links[0]));
	return r < 0 ? r : sd_bus_call(bus, call, 0, said, NULL);
}

/* One that has our name is our last run, whose end machined has not seen yet. */
static int bus_enroll(const struct systemd_machine *m, struct zerr *e)
{
	AUTO_BUS sd_bus *bus = NULL;
	int r = connect_bus(&bus, e);

	for (int i = 0; i < RETRIES && r >= 0; i++) {
		AUTO_SDERROR sd_bus_error said = SD_BUS_ERROR_NULL;

		(void)sd_bus_call_method(bus, MACHINES, "UnregisterMachine", NULL, NULL, "s",
					 m->name);
		r = register_once(bus, m, &said);
		if (r >= 0)
			return 0;
		if (!sd_bus_error_has_name(&said, MACHINE_EXISTS))
			return zerr_set(e, -r, "machined: %s", said.message);
		(void)usleep(RETRY_US);
		r = 0;
	}
	return r < 0 ? r : zerr_set(e, EEXIST, "machined: it knows another %s", m->name);
}

static void bus_dismiss(const char *name)
{
	struct zerr ignored = { 0 };
	AUTO_BUS sd_bus *bus = NULL;

	if (connect_bus(&bus, &ignored) == 0) /* not known any more: as it should be */
		(void)sd_bus_call_method(bus, MACHINES, "UnregisterMachine", NULL, NULL, "s", name);
}

__attribute__((visibility("default"))) const struct systemd_ops zone_systemd = {
	.start = bus_start,
	.scope = bus_scope,
	.reload = bus_reload,
	.enroll = bus_enroll,
	.dismiss = bus_dismiss,
};
