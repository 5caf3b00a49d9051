/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CI-9 to CI-19: what process 1 is told. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

static const char *manager(void)
{
	const char *v = getenv("container");

	if (!v || !*v || strlen(v) > 32)
		return "container= is not set";
	for (const char *p = v; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-')
			return say("container=%s", v);
	return NULL;
}

/* The 32 digits of a uuid or machine id, in static storage of its own; NULL: it is none. */
static const char *plain_id(const char *text, char out[static 33])
{
	size_t n = 0;

	for (; text && *text; text++) {
		if (*text == '-')
			continue;
		if (!isxdigit((unsigned char)*text) || n == 32)
			return NULL;
		out[n++] = (char)tolower((unsigned char)*text);
	}
	out[n] = '\0';
	return n == 32 ? out : NULL;
}

static const char *uuid(void)
{
	char id[33], other[33];
	const char *v = getenv("container_uuid"), *want = getenv("PROBE_UUID");

	if (!v || !plain_id(v, id))
		return "container_uuid= is not set, or no UUID";
	if (want && (!plain_id(want, other) || strcmp(id, other) != 0))
		return say("it is %s", v);
	return NULL;
}

static const char *machine_id(void)
{
	char id[33], own[33];
	const char *text = slurp("/etc/machine-id"), *v = getenv("container_uuid");

	if (!text || !*text || strcmp(text, "uninitialized") == 0)
		return SKIP "/etc/machine-id is left to init";
	if (!plain_id(text, own))
		return "/etc/machine-id is damaged";
	return v && plain_id(v, id) && strcmp(id, own) == 0
		       ? NULL
		       : "/etc/machine-id is not container_uuid";
}

static const char *ttys(void)
{
	const char *v = getenv("container_ttys");
	char list[512], *save = NULL;
	struct stat console, st;

	if (!v)
		return SKIP "no terminals beside the console";
	snprintf(list, sizeof(list), "%s", v);
	for (char *t = strtok_r(list, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
		char path[128];

		snprintf(path, sizeof(path), "/dev/%.100s", t);
		if (lstat(path, &st) < 0 || !S_ISCHR(st.st_mode))
			return say("%s is no device", path);
		if (stat("/dev/console", &console) == 0 && console.st_rdev == st.st_rdev)
			return say("%s is the console", path);
	}
	return NULL;
}

static const char *host_release(void)
{
	const char *id = getenv("container_host_id");
	const char *text = slurp("/run/host/os-release");
	char line[128];

	if (!id)
		return "container_host_id= is not set";
	if (!text)
		return NULL;
	snprintf(line, sizeof(line), "\nID=%.100s", id);
	if (strncmp(text, line + 1, strlen(line) - 1) == 0 || strstr(text, line))
		return NULL;
	snprintf(line, sizeof(line), "\nID=\"%.100s\"", id);
	return strstr(text, line) ? NULL : say("container_host_id=%s", id);
}

static const char *credentials(void)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	unsigned n = 0;

	if (!dir)
		return SKIP "no credentials were given";
	if (strcmp(dir, "/run/host/credentials") != 0)
		return say("CREDENTIALS_DIRECTORY=%s", dir);
	if (!has_magic(dir, RAMFS_MAGIC) && !has_magic(dir, TMPFS_MAGIC))
		return "they are not in memory";
	if (!is_readonly(dir))
		return "the directory is writable";
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		n++;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) || (st.st_mode & 077) || st.st_uid != 0)
			return say("%s is readable for others", e->d_name);
	}
	if (d)
		closedir(d);
	return n ? NULL : "the directory is empty";
}

static const char *localtime_link(void)
{
	char target[256] = "";
	struct stat st;

	if (stat("/usr/share/zoneinfo", &st) < 0)
		return SKIP "the root has no /usr/share/zoneinfo";
	if (readlink("/etc/localtime", target, sizeof(target) - 1) < 0)
		return say("/etc/localtime: %s", strerror(errno));
	const char *want = getenv("PROBE_TIMEZONE"), *name = strstr(target, "zoneinfo/");
	if (strncmp(target, "../usr/share/zoneinfo/", 22) != 0 || stat("/etc/localtime", &st) < 0)
		return say("it leads to %s", target);
	return want && (!name || strcmp(name + 9, want) != 0) ? say("it leads to %s", target)
							      : NULL;
}

static const char *journal(void)
{
	const char *id = slurp("/etc/machine-id");
	char path[128];
	struct stat st, above;

	snprintf(path, sizeof(path), "/var/log/journal/%.64s", id ? id : "");
	if (!id || !*id || stat(path, &st) < 0 || stat("/var/log", &above) < 0 ||
	    st.st_dev == above.st_dev)
		return SKIP "no directory of the host is mounted there; a link on its side cannot "
			    "be seen";
	return access(path, W_OK) == 0 ? NULL : say("%s: %s", path, strerror(errno));
}

static const char *sockets(void)
{
	const char *n = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");

	if (!n)
		return SKIP "no sockets were passed";
	if (!pid || atoi(pid) != (int)getpid())
		return say("LISTEN_PID=%s", pid ? pid : "");
	for (int i = 0; i < atoi(n); i++)
		if (fcntl(3 + i, F_GETFD) != 0)
			return say("descriptor %d is not open, or closed on exec", 3 + i);
	return fcntl(3 + atoi(n), F_GETFD) < 0 ? NULL : "more descriptors than LISTEN_FDS says";
}

static const char *notify(void)
{
	static const char text[] = "READY=1\nSTATUS=probing\nX_SYSTEMD_HOSTNAME=probe";
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *why = NULL;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return "NOTIFY_SOCKET= is not set";
	memcpy(to.sun_path, path, strlen(path));
	if (sendto(fd, text, sizeof(text) - 1, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)) <
	    0)
		why = say("%s: %s", path, strerror(errno));
	close(fd);
	return why;
}

const struct check environment_checks[] = {
	{ "CI-9", "container= names the manager", manager },
	{ "CI-10", "container_uuid= is the container's", uuid },
	{ "CI-10", "/etc/machine-id agrees with it", machine_id },
	{ "CI-11", "container_ttys= are terminals", ttys },
	{ "CI-12", "container_host_id= says what the host is", host_release },
	{ "CI-13", "credentials are in memory, read-only, for root", credentials },
	{ "CI-14", "/etc/localtime is a relative link", localtime_link },
	{ "CI-15", "the journal is the host's", journal },
	{ "CI-17", "sockets are passed on", sockets },
	{ "CI-19", "NOTIFY_SOCKET= takes messages", notify },
	{ 0 },
};
