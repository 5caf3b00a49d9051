/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone network tap: which interface, and where it goes. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "core/core.h"
#include "core/nics.h"
#include "core/state.h"

static int load(struct zone_host *h, const char *name, struct status *s, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	int r = zone_load(h, name, 0, &z, e);

	if (r == 0)
		r = state_now(&z, s, e);
	return r < 0 ? r : state_allows(s, DO_EXEC, name, e);
}

static int find_link(const struct record *state, const char *nic, struct net_link *ret,
		     struct zerr *e)
{
	const int r = nic ? nics_find(state, nic, ret) : nics_link(state, 0, ret);

	if (r == 0)
		return 0;
	return nic ? zerr_as(e, ZERR_MISSING, "the zone has no interface %s", nic)
		   : zerr_as(e, ZERR_STATE, "the zone has no interface of its own");
}

static int open_output(const char *path, struct zerr *e)
{
	const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			    : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? zerr_sys(e, "%s", path ? path : "standard output") : fd;
}

int zone_network_tap(struct zone_host *h, const char *name, const char *nic, const char *path,
		     struct zone_tapped *ret, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	struct net_link link;
	struct net_tapped t;
	int r = load(h, name, &s, e);

	if (r == 0)
		r = find_link(&s.rec, nic, &link, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int ns = state_netns(&s.rec);
	AUTO_CLOSE int init = state_pidfd(&s.rec, "pid");
	if (ns < 0 || init < 0)
		return zerr_as(e, ZERR_STATE, "the zone has just ended");
	AUTO_CLOSE int fd = net_tap_open(&link, ns, e);
	AUTO_CLOSE int out = fd < 0 ? fd : open_output(path, e);
	if (out < 0)
		return out;
	r = net_tap(fd, init, out, &t, e);
	if (r < 0)
		return zerr_in(e, r, "%s", path ? path : "standard output");
	*ret = (struct zone_tapped){ t.packets, t.lost };
	return 0;
}
