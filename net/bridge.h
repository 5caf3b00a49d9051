/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network's life on this host: it comes up (bridge, addresses, NAT) with its first user and goes
 * down with its last. Below the run directory `.net/NAME/` has one empty file for each user, named
 * ZONE.NIC, and `.net/.up/NAME` the record of what is up. All under one lock.
 */
#pragma once

#include "base/err.h"
#include "net/link.h"
#include "net/net.h"
#include "net/nlm.h"

/* Note that @nic of @zone uses @network, which comes up when it is down. */
int bridge_use(const struct net_env *env, struct nl *nl, const char *network, const char *zone,
	       const char *nic, struct link_info *ret, struct zerr *e);
/* Take that note back; the network goes down when it was the last. Nothing to do is fine. */
int bridge_drop(const struct net_env *env, struct nl *nl, const char *network, const char *zone,
		const char *nic, struct zerr *e);
/* Take all notes of @zone back, and bring every network without users down. */
int bridge_forget(const struct net_env *env, struct nl *nl, const char *zone, struct zerr *e);
