/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of bridges: both messages of one go to the kernel by one call. */
#include "net/port.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

/*
 * A port with one known address learns no other and gets nothing for an unknown one: no zone can
 * fill the bridge's table, or hear what is meant for others. It sends back where a frame came from,
 * because that is what becomes of a zone's packet to a port of the host that leads to the zone
 * itself, where netfilter sees bridged frames, too.
 */
static void put_flags(struct nl_batch *b, const struct port *p)
{
	const struct ifinfomsg ifi = { .ifi_family = PF_BRIDGE, .ifi_index = (int)p->index };
	struct nlattr *info;
	struct nlm m;

	nlm_begin(&m, RTM_SETLINK, 0, &ifi, sizeof(ifi));
	info = nlm_nest(&m, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
	nlm_u8(&m, IFLA_BRPORT_LEARNING, p->mac == NULL);
	nlm_u8(&m, IFLA_BRPORT_UNICAST_FLOOD, p->mac == NULL);
	nlm_u8(&m, IFLA_BRPORT_ISOLATED, p->isolated);
	nlm_u8(&m, IFLA_BRPORT_MODE, !p->isolated);
	nlm_end(&m, info);
	nl_batch_add(b, &m);
}

static void put_entry(struct nl_batch *b, const struct port *p)
{
	const struct ndmsg nd = { .ndm_family = PF_BRIDGE,
				  .ndm_ifindex = (int)p->index,
				  .ndm_state = NUD_NOARP, /* not to be aged */
				  .ndm_flags = NTF_MASTER };
	struct nlm m;

	nlm_begin(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &nd, sizeof(nd));
	nlm_put(&m, NDA_LLADDR, p->mac, 6);
	nl_batch_add(b, &m);
}

int port_set(struct nl *nl, const struct port *p, struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };

	put_flags(&b, p);
	if (p->mac)
		put_entry(&b, p);
	nl_batch_ask(&b);
	return zerr_in(e, nl_batch_send(nl, &b, e), "port %u", p->index);
}
