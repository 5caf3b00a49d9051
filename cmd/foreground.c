/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See foreground.h. That the zone has ended is told by its console, so nothing is polled. */
#include "cmd/foreground.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/own.h"
#include "cmd/out.h"
#include "cmd/tty.h"

enum { STOPPED_WAIT_MS = 60000, ENDING_WAIT_MS = 5000 };

struct state {
	struct cmd *c;
	struct foreground *f;
	unsigned signals;
};

static bool on_signal(void *arg, int sig)
{
	struct state *s = arg;

	s->f->signal(s->c, s->f, sig, ++s->signals);
	return true;
}

/* The console's output since the start, up to @end. A log that cannot be read is no failure. */
static void read_log(struct cmd *c, const struct foreground *f, uint64_t end, struct buf *ret)
{
	struct zerr e = { 0 };
	const uint64_t max = end > f->log ? end - f->log : end;

	if (f->console && max > 0)
		(void)zone_log_read(c->host, f->name, 0, end, max, ret, &e);
}

/* It ended before the console could be attached: what it said is in the log. */
static int show_log(struct cmd *c, const struct foreground *f, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	uint64_t end = 0;
	const int r = zone_log_end(c->host, f->name, &end, e);

	if (r < 0)
		return r;
	if (end != f->log)
		read_log(c, f, end, &text);
	return out_write(&text, e);
}

static int follow(struct state *s, struct zerr *e)
{
	const struct foreground *f = s->f;
	AUTO_BUF struct buf first = { 0 };
	struct tty_pump p = { .in = -1, .to = -1, .out = -1, .pidfd = -1, .eof = TTY_EOF_NONE };
	struct zerr ending = { 0 };
	uint64_t history = 0;
	bool writer = false;
	int r;
	AUTO_CLOSE int fd = zone_console(s->c->host, f->name, 0,
					 f->console ? ZONE_CONSOLE_FORCE : ZONE_CONSOLE_READONLY,
					 &writer, &history, e);

	if (fd < 0) {
		/* it may just be ending; if it is not, the first error counts */
		if (e->status != ZERR_STATE &&
		    zone_wait(s->c->host, f->name, "STOPPED", ENDING_WAIT_MS, &ending) < 0)
			return fd;
		*e = (struct zerr){ 0 };
		return show_log(s->c, f, e);
	}
	if (history != f->log)
		read_log(s->c, f, history, &first);
	p.from = fd;
	if (f->console) {
		p.in = STDIN_FILENO;
		p.to = fd;
		p.out = STDOUT_FILENO;
		p.raw = true;
		p.send = tty_console_send;
		p.resize = zone_console_resize;
	}
	p.escape = f->console ? f->escape : -1;
	p.first = &first;
	p.signal = on_signal;
	p.arg = s;
	r = out_flush(e);
	if (r == 0)
		r = tty_pump(&p, e);
	if (r == TTY_LEFT)
		(void)on_signal(s, SIGTERM);
	return r < 0 ? r : 0;
}

int foreground(struct cmd *c, struct foreground *f, struct zerr *e)
{
	struct state s = { .c = c, .f = f };
	struct zone_info info = { 0 };
	int64_t status;
	int r = follow(&s, e);

	zone_hold_signals(true);
	while (f->helper > 0 && waitpid(f->helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		r = zone_wait(c->host, f->name, "STOPPED", STOPPED_WAIT_MS, e);
	if (r == 0)
		r = zone_info_row(c->host, f->name, 0, &info, e);
	if (r < 0)
		return r;
	status = info.exit_status;
	zone_info_done(&info);
	return status >= 0 ? (int)status : zerr_set(e, EIO, "its exit status is not known");
}
