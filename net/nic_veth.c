/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pair of links: one end in the zone, the other a port of a bridge. */
#include <errno.h>
#include <stdio.h>

#include "net/nic.h"

#define GENERATIONS 8 /* names tried: a former generation's link may still be on its way out */

/* EEXIST has two causes; say which it was. */
static int explain_taken(const struct nic *n, const struct veth *v, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct link_info link;
	int r = nl_open_in(&inside, n->to->netns_fd, e);

	if (r < 0)
		return r;
	if (link_get(&inside, v->peer_name, &link, e) == 0)
		return zerr_set(e, EEXIST, "the zone has an interface %s already", v->peer_name);
	return zerr_set(e, EEXIST, "%u interface names up to %s are all in use", GENERATIONS,
			v->name);
}

static int add_pair(struct nic *n, struct veth *v, struct zerr *e)
{
	const struct net_user *to = n->to;
	char *name = n->note.host_name;
	int r = -EEXIST;

	v->name = name;
	v->netns_fd = to->netns_fd;
	for (unsigned i = 0; i < GENERATIONS && r == -EEXIST; i++) {
		if (snprintf(name, IFNAMSIZ, "z%u.%u", to->slot, to->generation + i) >= IFNAMSIZ)
			return zerr_set(e, ERANGE, "z%u.%u is too long for an interface name",
					to->slot, to->generation + i);
		r = link_add_veth(n->nl, v, e);
	}
	if (r == -EEXIST)
		return explain_taken(n, v, e);
	if (r == -EXFULL)
		return zerr_set(e, EXFULL, "the network is full: a bridge takes 1023 interfaces");
	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no veth interfaces");
	return r;
}

int nic_make_veth(struct nic *n, struct veth *v, struct zerr *e)
{
	struct zerr second = { 0 };
	struct link_info link;
	int r;

	v->peer_name = n->note.nic;
	v->peer_mac = n->lease.mac;
	v->peer_mtu = n->lease.mtu ? n->lease.mtu : v->mtu;
	r = add_pair(n, v, e);
	if (r < 0)
		return r;
	r = nic_go_inside(n, e);
	if (r == 0)
		r = link_get(&n->inside, v->peer_name, &link, e);
	if (r == 0) {
		n->note.index = link.peer;
		n->note.inside = link.index;
		n->ipv6 = link.ipv6;
		return 0;
	}
	if (link_get(n->nl, v->name, &link, &second) == 0)
		(void)link_delete(n->nl, link.index, &second); /* the first error counts */
	return r;
}

static int make(struct nic *n, struct zerr *e)
{
	const bool own = n->net.index != 0;
	struct veth v = { .master = own ? n->net.index : n->parent.index,
			  .mtu = own ? n->net.mtu : n->parent.mtu };
	int r;

	if (!own && !str_eq(n->parent.kind, "bridge"))
		return zerr_hint(e, zerr_as(e, ZERR_STATE, "%s is not a bridge", n->parent.name),
				 "other interfaces are for the types macvlan, ipvlan, vlan, phys");
	if ((n->spec->vlan || n->spec->vlans.n) &&
	    !(own ? n->net.vlan_aware : n->parent.vlan_aware))
		return zerr_as(e, ZERR_STATE, "vlan: %s does not tell VLANs apart",
			       own ? n->net.name : n->parent.name);
	r = nic_make_veth(n, &v, e);
	n->ipv6 &= !own || n->net.ipv6.family;
	n->port = true;
	return r;
}

const struct nic_ops nic_veth = {
	.name = "veth",
	.keys = NIC_NETWORK | NIC_PARENT | NIC_MAC | NIC_MTU | NIC_ADDRESS | NIC_VLAN | NIC_VLANS |
		NIC_LIMITS | NIC_GUARDS,
	.make = make,
};
