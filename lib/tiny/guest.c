/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What init says of itself: the fields of systemd's container interface that others may want to
 * know. Kept as a record in the run directory, and told as events. All of it is the zone's word:
 * nothing but plain characters is let through, and not more than a few times a second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tiny/monitor.h"

#define VALUE_MAX 200
#define BURST	  40 /* changes at once; one more every REFILL_MS */
#define REFILL_MS 500

enum { UNITS = 5 };
static const struct {
	const char *said, *key;
	bool told;
} fields[] = {
	{ "X_SYSTEMD_HOSTNAME=", "hostname", true },
	{ "X_SYSTEMD_MACHINE_ID=", "machine_id", true },
	{ "X_SYSTEMD_SIGNALS_LEVEL=", "signals_level", true },
	{ "X_SYSTEMD_SHUTDOWN=", "shutdown", true },
	{ "X_SYSTEMD_REBOOT_PARAMETER=", "reboot_parameter", true },
	[UNITS] = { "X_SYSTEMD_UNIT_ACTIVE=", "units", true },
	{ "STATUS=", "status", false },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
static char values[FIELDS][VALUE_MAX];
static bool changed;

/* A bucket of changes that fills up with time. */
static bool may_change(void)
{
	static long long filled;
	static int left = BURST;
	const long long now = clock_ms();
	const long long more = (now - filled) / REFILL_MS;

	if (more > 0) {
		left = more > BURST - left ? BURST : left + (int)more;
		filled = now;
	}
	return left > 0 && left-- > 0;
}

/* Up to the end of the line; what a line of JSON or a terminal could take amiss becomes '?'. */
static void take_value(char out[static VALUE_MAX], const char *from)
{
	size_t n = 0;

	for (; *from && *from != '\n' && n < VALUE_MAX - 1; from++) {
		const bool plain = *from >= ' ' && *from < 127 && *from != '"' && *from != '\\';

		out[n++] = plain ? *from : '?';
	}
	out[n] = '\0';
}

/* Put @unit into the list, or take it out of it. False: it was so already. */
static bool change_units(const char *unit, bool active)
{
	char *list = values[UNITS];
	const size_t len = strlen(unit);
	char *at = list;

	while (*at && !(starts(at, unit) && (at[len] == ' ' || at[len] == '\0'))) {
		at += strcspn(at, " ");
		at += *at == ' ';
	}
	if (!len || strchr(unit, ' ') || (*at != '\0') == active)
		return false;
	if (active) {
		if (strlen(list) + len + 2 > VALUE_MAX)
			return false;
		char *p = list + strlen(list);
		p = p > list ? stpcpy(p, " ") : p;
		(void)stpcpy(p, unit);
	} else {
		const char *rest = at + len + (at[len] == ' ');

		memmove(at, rest, strlen(rest) + 1);
		if (at > list && !*at)
			at[-1] = '\0';
	}
	return true;
}

static void take_line(const char *line)
{
	static const char inactive[] = "X_SYSTEMD_UNIT_INACTIVE=";
	char value[VALUE_MAX];

	for (size_t i = 0; i < FIELDS; i++) {
		const bool gone = i == UNITS && starts(line, inactive);

		if (!gone && !starts(line, fields[i].said))
			continue;
		take_value(value, line + (gone ? sizeof(inactive) - 1 : strlen(fields[i].said)));
		if (i == UNITS) {
			if (!change_units(value, !gone))
				return;
		} else {
			if (strcmp(values[i], value) == 0)
				return;
			(void)stpcpy(values[i], value);
		}
		changed = true;
		if (fields[i].told)
			append_event("announced",
				     i != UNITS ? fields[i].key
				     : gone	? "unit_inactive"
						: "unit_active",
				     value);
		return;
	}
}

/* As base/record.h reads it; there is nothing in a value that would have to be escaped. */
static void save(void)
{
	char text[FIELDS * (VALUE_MAX + 24) + 16], *p = stpcpy(text, "format=1\n");
	const int fd =
		openat(m.run, ".said", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	for (size_t i = 0; i < FIELDS; i++)
		if (values[i][0]) {
			p = stpcpy(stpcpy(p, fields[i].key), "=");
			p = stpcpy(stpcpy(p, values[i]), "\n");
		}
	if (fd < 0)
		return;
	const bool whole = write(fd, text, (size_t)(p - text)) == p - text;
	(void)close(fd);
	if (whole)
		(void)renameat(m.run, ".said", m.run, "said");
}

void hear_said(const char *text)
{
	if (!may_change())
		return;
	changed = false;
	for (const char *l = text; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
		take_line(l);
	if (changed)
		save();
}

void load_said(void)
{
	char text[FIELDS * (VALUE_MAX + 24) + 16];
	const int fd = openat(m.run, "said", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (const char *l = text; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
		for (size_t i = 0; i < FIELDS; i++) {
			const size_t len = strlen(fields[i].key);

			if (starts(l, fields[i].key) && l[len] == '=')
				take_value(values[i], l + len + 1);
		}
}
