/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network's life on this host: it comes up (bridge, addresses, NAT) with its first user and goes
 * down with its last. Below the run directory `.net/NAME/` has one empty file for each user, and
 * `.net/.up/NAME` is the record of what is up. All under one lock.
 */
#pragma once

#include "base/err.h"
#include "net/link.h"
#include "net/net.h"
#include "net/nlm.h"

/* A user is ZONE.NIC while its link is being made, ZONE.NIC@INDEX from then on: who takes the note
 * of an older link back does not touch the one of a newer. The caller frees the result; NULL: no
 * memory. */
char *bridge_user(const char *zone, const char *nic, unsigned ifindex);

/* Note that @user uses @network, which comes up when it is down. The descriptor of its directory of
 * users, for bridge_confirm(), or -errno. */
int bridge_use(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	       struct link_info *ret, struct zerr *e);
/* Replace the note @from by @to. */
int bridge_confirm(int users, const char *from, const char *to, struct zerr *e);
/* Take a note back; the network goes down when it was the last. Nothing to do is fine. */
int bridge_drop(const struct net_env *env, struct nl *nl, const char *network, const char *user,
		struct zerr *e);
/* Take all notes of @zone back, and bring every network without users down. */
int bridge_forget(const struct net_env *env, struct nl *nl, const char *zone, struct zerr *e);
