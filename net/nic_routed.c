/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pair of links between zone and host alone: the host routes single addresses to it, and is its
 * gateway at an address that only this pair knows. With a parent the host answers for the addresses
 * there, so that they can be some of that interface's subnet.
 */
#include <string.h>
#include <unistd.h>

#include "net/firewall.h"
#include "net/nic.h"
#include "net/sysctl.h"
#include "net/use.h"

#define MTU	 1500 /* without a parent */
#define WHY	 "a routed interface needs"
#define TRIES	 10
#define PAUSE_US 50000

static int make(struct nic *n, struct zerr *e)
{
	struct veth v = { .mtu = n->lease.mtu	   ? n->lease.mtu
				 : n->parent.index ? n->parent.mtu
						   : MTU };

	memcpy(n->note.parent, n->parent.name, sizeof(n->note.parent));
	return nic_make_veth(n, &v, e);
}

/* ---- the host's end -------------------------------------------------------------------------- */

struct owner {
	const struct ipnet *address;
	unsigned index; /* of the interface that has it; 0: none */
};

static int take_owner(const struct addr_entry *a, void *arg)
{
	struct owner *o = arg;
	const struct ipnet one = { .family = a->net.family,
				   .prefix = a->net.family == AF_INET ? 32 : 128 };
	struct ipnet same = a->net;

	same.prefix = one.prefix;
	if (same.family == o->address->family && ipnet_overlap(&same, o->address))
		o->index = a->index;
	return 0;
}

static int check_host(struct nl *nl, const struct ipnet *address, struct zerr *e)
{
	struct owner o = { .address = address };
	char text[IPNET_TEXT];
	const int r = addr_list(nl, take_owner, &o, e);

	if (r < 0 && r != -EAGAIN)
		return r;
	return o.index == 0 ? 0
			    : zerr_as(e, ZERR_STATE, "address %s is taken: the host has it itself",
				      ipnet_address(address, text));
}

struct taken {
	const struct ipnet *address;
	const char *own; /* link, which does not count */
	char zone[64];	 /* "": nobody's that is known */
};

static int take_zone(const struct note *n, const char *name, void *arg, struct zerr *e)
{
	struct taken *t = arg;

	(void)name;
	(void)e;
	if (str_eq(n->type, nic_routed.name) && !str_eq(n->host_name, t->own) &&
	    (ipnet_overlap(&n->ipv4, t->address) || ipnet_overlap(&n->ipv6, t->address)))
		memcpy(t->zone, n->zone, sizeof(t->zone));
	return 0;
}

/* The route to @address. That of a link whose zone has just ended goes in some milliseconds. */
static int add_route(const struct nic *n, const struct ipnet *address, struct zerr *e)
{
	struct taken t = { .own = n->note.host_name, .address = address };
	struct zerr why = { 0 };
	char text[IPNET_TEXT];
	int r = addr_add_route(n->nl, n->note.index, address, &why);

	if (r == -EEXIST)
		(void)use_each(n->env, NULL, take_zone, &t, &why);
	for (int i = 0; i < TRIES && r == -EEXIST && !*t.zone; i++) {
		(void)usleep(PAUSE_US);
		r = addr_add_route(n->nl, n->note.index, address, &why);
	}
	if (r == -EEXIST)
		return zerr_as(e, ZERR_STATE, "address %s is taken%s%s",
			       ipnet_address(address, text),
			       *t.zone ? " by " : ": the host has a route to it", t.zone);
	if (r < 0)
		*e = why;
	return r;
}

/* The host as gateway, and the way to the address. */
static int lead(const struct nic *n, const struct ipnet *address, const struct ipnet *gateway,
		struct zerr *e)
{
	int r;

	if (!address->family)
		return 0;
	r = check_host(n->nl, address, e);
	if (r == 0 && gateway->family)
		r = addr_add(n->nl, n->note.index, gateway, e);
	if (r < 0)
		return r;
	r = add_route(n, address, e);
	if (r == 0 && n->parent.index)
		r = addr_speak_for(n->nl, n->parent.index, address, true, e);
	return r;
}

static int allow_forwarding(const struct nic *n, struct zerr *e)
{
	const struct note *note = &n->note;
	int r = note->ipv4.family ? forward_ipv4(WHY, e) : 0;

	if (r == 0 && note->ipv6.family)
		r = forward_ipv6(n->nl, WHY, e);
	if (r == 0 && note->ipv6.family && n->parent.index)
		r = proxy_ndp(n->parent.name, e);
	return r;
}

/* What others' firewalls know of it. */
static struct network as_network(const struct note *n)
{
	struct network net = { .ipv4 = n->ipv4, .ipv6 = n->ipv6 };

	memcpy(net.name, n->host_name, sizeof(net.name));
	return net;
}

static int connect_host(struct nic *n, struct zerr *e)
{
	const struct network net = as_network(&n->note);
	int r;

	if (n->note.ipv6.family && !n->ipv6)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no IPv6");
	r = refuse_ra(n->note.host_name, e);
	if (r == 0)
		r = lead(n, &n->note.ipv4, &n->lease.gateway4, e);
	if (r == 0)
		r = lead(n, &n->note.ipv6, &n->lease.gateway6, e);
	if (r == 0)
		r = allow_forwarding(n, e);
	return r == 0 ? firewall_open(n->env, &net, e) : r;
}

/* Addresses and routes go with the link; what is elsewhere does not. */
static int unmake(struct nic *n, struct zerr *e)
{
	const struct note *note = &n->note;
	const struct ipnet *const addresses[] = { &note->ipv4, &note->ipv6 };
	const struct network net = as_network(note);
	struct link_info parent;
	int r = *net.name ? firewall_close(&net, e) : 0;

	if (r < 0 || !*note->parent)
		return r;
	r = link_get(n->nl, note->parent, &parent, e);
	for (size_t i = 0; i < 2 && r == 0; i++)
		if (addresses[i]->family)
			r = addr_speak_for(n->nl, parent.index, addresses[i], false, e);
	return r == -ENODEV ? 0 : r;
}

const struct nic_ops nic_routed = {
	.name = "routed",
	.keys = NIC_ROUTED | NIC_PARENT | NIC_MAC | NIC_MTU | NIC_ADDRESS | NIC_LIMITS | NIC_GUARDS,
	.needs = NIC_ADDRESS,
	.make = make,
	.connect = connect_host,
	.unmake = unmake,
};
