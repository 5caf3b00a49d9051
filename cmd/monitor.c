/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone monitor: follow the events file. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/each.h"
#include "cmd/flat.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

/* "TIME ZONE EVENT key=value …" */
static void event_text(const struct strv *pairs, struct buf *out)
{
	static const char *const first[] = { "time", "zone", "event" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = flat_get(pairs, first[i]);

		buf_str(out, i > 0 ? " " : "");
		out_clean(out, value ? value : "-");
	}
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		if (str_eq(pairs->v[i], "time") || str_eq(pairs->v[i], "zone") ||
		    str_eq(pairs->v[i], "event"))
			continue;
		buf_char(out, ' ');
		out_clean(out, pairs->v[i]);
		buf_char(out, '=');
		out_clean(out, pairs->v[i + 1]);
	}
	buf_char(out, '\n');
}

static int print_events(const struct cmd *c, const struct strv *lines, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	int r;

	for (size_t i = 0; i < lines->n; i++) {
		AUTO_STRV struct strv pairs = { 0 };

		/* a line cut short by a full disk is not worth ending for */
		if (flat_parse(lines->v[i], &pairs) < 0 ||
		    !each_wanted(c, flat_get(&pairs, "zone")))
			continue;
		if (c->opt.json)
			buf_fmt(&out, "%s\n", lines->v[i]);
		else
			event_text(&pairs, &out);
	}
	r = out_write(&out, e);
	return r < 0 ? r : out_flush(e);
}

static int follow(const struct cmd *c, struct zone_events *ev, struct zerr *e)
{
	/* standard output for the end of its reader only */
	struct pollfd f[] = { { .fd = zone_events_fd(ev), .events = POLLIN },
			      { .fd = STDOUT_FILENO } };
	sigset_t stop, old;
	int r = 0;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, &old);
	while (r == 0 && !zone_signal() && !f[1].revents) {
		AUTO_STRV struct strv lines = { 0 };

		r = zone_events_next(ev, &lines, e);
		if (r >= 0)
			r = print_events(c, &lines, e);
		if (r == 0 && ppoll(f, 2, NULL, &old) < 0 && errno != EINTR)
			r = zerr_sys(e, "poll");
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

static int monitor_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct zone_events *ev = NULL;
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_events_open(c->host, &ev, e);
	if (r < 0)
		return r;
	r = follow(c, ev, e);
	zone_events_close(ev);
	return r;
}

const struct verb verb_monitor = {
	.name = "monitor",
	.alias = "events",
	.args = "[PATTERN...]",
	.help = "print what happens to zones, as it happens",
	.group = GROUP_LOOK,
	.flags = VERB_PATTERNS,
	.max_args = -1,
	.run = monitor_run,
};
