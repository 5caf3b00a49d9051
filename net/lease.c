/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a NIC gets, as text. Nothing is reserved here: the caller keeps leases, under its own lock.
 */
#include <stdio.h>
#include <string.h>

#include "net/ident.h"
#include "net/ipnet.h"
#include "net/net.h"
#include "net/network.h"

#define MTU_MIN	     68
#define MTU_MIN_IPV6 1280

static int check_nic(const struct nic_spec *nic, struct zerr *e)
{
	if (nic->type && !str_eq(nic->type, "veth"))
		return zerr_as(e, ZERR_USAGE, "type '%s' has no lease", nic->type);
	if (!nic->name || !network_name_ok(nic->name))
		return zerr_as(e, ZERR_USAGE, "no interface name: " NETWORK_NAME_RULE);
	return 0;
}

static int choose_mac(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
		      struct net_lease *l, struct zerr *e)
{
	char what[64];
	struct ident id;
	uint8_t mac[6];
	int r;

	if (nic->mac) {
		if (mac_parse(mac, nic->mac) < 0)
			return zerr_as(e, ZERR_USAGE, "mac '%s' is not a unicast address",
				       nic->mac);
		(void)mac_text(mac, l->mac);
		return 0;
	}
	r = ident_load(env, &id, e);
	if (r < 0)
		return r;
	(void)snprintf(what, sizeof(what), "nic:%u:%s", slot, nic->name);
	ident_mac(&id, what, mac);
	(void)mac_text(mac, l->mac);
	return 0;
}

/* Parse @text, the value of key @what: an IPv4 address of the network. */
static int parse_inside(const struct network *net, const char *what, const char *text,
			struct ipnet *ret, struct zerr *e)
{
	char base[IPNET_TEXT];

	if (ipnet_parse(ret, text) < 0 || ret->family != AF_INET)
		return zerr_as(e, ZERR_USAGE, "%s '%s' is not an IPv4 address", what, text);
	if (strchr(text, '/') && ret->prefix != net->ipv4.prefix)
		return zerr_as(e, ZERR_USAGE, "%s %s: network %s has the prefix length %u", what,
			       text, net->name, net->ipv4.prefix);
	if (!ipnet_overlap(&net->ipv4, ret))
		return zerr_as(e, ZERR_USAGE, "%s %s is outside of network %s, which is %s", what,
			       text, net->name, ipnet_text(&net->ipv4, base));
	ret->prefix = net->ipv4.prefix;
	return 0;
}

/* Whether @text is an address that a zone may have, taken or not. */
static int parse_address(const struct network *net, const char *text, struct ipnet *ret,
			 struct zerr *e)
{
	uint32_t offset;
	int r;

	r = parse_inside(net, "address", text, ret, e);
	if (r < 0)
		return r;
	offset = ipnet_offset(&net->ipv4, ret);
	if (offset == 0 || offset == ipnet_size(&net->ipv4) - 1)
		return zerr_as(e, ZERR_USAGE, "address %s is no host's in network %s", text,
			       net->name);
	if (offset == 1)
		return zerr_as(e, ZERR_STATE, "address %s is taken: network %s has it as gateway",
			       text, net->name);
	return 0;
}

static int choose_ipv4(const struct network *net, const struct nic_spec *nic,
		       const struct strv *taken, const char *old, struct ipnet *ret, struct zerr *e)
{
	char text[IPNET_TEXT];
	struct zerr unused = { 0 };
	uint32_t offset;
	int r;

	if (nic->address) {
		r = parse_address(net, nic->address, ret, e);
		if (r == 0 && ipnet_taken(ret, taken))
			return zerr_as(e, ZERR_STATE, "address %s is taken", nic->address);
		return r;
	}
	if (old && *old && parse_address(net, old, ret, &unused) == 0 && !ipnet_taken(ret, taken))
		return 0;
	r = ipnet_lowest_free(&net->ipv4, taken, &offset);
	if (r == -ENOSPC)
		return zerr_set(e, ENOSPC, "network %s is full: every address of %s is taken",
				net->name, ipnet_text(&net->ipv4, text));
	if (r < 0)
		return zerr_code(e, -r, "network %s", net->name);
	*ret = ipnet_nth(&net->ipv4, offset);
	return 0;
}

/* Both gateways; `gateway = "none"` means a NIC without default routes. */
static int choose_gateways(const struct network *net, const struct nic_spec *nic,
			   struct net_lease *l, struct zerr *e)
{
	struct ipnet gateway = ipnet_nth(&net->ipv4, 1);
	char text[IPNET_TEXT];
	int r;

	if (str_eq(nic->gateway, "none"))
		return 0;
	if (nic->gateway) {
		r = parse_inside(net, "gateway", nic->gateway, &gateway, e);
		if (r < 0)
			return r;
	}
	(void)snprintf(l->gateway4, sizeof(l->gateway4), "%s", ipnet_address(&gateway, text));
	if (*l->ipv6) {
		gateway = ipnet_nth(&net->ipv6, 1);
		(void)snprintf(l->gateway6, sizeof(l->gateway6), "%s",
			       ipnet_address(&gateway, text));
	}
	return 0;
}

static int fill(const struct network *net, const struct nic_spec *nic, const struct strv *taken,
		const char *old, struct net_lease *l, struct zerr *e)
{
	char text[IPNET_TEXT];
	struct ipnet ipv4, ipv6;
	int r;

	l->mtu = nic->mtu ? nic->mtu : net->mtu;
	if (l->mtu < MTU_MIN || l->mtu > net->mtu)
		return zerr_as(e, ZERR_USAGE,
			       "mtu %u is not between %d and %u, which network %s has", l->mtu,
			       MTU_MIN, net->mtu, net->name);
	r = choose_ipv4(net, nic, taken, old, &ipv4, e);
	if (r < 0)
		return r;
	(void)snprintf(l->ipv4, sizeof(l->ipv4), "%s", ipnet_text(&ipv4, text));
	if (net->ipv6.family && l->mtu >= MTU_MIN_IPV6) {
		ipv6 = ipnet_nth(&net->ipv6, ipnet_offset(&net->ipv4, &ipv4));
		(void)snprintf(l->ipv6, sizeof(l->ipv6), "%s", ipnet_text(&ipv6, text));
	}
	return choose_gateways(net, nic, l, e);
}

int net_lease(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
	      const struct strv *taken, const char *old_ipv4, struct net_lease *ret, struct zerr *e)
{
	struct net_lease l = { 0 };
	struct network net;
	int r;

	r = check_nic(nic, e);
	if (r == 0)
		r = network_get(env, nic->network ? nic->network : NET_DEFAULT, &net, e);
	if (r == 0)
		r = choose_mac(env, nic, slot, &l, e);
	if (r == 0)
		r = fill(&net, nic, taken, old_ipv4, &l, e);
	if (r < 0)
		return r;
	memcpy(l.nic, nic->name, strlen(nic->name) + 1);
	memcpy(l.network, net.name, sizeof(net.name));
	*ret = l;
	return 0;
}
