/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See tty.h. One poll loop, two bounded buffers: a side that does not take bytes stops the reading
 * of the other one. Our output must not be made non-blocking where that is shared with the caller's
 * shell, so a terminal is opened once more and pipes get at most PIPE_BUF bytes at a time.
 */
#include "cmd/tty.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/escape.h"
#include "zone.h"

enum { CHUNK = 4096, PENDING_MAX = 64 * 1024, INPUT_MAX = 4096, CONSOLE_CHUNK = 1024 };

/* The one terminal of this process, kept here because atexit() takes no argument. */
static struct termios saved;
static bool is_raw;

static void tty_restore(void)
{
	if (is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &saved); /* gone: nothing to restore */
	is_raw = false;
}

static int tty_raw(struct zerr *e)
{
	static bool registered;
	struct termios t;

	if (!isatty(STDIN_FILENO))
		return 0;
	if (!is_raw && tcgetattr(STDIN_FILENO, &saved) < 0)
		return zerr_sys(e, "terminal");
	if (!registered && atexit(tty_restore) != 0)
		return zerr_set(e, ENOMEM, "terminal: it could not be restored");
	registered = true;
	t = saved;
	cfmakeraw(&t);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &t) < 0)
		return zerr_sys(e, "terminal");
	is_raw = true;
	return 0;
}

bool tty_size(unsigned short *ret_rows, unsigned short *ret_cols)
{
	struct winsize ws = { 0 };

	*ret_rows = 24;
	*ret_cols = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0)
		return false;
	if (ws.ws_row == 0 || ws.ws_col == 0)
		return false;
	*ret_rows = ws.ws_row;
	*ret_cols = ws.ws_col;
	return true;
}

