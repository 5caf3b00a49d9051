/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that iptables(8) understands, for the tables that it keeps in nftables: with a foreign
 * expression among its rules it refuses to work at all. So they are made of what it makes them of.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/nlm.h"

struct compat_rule {
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	const char *table, *chain;
	const char *in, *out; /* interfaces; NULL: any */
	bool answered;	      /* only what belongs to a known or a forwarded connection */
	uint8_t protocol;     /* 0: any */
	uint16_t port;	      /* of the destination, with TCP and UDP; 0: any */
	const char *comment;
};
/* Add to @batch: what matches is accepted, before all other rules of the chain. */
void compat_accept(struct nl_batch *batch, const struct compat_rule *r);
