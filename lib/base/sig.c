/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signal flag. The handler does one assignment and must never do more. */
#include "base/sig.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t arrived;
static int held;
static int (*elsewhere)(void);

static void note_signal(int sig)
{
	arrived = sig;
}

void steps_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = note_signal };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL); /* fails for bad numbers only */
	(void)sigaction(SIGTERM, &sa, NULL);
}

int steps_signal(void)
{
	if (held)
		return 0;
	return elsewhere ? elsewhere() : arrived;
}

void steps_ask_signals(int (*fn)(void))
{
	elsewhere = fn;
}

int steps_check(struct zerr *e)
{
	const int sig = steps_signal();

	if (sig == 0)
		return 0;
	return zerr_set(e, EINTR, "interrupted by SIG%s", sigabbrev_np(sig));
}

int steps_poll(struct pollfd *p, nfds_t n, int timeout_ms)
{
	const struct timespec t = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	sigset_t stop, old;
	int r = -1;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, &old);
	if (steps_signal())
		errno = EINTR;
	else
		r = ppoll(p, n, timeout_ms < 0 ? NULL : &t, &old);
	const int code = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	errno = code;
	return r;
}

void steps_hold_signals(bool hold)
{
	held += hold ? 1 : -1;
}
