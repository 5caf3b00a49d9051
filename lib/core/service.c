/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of serving processes: made, opened, emptied and removed. */
#include "core/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"

#define END_MS 5000

static int make(struct zone_host *h, const char *name, struct zerr *e)
{
	int fd = -1;

	for (int tries = 0; tries < 8 && fd < 0; tries++) {
		/* the last zone of others may take the top group away between the two */
		AUTO_CLOSE int top = fs_subdir(h->cgroup, h->group, 0755, e);

		if (top < 0)
			return top;
		fd = fs_subdir(top, name, 0755, e);
	}
	return fd;
}

static int group_open(void *arg, const char *name, bool wanted, struct zerr *e)
{
	struct zone_host *h = arg;
	const int r = cg_root(h, e);
	char path[NAME_MAX];

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/.%s", h->group, name);
	const int fd = fs_open_below(h->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd != -ENOENT || !wanted)
		return fd;
	(void)snprintf(path, sizeof(path), ".%s", name);
	return zerr_in(e, make(h, path, e), "cgroup");
}

static int group_kill(void *arg, const char *name, struct zerr *e)
{
	AUTO_CLOSE int group = group_open(arg, name, false, e);
	const int r = group < 0 ? group : cg_kill(group, e);

	return r == -ENOENT ? 0 : zerr_in(e, r, "group .%s", name);
}

static int group_end(void *arg, const char *name, struct zerr *e)
{
	struct zone_host *h = arg;
	AUTO_CLOSE int group = group_open(h, name, false, e);
	char path[NAME_MAX];
	int r = group;

	if (group == -ENOENT)
		return 0;
	if (group >= 0)
		r = cg_kill(group, e);
	if (r == 0 && cg_wait_empty(group, END_MS) < 0)
		r = zerr_set(e, EBUSY, "its processes do not end");
	if (r < 0)
		return zerr_in(e, r, "group .%s", name);
	AUTO_CLOSE int top = fs_open_below(h->cgroup, h->group, O_RDONLY | O_DIRECTORY, 0);
	(void)snprintf(path, sizeof(path), ".%s", name);
	for (int tries = 0; tries < 100 && top >= 0 && unlinkat(top, path, AT_REMOVEDIR) < 0;
	     tries++) {
		if (errno != EBUSY) /* a dying task counts a moment longer than `populated` says */
			break;
		(void)usleep(2000);
	}
	(void)unlinkat(h->cgroup, h->group, AT_REMOVEDIR); /* refused unless we were the last */
	return 0;
}

const struct net_groups service_groups = { group_open, group_kill, group_end };
