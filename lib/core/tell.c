/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See tell.h. */
#include "core/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fdpass.h"
#include "base/own.h"
#include "base/str.h"

#define MARK "ZONE_UNIT" /* else any NOTIFY_SOCKET would do: that of a service which calls us */

void tell_as(const char *name)
{
	(void)setenv(MARK, name, 1);
}

bool tell_heard(void)
{
	return getenv(MARK) && getenv("NOTIFY_SOCKET");
}

static void send_message(const char *text, int fd)
{
	const char *to = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	AUTO_CLOSE int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!tell_heard() || sock < 0 || strlen(to) >= sizeof(a.sun_path))
		return;
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", to);
	const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(to));
	if (to[0] == '@')
		a.sun_path[0] = '\0';
	/* a manager that does not listen is its own affair */
	if (connect(sock, (struct sockaddr *)&a, len) == 0)
		(void)fdpass_send(sock, text, strlen(text), &fd, fd >= 0);
}

void tell(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!tell_heard())
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	send_message(text, -1);
}

void tell_patience(unsigned seconds)
{
	tell("EXTEND_TIMEOUT_USEC=%llu", seconds * 1000000ULL);
}

void tell_keep(const char *name, int fd)
{
	char text[128];

	tell("FDSTOREREMOVE=1\nFDNAME=%s", name);
	if (fd < 0 || !tell_heard())
		return;
	/* not polled: the master of a terminal that nobody inside has open hangs up, and is no less
	 * worth keeping */
	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	send_message(text, fd);
}
