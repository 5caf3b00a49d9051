/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of each console: appended, rotated once when it is full. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tiny/monitor.h"

/* NAME for /dev/console, NAME:N for the others, with ".1" behind it for what was rotated away.
 * False: it does not fit. */
static bool log_name(char out[static 128], int tty, const char *suffix)
{
	if (strlen(m.name) > 100)
		return false;
	char *p = stpcpy(out, m.name);
	if (tty) {
		*p++ = ':';
		p = put_number(p, (unsigned long long)tty);
	}
	(void)stpcpy(p, suffix);
	return true;
}

void open_log(int tty)
{
	char name[128];
	struct stat st;

	m.logged[tty] = 0;
	m.logfile[tty] =
		!log_name(name, tty, "")
			? -1
			: openat(m.log, name,
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m.logfile[tty] >= 0 && fstat(m.logfile[tty], &st) == 0)
		m.logged[tty] = (unsigned long long)st.st_size;
}

/* A full log makes room for the next: one that is older goes. */
static void rotate_log(int tty)
{
	char now[128], old[128];

	if (!log_name(now, tty, "") || !log_name(old, tty, ".1"))
		return;
	(void)renameat(m.log, now, m.log, old);
	(void)close(m.logfile[tty]);
	open_log(tty);
}

void write_log(int tty, const unsigned char *data, size_t len)
{
	if (m.logfile[tty] >= 0 && m.logmax && m.logged[tty] && m.logged[tty] + len > m.logmax)
		rotate_log(tty);
	if (m.logfile[tty] >= 0 &&
	    write(m.logfile[tty], data, len) > 0) /* a full disk costs log, not the zone */
		m.logged[tty] += len;
}
