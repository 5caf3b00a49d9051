/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subnets that are nobody else's: neither the host's nor another network's. */
#pragma once

#include "net/ipnet.h"
#include "net/nlm.h"

/* Routes as wide as /7 lead to everywhere (0.0.0.0/0, or 0.0.0.0/1 and 128.0.0.0/1): no conflict,
 * and no subnet. The longest has room for two zones. */
#define SUBNET_WIDEST  8
#define SUBNET_LONGEST 29

/* Whether @n overlaps an address or route of the host, those of link @own left out. 0, -EADDRINUSE
 * with exit status 4 and a message, or -errno. */
int subnet_conflict(struct nl *nl, const struct ipnet *n, unsigned own, struct zerr *e);
/* The same, also against the records in @dir but that of @name. */
int subnet_check(struct nl *nl, int dir, const struct ipnet *n, const char *name, unsigned own,
		 struct zerr *e);
/* The first IPv4 default that is free. 0, exit status 7 when none is, or -errno. */
int subnet_pick(struct nl *nl, int dir, struct ipnet *ret, struct zerr *e);
