/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals by name, and which one asks what of which init. */
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "core/life.h"

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL }, { "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT }, { "BUS", SIGBUS }, { "FPE", SIGFPE }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV }, { "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "TERM", SIGTERM }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG },
	{ "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
	{ "WINCH", SIGWINCH }, { "IO", SIGIO }, { "PWR", SIGPWR }, { "SYS", SIGSYS },
};

int signal_parse(const char *text)
{
	uint64_t n;

	if (parse_u64(text, 64, &n) == 0)
		return n ? (int)n : -EINVAL;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0) {
		const int base = SIGRTMIN; /* libc keeps the first two of the kernel's for itself */

		if (!text[5])
			return base;
		if (text[5] == '+' && parse_u64(text + 6, (uint64_t)(SIGRTMAX - base), &n) == 0)
			return base + (int)n;
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcasecmp(signals[i].name, text) == 0)
			return signals[i].number;
	return -EINVAL;
}

int life_signal(const struct zone_spec *s, const char *kind, bool reboot)
{
	static const struct {
		const char *kind, *stop, *reboot;
	} rows[] = {
		{ "systemd", "RTMIN+3", "RTMIN+5" }, /* systemd(1): halt.target, reboot.target */
		{ "busybox", "USR2", "TERM" },	     /* busybox init: poweroff, reboot */
		{ "openrc", "TERM", "INT" },
		{ "sysv", "PWR", "INT" },
	};
	const char *asked = reboot ? s->reboot_signal : s->stop_signal;

	if (asked)
		return signal_parse(asked);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(rows[i].kind, kind))
			return signal_parse(reboot ? rows[i].reboot : rows[i].stop);
	return reboot ? SIGINT : SIGTERM;
}
