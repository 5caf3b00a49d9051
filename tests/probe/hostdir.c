/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CI-20 to CI-34: the network's names, and /run/host. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

static const char *host0(void)
{
	if (if_nametoindex("eth0") == 0 && if_nametoindex("host0") == 0)
		return SKIP "no network interface";
	return if_nametoindex("host0") ? NULL : "no interface is called host0";
}

static const char *mac(void)
{
	struct ifreq r = { 0 };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *want = getenv("PROBE_MAC");
	char text[24];

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", if_nametoindex("eth0") ? "eth0" : "host0");
	const bool there = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &r) == 0;
	close(fd);
	if (!there)
		return SKIP "no network interface";
	const unsigned char *m = (const unsigned char *)r.ifr_hwaddr.sa_data;
	if ((m[0] & 3) != 2)
		return "the hardware address is not a local one";
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	return want && strcmp(want, text) != 0 ? say("it is %s", text) : NULL;
}

const struct check network_checks[] = {
	{ "CI-20", "an interface can be called host0", host0 },
	{ "CI-22", "its hardware address is stable", mac },
	{ 0 },
};

static const char *readonly(void)
{
	if (!is_readonly("/run/host"))
		return "/run/host is writable";
	return open("/run/host/.probe", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0
		       ? NULL
		       : "a file can be made in it";
}

static const char *is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? NULL : say("%s is no directory", path);
}

static const char *incoming(void)
{
	return is_dir("/run/host/incoming");
}

static const char *inaccessible(void)
{
	static const struct {
		const char *path;
		mode_t type;
	} all[] = { { "reg", S_IFREG },	  { "dir", S_IFDIR }, { "fifo", S_IFIFO },
		    { "sock", S_IFSOCK }, { "chr", S_IFCHR }, { "blk", S_IFBLK } };
	struct stat st;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *path = say("/run/host/inaccessible/%s", all[i].path);

		if (lstat(path, &st) < 0)
			return say("%s is not there", all[i].path);
		if ((st.st_mode & S_IFMT) != all[i].type || (st.st_mode & 07777))
			return say("%s has type and mode %o", all[i].path, (unsigned)st.st_mode);
		if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && st.st_rdev != makedev(0, 0))
			return say("%s is not device 0:0", all[i].path);
	}
	return NULL;
}

static const char *notify(void)
{
	struct stat st;

	return stat("/run/host/notify", &st) == 0 && S_ISSOCK(st.st_mode) ? NULL : "no socket";
}

static const char *release(void)
{
	const char *text = slurp("/run/host/os-release");

	return text && (strncmp(text, "ID=", 3) == 0 || strstr(text, "\nID="))
		       ? NULL
		       : "missing, or no ID= in it";
}

static const char *same_as(const char *path, const char *variable)
{
	const char *text = slurp(path), *v = getenv(variable);

	if (!text)
		return say("%s: %s", path, strerror(errno));
	return v && strcmp(text, v) == 0 ? NULL : say("it says %.64s", text);
}

static const char *manager(void)
{
	return same_as("/run/host/container-manager", "container");
}

static const char *uuid(void)
{
	return same_as("/run/host/container-uuid", "container_uuid");
}

static const char *credentials(void)
{
	return is_dir("/run/host/credentials");
}

/* A socket there, and a connection through it. */
static const char *exported(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/run/host/unix-export/ssh" };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *why = NULL;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0)
		why = say("bind: %s", strerror(errno));
	else if (connect(to, (struct sockaddr *)&a, sizeof(a)) < 0)
		why = say("connect: %s", strerror(errno));
	close(fd);
	close(to);
	unlink(a.sun_path);
	return why;
}

static const char *userdb(void)
{
	return is_dir("/run/host/userdb");
}

static const char *home(void)
{
	return is_dir("/run/host/home");
}

static const char *no_root(void)
{
	return access("/run/host/root", F_OK) < 0 ? NULL : "the host's root is there";
}

const struct check host_checks[] = {
	{ "CI-23", "/run/host is read-only", readonly },
	{ "CI-23", "/run/host/incoming", incoming },
	{ "CI-24", "/run/host/inaccessible", inaccessible },
	{ "CI-25", "/run/host/notify", notify },
	{ "CI-26", "/run/host/os-release", release },
	{ "CI-27", "/run/host/container-manager", manager },
	{ "CI-28", "/run/host/container-uuid", uuid },
	{ "CI-29", "/run/host/credentials", credentials },
	{ "CI-30", "/run/host/unix-export takes a socket", exported },
	{ "CI-32", "/run/host/userdb", userdb },
	{ "CI-33", "/run/host/home", home },
	{ "CI-34", "no /run/host/root", no_root },
	{ 0 },
};
