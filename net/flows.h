/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel has been translating to a zone: a UDP flow that goes on keeps the way that its
 * first packet took, whatever becomes of the port. (A TCP connection is its ends' own to end.)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/ipnet.h"

struct flows {
	struct ipnet ipv4, ipv6;  /* of the zone; family 0: none */
	uint8_t ports[65536 / 8]; /* of the host, as bits */
	bool any;
};
/* Add the ports from @first to @last. */
void flows_add(struct flows *f, unsigned first, unsigned last);
/* Have the kernel forget the flows from these ports to the zone. */
int flows_forget(const struct flows *f, struct zerr *e);
