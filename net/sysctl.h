/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few settings of the caller's network namespace that netlink does not reach. */
#pragma once

#include "base/err.h"
#include "net/nlm.h"

/* Turn IPv4 forwarding on when it is off, with a note that says why: "NAT needs". */
int forward_ipv4(const char *why, struct zerr *e);
/* The same for IPv6, "IPv6 forwarding … : WHY it". Interfaces that live on router advertisements
 * would lose their routes; they are set to go on accepting them first, with a note each. */
int forward_ipv6(struct nl *nl, const char *why, struct zerr *e);
/* Let the host's 127.0.0.1 be translated to what is behind interface @name. */
int route_localnet(const char *name, struct zerr *e);
/* Let interface @name answer neighbour discovery for others; said when it was off. */
int proxy_ndp(const char *name, struct zerr *e);
/* Have interface @name ignore router advertisements. No IPv6 is fine. */
int refuse_ra(const char *name, struct zerr *e);
