/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rates of pairs. Both are queues at the ends that send: the host's end for what the zone receives,
 * the zone's own for what it sends. The zone could take the latter away; what is over the rate then
 * is dropped by an element of the guards (guard.c), which alone would let a second's worth pass at
 * once.
 */
#pragma once

#include "net/link.h"
#include "net/nic.h"

/* What @spec says, in bytes per second; 0: no limit. 0 or a usage error. */
int rate_parse(const struct nic_spec *spec, uint64_t *ret_ingress, uint64_t *ret_egress,
	       struct zerr *e);
/* Have @link send so many bytes per second, or without a limit (0). Exit status 7 when the kernel
 * cannot. */
int rate_set(struct nl *nl, const struct link_info *link, uint64_t rate, struct zerr *e);