bool tty_is_ours(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int tty_write(int fd, const void *data, size_t len)
{
	const ssize_t n = write(fd, data, len);

	return n < 0 ? -errno : (int)n;
}

int tty_pty_resize(int fd, unsigned short rows, unsigned short cols)
{
	const struct winsize ws = { .ws_row = rows, .ws_col = cols };

	return ioctl(fd, TIOCSWINSZ, &ws) < 0 ? -errno : 0;
}

int tty_console_send(int fd, const void *data, size_t len)
{
	const size_t n = len < CONSOLE_CHUNK ? len : CONSOLE_CHUNK;
	const int r = zone_console_input(fd, data, n);

	return r < 0 ? r : (int)n;
}

/* Bytes on their way; `at` of them are gone already. */
struct queue {
	struct buf b;
	size_t at;
};

static size_t queue_len(const struct queue *q)
{
	return q->b.len - q->at;
}

static void queue_took(struct queue *q, size_t n)
{
	q->at += n;
	if (q->at == q->b.len)
		q->at = q->b.len = 0;
}

struct pump {
	const struct tty_pump *p;
	struct escape escape;
	struct queue input, output;
	int in, to, from, out; /* as in *p; -1 as soon as one has ended */
	int out_own;	       /* `out`, a terminal, opened once more; or -1 */
	int sigfd;
	bool exited; /* the process of pidfd */
	int end;     /* enum tty_end, or -1: go on */
};

static void pump_resize(const struct pump *s)
{
	unsigned short rows, cols;

	if (s->p->resize && s->to >= 0 && tty_size(&rows, &cols))
		(void)s->p->resize(s->to, rows, cols); /* gone: seen by the next read */
}

static int on_signal(struct pump *s, struct zerr *e)
{
	struct signalfd_siginfo si;

	if (read(s->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return 0;
	switch (si.ssi_signo) {
	case SIGCONT: /* the shell may have changed the terminal meanwhile */
		pump_resize(s);
		return s->p->raw ? tty_raw(e) : 0;
	case SIGWINCH:
		pump_resize(s);
		return 0;
	default:
		break;
	}
	if (!s->p->signal || !s->p->signal(s->p->arg, (int)si.ssi_signo))
		s->end = TTY_SIGNAL;
	return 0;
}

static void on_input_end(struct pump *s)
{
	s->in = -1;
	if (is_raw)
		s->end = TTY_LEFT; /* the terminal was hung up */
	else if (s->p->eof >= 0)
		buf_char(&s->input.b, (char)s->p->eof);
}

/* Our input: the escape key, then towards the zone. */
static void on_input(struct pump *s)
{
	char data[CHUNK];
	const ssize_t n = read(s->in, data, sizeof(data));

	if (n > 0 && escape_feed(&s->escape, data, (size_t)n, &s->input.b))
		s->end = TTY_LEFT;
	else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		on_input_end(s);
	if (s->p->mute)
		s->input.b.len = s->input.at = 0;
}

static void to_zone(struct pump *s)
{
	const size_t len = queue_len(&s->input);
	const int n = s->p->send(s->to, s->input.b.p + s->input.at, len);

	if (n >= 0)
		queue_took(&s->input, (size_t)n);
	else if (n != -EAGAIN && n != -EINTR)
		queue_took(&s->input, len); /* gone: the next read says so */
}

static void from_zone(struct pump *s)
{
	char data[CHUNK];
	const ssize_t n = read(s->from, data, sizeof(data));

	if (n > 0)
		buf_add(&s->output.b, data, s->out < 0 ? 0 : (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		s->from = -1; /* a pty whose last user has gone says EIO */
	else if (s->exited)
		s->from = -1; /* drained; others may hold the pty for ever */
}

static int to_us(struct pump *s, struct zerr *e)
{
	const size_t len = queue_len(&s->output);
	const size_t max = s->out_own >= 0 ? len : PIPE_BUF;
	const ssize_t n = write(s->out, s->output.b.p + s->output.at, len < max ? len : max);

	if (n >= 0)
		queue_took(&s->output, (size_t)n);
	else if (errno == EPIPE || errno == EIO)
		s->end = TTY_LEFT;
	else if (errno != EAGAIN && errno != EINTR)
		return zerr_sys(e, "standard output");
	return 0;
}

enum { P_SIGNAL, P_PID, P_IN, P_OUT, P_TO, P_FROM, P_COUNT };

/* Whoever wants nothing from a descriptor must not be woken by its POLLHUP: so -1 there. Our output
 * without events is for the end of its reader. */
static void pump_events(const struct pump *s, struct pollfd f[static P_COUNT])
{
	const size_t in = queue_len(&s->input), out = queue_len(&s->output);

	f[P_SIGNAL] = (struct pollfd){ .fd = s->sigfd, .events = POLLIN };
	f[P_PID] = (struct pollfd){ .fd = s->exited ? -1 : s->p->pidfd, .events = POLLIN };
	f[P_IN] = (struct pollfd){ .fd = in < INPUT_MAX ? s->in : -1, .events = POLLIN };
	f[P_OUT] = (struct pollfd){ .fd = s->out, .events = out > 0 ? POLLOUT : 0 };
	f[P_TO] = (struct pollfd){ .fd = in > 0 ? s->to : -1, .events = POLLOUT };
	f[P_FROM] = (struct pollfd){ .fd = out < PENDING_MAX ? s->from : -1, .events = POLLIN };
}

/* The process has ended: nobody reads what was typed. What it wrote is still to come. */
static void on_exit_seen(struct pump *s)
{
	s->exited = true;
	s->in = -1;
	queue_took(&s->input, queue_len(&s->input));
}

static void on_zone(struct pump *s, bool to, bool from)
{
	if (to)
		to_zone(s);
	if (from)
		from_zone(s);
	if (s->p->eof == TTY_EOF_CLOSE && s->in < 0 && queue_len(&s->input) == 0)
		s->to = own_close(s->to);
}

static int on_output(struct pump *s, short revents, struct zerr *e)
{
	if (revents & POLLOUT)
		return to_us(s, e);
	if (revents)
		s->end = TTY_LEFT;
	return 0;
}

static bool pump_done(const struct pump *s)
{
	return s->from < 0 && (s->p->pidfd < 0 || s->exited) && queue_len(&s->output) == 0;
}

static int pump_step(struct pump *s, struct zerr *e)
{
	struct pollfd f[P_COUNT];
	bool drain;
	int r = 0;

	pump_events(s, f);
	drain = s->exited && f[P_FROM].fd >= 0;
	if (poll(f, P_COUNT, drain ? 0 : -1) < 0)
		return errno == EINTR ? 0 : zerr_sys(e, "poll");
	if (f[P_PID].revents)
		on_exit_seen(s);
	if (f[P_SIGNAL].revents)
		r = on_signal(s, e);
	if (f[P_IN].revents && s->in >= 0)
		on_input(s);
	on_zone(s, f[P_TO].revents, drain || f[P_FROM].revents);
	if (r == 0)
		r = on_output(s, f[P_OUT].revents, e);
	if (s->end < 0 && pump_done(s))
		s->end = TTY_GONE;
	return s->input.b.failed || s->output.b.failed ? zerr_code(e, ENOMEM, "terminal") : r;
}

static void unblock(int fd)
{
	if (fd >= 0) /* it is ours and open: this cannot fail */
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Our output once more, so that it can be non-blocking without the caller's shell being so too. */
static int reopen(int fd)
{
	char path[32];

	if (fd < 0 || !isatty(fd))
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int pump_open(struct pump *s, sigset_t *old, struct zerr *e)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &set, old);
	s->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->sigfd < 0)
		return zerr_sys(e, "signals");
	unblock(s->to);
	unblock(s->from);
	s->out_own = reopen(s->out);
	if (s->out_own >= 0)
		s->out = s->out_own;
	if (s->p->first)
		buf_add(&s->output.b, s->p->first->p, s->p->first->len);
	pump_resize(s);
	return s->p->raw ? tty_raw(e) : 0;
}

int tty_pump(const struct tty_pump *p, struct zerr *e)
{
	struct pump s = {
		.p = p,
		.escape = { .key = p->escape },
		.in = p->in,
		.to = p->to,
		.from = p->from,
		.out = p->out,
		.out_own = -1,
		.sigfd = -1,
		.end = -1,
	};
	sigset_t old;
	int r = pump_open(&s, &old, e);

	/* one that came before they were blocked */
	if (r == 0 && zone_signal() && (!p->signal || !p->signal(p->arg, zone_signal())))
		s.end = TTY_SIGNAL;
	while (r == 0 && s.end < 0)
		r = pump_step(&s, e);
	tty_restore();
	own_close(s.sigfd);
	own_close(s.out_own);
	buf_done(&s.input.b);
	buf_done(&s.output.b);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r < 0 ? r : s.end;
}
