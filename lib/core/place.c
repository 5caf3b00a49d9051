/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See place.h. */
#include "core/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"

#define LINK "cgroup"
#define LEFT "cgroup.left"

/* Set by us alone, in a directory of root's. False: there is none. */
static bool read_link(const struct zone_host *h, const char *name, char ret[static PATH_MAX])
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/" LINK, name);
	const ssize_t n = readlinkat(h->run, path, ret, PATH_MAX - 1);
	if (n <= 0)
		return false;
	ret[n] = '\0';
	return true;
}

void place_group(const struct zone_host *h, const char *name, char ret[static PATH_MAX])
{
	if (!read_link(h, name, ret))
		(void)snprintf(ret, PATH_MAX, "%s/%s", h->group, name);
}

bool place_is_given(const struct zone_host *h, const char *name)
{
	char path[PATH_MAX];

	return read_link(h, name, path);
}

bool place_is_managed(const struct zone_host *h, const char *name, const char *suffix)
{
	char path[PATH_MAX], left[96];

	(void)snprintf(left, sizeof(left), "%s/" LEFT, name);
	if (!read_link(h, name, path) || faccessat(h->run, left, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	const size_t len = strlen(path), end = suffix ? strlen(suffix) : 0;
	return len > end && str_eq(path + len - end, suffix ? suffix : "");
}

void place_own(const struct zone *z)
{
	(void)unlinkat(z->run, LINK, 0);
	(void)unlinkat(z->run, LEFT, 0);
}

int place_leave(const struct zone *z, struct zerr *e)
{
	return fs_write(z->run, LEFT, "", 0, 0600, false, e);
}

/* Of this process, in the v2 hierarchy; without a slash before it. */
static int own_group(char ret[static PATH_MAX])
{
	AUTO_FCLOSE FILE *f = fopen("/proc/self/cgroup", "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0;

	while (f && getline(&line, &cap, f) > 0) {
		if (!str_starts(line, "0::/"))
			continue;
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(ret, PATH_MAX, "%s", line + strlen("0::/"));
		return 0;
	}
	return -ENOENT;
}

bool place_contains_us(const struct zone_host *h, const char *name)
{
	char group[PATH_MAX], own[PATH_MAX];

	if (!read_link(h, name, group) || own_group(own) < 0 || !str_starts(own, group))
		return false;
	const char next = own[strlen(group)];
	return next == '\0' || next == '/';
}

/* The part of @own that ends with @unit: a process that was adopted may live deeper. */
static int cut_group(char *own, const char *unit, struct zerr *e)
{
	char *p = strstr(own, unit);

	while (p && ((p > own && p[-1] != '/') || (p[strlen(unit)] && p[strlen(unit)] != '/')))
		p = strstr(p + 1, unit);
	if (!p)
		return zerr_as(e, ZERR_USAGE, "only systemd calls this, in %s", unit);
	p[strlen(unit)] = '\0';
	return 0;
}

int place_here(const struct zone *z, const char *unit, struct zerr *e)
{
	char own[PATH_MAX] = "";
	int r = cg_root(z->h, e);

	if (r == 0 && (r = own_group(own)) < 0)
		r = zerr_code(e, -r, "/proc/self/cgroup");
	if (r == 0)
		r = cut_group(own, unit, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int group = fs_open_below(z->h->cgroup, own, O_RDONLY | O_DIRECTORY, 0);
	if (group < 0)
		return zerr_code(e, -group, "cgroup /%s", own);
	AUTO_CLOSE int monitor = fs_subdir(group, "monitor", 0755, e);
	if (monitor < 0)
		return zerr_in(e, monitor, "cgroup");
	if ((r = cg_write(monitor, "cgroup.procs", "0")) < 0)
		return zerr_code(e, -r, "cgroup: move to /%s/monitor", own);
	place_own(z);
	return symlinkat(own, z->run, LINK) < 0 ? zerr_sys(e, "run directory") : 0;
}
