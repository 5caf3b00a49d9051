/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Firewalls of others. An accept in our table does not help where another one drops: chains with a
 * policy of drop for what is forwarded (Docker's, ufw's), or for what comes in, get rules of ours
 * at their head for as long as the network is up. Those are found again by their comment. What
 * cannot be helped this way is named in a warning.
 */
#pragma once

#include "base/err.h"
#include "net/network.h"

/* Let @n's packets through. 0, or exit status 7 when nftables refuses. */
int firewall_open(const struct net_env *env, const struct network *n, struct zerr *e);
/* Remove what that has put in; nothing to do is fine. */
int firewall_close(const struct network *n, struct zerr *e);
/* The first chain that drops and has nothing of what firewall_open() gives it, "ip filter FORWARD":
 * it came when @n was up already. "" when there is none. */
int firewall_blocked(const struct network *n, char *ret, size_t room, struct zerr *e);
