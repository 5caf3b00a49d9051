/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start --wait=network: each interface has carrier and addresses that are surely its own. */
#include <poll.h>

#include "base/own.h"
#include "base/sig.h"
#include "base/steps.h"
#include "core/nics.h"
#include "core/ready.h"
#include "core/state.h"

#define LOOK_MS 20

/* Whether its addresses come from elsewhere: then it is not ready before there is one. */
static bool is_given(const struct zone *z, const char *nic)
{
	for (size_t i = 0; i < z->spec.nics_n; i++)
		if (str_eq(z->spec.nics[i].name, nic))
			return !net_of(&z->spec.nics[i]) && z->spec.nics[i].addresses.n == 0;
	return false;
}

/* What is still missing; the interface's name in @ret_link. */
static int look(const struct zone *z, const struct record *state, int ns, struct net_link *ret_link,
		struct zerr *e)
{
	int r = NET_READY;

	for (size_t i = 0; r == NET_READY && nics_link(state, i, ret_link) == 0; i++)
		r = net_is_ready(ns, ret_link->nic, is_given(z, ret_link->nic), e);
	return r;
}

static int too_late(const struct zone *z, const char *nic, int what, int timeout_ms, struct zerr *e)
{
	static const char *const words[] = { [NET_READY] = "ready",
					     [NET_GONE] = "gone",
					     [NET_CARRIER] = "without carrier",
					     [NET_TENTATIVE] =
						     "finding out whether its address is free",
					     [NET_ADDRESS] = "without address" };

	(void)zerr_set(e, ETIMEDOUT, "after %d s %s is %s; the zone goes on running",
		       timeout_ms / 1000, nic, words[what]);
	return zerr_hint(e, -ETIMEDOUT, "zone console --log %s", z->name);
}

int network_wait(struct zone *z, int timeout_ms, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	const int64_t deadline = now_ms() + timeout_ms;
	struct net_link link = { 0 };

	if (record_load(&rec, z->run, "state", STATE_FORMAT, e) < 0)
		return zerr_set(e, ECHILD, "the zone ended before its network was ready");
	AUTO_CLOSE int ns = state_netns(&rec);
	AUTO_CLOSE int init = state_pidfd(&rec, "pid");
	for (;;) {
		struct pollfd p = { .fd = init, .events = POLLIN };

		if (ns < 0 || init < 0 || (poll(&p, 1, 0) >= 0 && p.revents))
			return zerr_set(e, ECHILD, "the zone ended before its network was ready");
		const int r = look(z, &rec, ns, &link, e);
		if (r <= 0)
			return r;
		*e = (struct zerr){ 0 };
		if (timeout_ms >= 0 && now_ms() >= deadline)
			return too_late(z, link.nic, r, timeout_ms, e);
		(void)poll(&p, 1, LOOK_MS);
		if (steps_check(e) < 0)
			return -EINTR;
	}
}
