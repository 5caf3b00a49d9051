/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names and addresses for the zones of a network, by a dnsmasq of its own: DHCP hands out what the
 * runtime has set already, names are those of the zones. It runs as its own user, reads no
 * configuration of the system, is bound to the bridge, and lives in a control group of its own, by
 * which it is found and ended. Which zones there are it reads from two directories below the run
 * directory, `.net/.names/NETWORK/hosts` and `dhcp`: it notices new files by itself.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/network.h"
#include "net/note.h"

/* Whether a network that wants it can be served here: dnsmasq is installed. */
bool names_possible(const struct net_env *env);
/* Whether the server of @network runs. */
bool names_alive(const struct net_env *env, const char *network);
/* Start it for @n, or anew when @n has changed. */
int names_up(const struct net_env *env, const struct notes *notes, const struct network *n,
	     struct zerr *e);
/* Have it end, without waiting for that. */
int names_quit(const struct net_env *env, const char *network, struct zerr *e);
/* End it, and what it had; nothing to do is fine. */
int names_down(const struct net_env *env, const struct notes *notes, const char *network,
	       struct zerr *e);

/* Tell it about the NIC, or no longer. */
int names_add(const struct net_env *env, const struct note *n, struct zerr *e);
int names_remove(const struct net_env *env, const struct note *n, struct zerr *e);
