/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An address that may have been at another link until now: who talked to it there goes on sending
 * to the old hardware address until his cache runs out, unless he is told.
 */
#pragma once

#include "base/err.h"
#include "net/ipnet.h"
#include "net/nlm.h"

struct announcement {
	unsigned index; /* of the link that has the addresses, up */
	const uint8_t *mac;
	const struct ipnet *ipv4, *ipv6; /* family 0: none */
	const char *port; /* the other end of its pair, in the caller's namespace; "" or a name */
};
/* Tell all on the link's wire: by ARP through @nl, by an unsolicited neighbour advertisement
 * through a socket made in @netns_fd, which is where @nl is. Once, and nobody confirms it. */
int announce(struct nl *nl, int netns_fd, const struct announcement *a, struct zerr *e);
