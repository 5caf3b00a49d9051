/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which signal asks what of which init. */
#include <signal.h>

#include "core/life.h"

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
		return conf_signal(asked);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(rows[i].kind, kind))
			return conf_signal(reboot ? rows[i].reboot : rows[i].stop);
	return reboot ? SIGINT : SIGTERM;
}
