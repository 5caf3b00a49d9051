/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of bridges: both messages of one go to the kernel by one call. */
#include "net/port.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#define VLAN_OF_BRIDGES 1 /* that a new port is in */

/*
 * A port with one known address learns no other and gets nothing for an unknown one: no zone can
 * fill the bridge's table, or hear what is meant for others. It sends back where a frame came from,
 * because that is what becomes of a zone's packet to a port of the host that leads to the zone
 * itself, where netfilter sees bridged frames, too.
 */
static void put_flags(struct nl_batch *b, const struct note *n)
{
	const struct ifinfomsg ifi = { .ifi_family = PF_BRIDGE, .ifi_index = (int)n->index };
	struct nlattr *info;
	struct nlm m;

	nlm_begin(&m, RTM_SETLINK, 0, &ifi, sizeof(ifi));
	info = nlm_nest(&m, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
	nlm_u8(&m, IFLA_BRPORT_LEARNING, n->open.mac);
	nlm_u8(&m, IFLA_BRPORT_UNICAST_FLOOD, n->open.mac);
	nlm_u8(&m, IFLA_BRPORT_ISOLATED, n->isolated);
	nlm_u8(&m, IFLA_BRPORT_MODE, !n->isolated);
	nlm_end(&m, info);
	nl_batch_add(b, &m);
}

/* In every VLAN that the port is in by now. */
static void put_entry(struct nl_batch *b, const struct note *n)
{
	const struct ndmsg nd = { .ndm_family = PF_BRIDGE,
				  .ndm_ifindex = (int)n->index,
				  .ndm_state = NUD_NOARP, /* not to be aged */
				  .ndm_flags = NTF_MASTER };
	struct nlm m;

	nlm_begin(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &nd, sizeof(nd));
	nlm_put(&m, NDA_LLADDR, n->mac, 6);
	nl_batch_add(b, &m);
}

static int take_port(const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *nd = NLMSG_DATA(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*nd)))
		return -EPROTO;
	if (nd->ndm_state & (NUD_NOARP | NUD_PERMANENT))
		*(unsigned *)arg = (unsigned)nd->ndm_ifindex;
	return 0;
}

int port_of(struct nl *nl, unsigned bridge, const uint8_t mac[6], unsigned *ret, struct zerr *e)
{
	const struct ndmsg nd = { .ndm_family = PF_BRIDGE };
	struct zerr why = { 0 };
	unsigned port = 0;
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_GETNEIGH, 0, &nd, sizeof(nd));
	nlm_put(&m, NDA_LLADDR, mac, 6);
	nlm_u32(&m, NDA_MASTER, bridge);
	r = nl_call(nl, &m, take_port, &port, &why);
	if (r < 0 && r != -ENOENT) {
		*e = why;
		return zerr_in(e, r, "bridge %u", bridge);
	}
	*ret = port;
	return 0;
}

/* ---- VLANs ----------------------------------------------------------------------------------- */

static void put_vlan(struct nlm *m, uint16_t vlan, uint16_t flags)
{
	const struct bridge_vlan_info info = { .flags = flags, .vid = vlan };

	nlm_put(m, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
}

static void put_tagged(uint16_t vlan, void *arg)
{
	put_vlan(arg, vlan, 0);
}

/* What untagged frames belong to takes the place of the bridge's own choice. */
static void put_vlans(struct nl_batch *b, const struct note *n, uint16_t type)
{
	const struct ifinfomsg ifi = { .ifi_family = PF_BRIDGE, .ifi_index = (int)n->index };
	struct nlattr *spec;
	struct nlm m;

	nlm_begin(&m, type, 0, &ifi, sizeof(ifi));
	spec = nlm_nest(&m, IFLA_AF_SPEC | NLA_F_NESTED, NULL, 0);
	if (type == RTM_DELLINK)
		put_vlan(&m, VLAN_OF_BRIDGES, 0);
	else if (n->vlan)
		put_vlan(&m, (uint16_t)n->vlan, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
	if (type != RTM_DELLINK)
		note_each_vlan(n, put_tagged, &m);
	nlm_end(&m, spec);
	nl_batch_add(b, &m);
}

int port_set(struct nl *nl, const struct note *n, struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };

	put_flags(&b, n);
	if (n->vlan)
		put_vlans(&b, n, RTM_DELLINK);
	if (n->vlan || *n->vlans)
		put_vlans(&b, n, RTM_SETLINK);
	if (!n->open.mac)
		put_entry(&b, n);
	nl_batch_ask(&b);
	return zerr_in(e, nl_batch_send(nl, &b, NULL, NULL, e), "port %u", n->index);
}
