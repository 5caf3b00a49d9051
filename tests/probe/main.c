/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest's contract, looked at from inside: a static program that runs as process 1 of a zone
 * (or of any container) and prints TAP. Ends with 1 when something is not as it should be.
 * PROBE_STOP=1 in its environment plays a young init instead, which is not ready for signals yet.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

const char *slurp(const char *path)
{
	static char text[65536];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (n < 0)
		return NULL;
	text[len] = '\0';
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

bool has_magic(const char *path, long magic)
{
	struct statfs s;

	return statfs(path, &s) == 0 && (long)s.f_type == magic;
}

bool is_readonly(const char *path)
{
	struct statvfs s;

	return statvfs(path, &s) == 0 && (s.f_flag & ST_RDONLY);
}

bool has_cap(int cap)
{
	return prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1;
}

const char *say(const char *fmt, ...)
{
	static char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

static int run_all(void)
{
	static const struct check *const tables[] = {
		execution_checks, environment_checks, network_checks,
		host_checks,	  forbidden_checks,   habit_checks,
	};
	int n = 0, failed = 0;

	printf("TAP version 13\n");
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct check *c = tables[t]; c->id; c++) {
			const char *why = c->look();
			const bool skip = why && strncmp(why, SKIP, strlen(SKIP)) == 0;

			printf("%sok %d - %s %s%s%s\n", why && !skip ? "not " : "", ++n, c->id,
			       c->what, skip ? " # " : "", skip ? why : "");
			if (why && !skip) {
				printf("# %s\n", why);
				failed++;
			}
		}
	printf("1..%d\n# end of probe\n", n);
	return failed;
}

static void tell(const char *text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (path && strlen(path) < sizeof(to.sun_path) && fd >= 0) {
		memcpy(to.sun_path, path, strlen(path));
		if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			printf("# sendto %s: %s\n", path, strerror(errno));
	}
	close(fd);
}

/* An init that can be signalled only later: a stop that comes before must wait until it says so. */
static int play_young(void)
{
	const struct timespec early = { .tv_sec = 3 }, late = { .tv_sec = 20 };
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGRTMIN + 3);
	sigaddset(&stop, SIGRTMIN + 4);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	tell("X_SYSTEMD_HOSTNAME=probe\nX_SYSTEMD_MACHINE_ID=0123456789abcdef0123456789abcdef");
	printf("TAP version 13\n# young\n");
	fflush(stdout);
	const bool too_soon = sigtimedwait(&stop, NULL, &early) > 0;
	printf("%sok 1 - CI-16 no signal before X_SYSTEMD_SIGNALS_LEVEL=2\n",
	       too_soon ? "not " : "");
	tell("X_SYSTEMD_SIGNALS_LEVEL=2");
	tell("READY=1\nX_SYSTEMD_UNIT_ACTIVE=ssh-access.target");
	const bool came = too_soon || sigtimedwait(&stop, NULL, &late) > 0;
	printf("%sok 2 - CI-16 the signal after it\n1..2\n# end of probe\n", came ? "" : "not ");
	tell("X_SYSTEMD_SHUTDOWN=poweroff");
	return too_soon || !came;
}

int main(void)
{
	const int failed = getenv("PROBE_STOP") ? play_young() : run_all();

	fflush(stdout);
	usleep(100000); /* an end of the terminal's last writer may cost what nobody has read yet */
	return failed != 0;
}
