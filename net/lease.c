/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a NIC gets, as text. Nothing is reserved here: the caller keeps leases, under its own lock.
 */
#include <stdio.h>
#include <string.h>

#include "net/ident.h"
#include "net/ipnet.h"
#include "net/network.h"
#include "net/nic.h"

#define MTU_MIN	     68
#define MTU_MIN_IPV6 1280

/* What is known while a lease is filled. */
struct leasing {
	const struct network *net; /* NULL: on none of ours */
	const struct nic_spec *nic;
	const struct strv *taken;
	const char *old_ipv4;
	struct net_lease *l;
};

static int choose_mac(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
		      bool keeps, struct net_lease *l, struct zerr *e)
{
	char what[64];
	struct ident id;
	uint8_t mac[6];
	int r;

	if (!nic->mac && keeps)
		return 0;
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

/* The one of @family among @list, the values of key @what; NULL when there is none. */
static int pick(const struct strv *list, int family, const char *what, const char **ret,
		struct zerr *e)
{
	struct ipnet n;

	*ret = NULL;
	for (size_t i = 0; i < list->n; i++) {
		if (str_eq(list->v[i], "none"))
			continue;
		if (ipnet_parse(&n, list->v[i]) < 0)
			return zerr_as(e, ZERR_USAGE, "%s '%s' is not an address", what,
				       list->v[i]);
		if (n.family != family)
			continue;
		if (*ret)
			return zerr_as(
				e, ZERR_USAGE,
				"%s: %s and %s are of the same family: a NIC has one of each", what,
				*ret, list->v[i]);
		*ret = list->v[i];
	}
	return 0;
}

/* Parse @text, the value of key @what: an address inside of @base, a subnet of the network. */
static int parse_inside(const struct network *net, const struct ipnet *base, const char *what,
			const char *text, struct ipnet *ret, struct zerr *e)
{
	char sub[IPNET_TEXT];

	if (ipnet_parse(ret, text) < 0)
		return zerr_as(e, ZERR_USAGE, "%s '%s' is not an address", what, text);
	if (!base->family)
		return zerr_as(e, ZERR_USAGE, "%s %s: network %s has no IPv6", what, text,
			       net->name);
	if (strchr(text, '/') && ret->prefix != base->prefix)
		return zerr_as(e, ZERR_USAGE, "%s %s: network %s has the prefix length %u", what,
			       text, net->name, base->prefix);
	if (!ipnet_overlap(base, ret))
		return zerr_as(e, ZERR_USAGE, "%s %s is outside of network %s, which is %s", what,
			       text, net->name, ipnet_text(base, sub));
	ret->prefix = base->prefix;
	return 0;
}

/* Whether @text is an address that a zone may have, taken or not. */
static int parse_address(const struct network *net, const char *text, struct ipnet *ret,
			 struct zerr *e)
{
	uint32_t offset;
	int r = parse_inside(net, &net->ipv4, "address", text, ret, e);

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

static int check_free(const struct ipnet *n, const char *text, const struct strv *taken,
		      struct zerr *e)
{
	const char *owner = ipnet_owner(n, taken);

	if (!owner)
		return 0;
	return zerr_as(e, ZERR_STATE, "address %s is taken%s%s", text, *owner ? " by " : "", owner);
}

static int choose_ipv4(const struct leasing *s, struct ipnet *ret, struct zerr *e)
{
	const char *given;
	char text[IPNET_TEXT];
	struct zerr unused = { 0 };
	uint32_t offset;
	int r = pick(&s->nic->addresses, AF_INET, "address", &given, e);

	if (r == 0 && given) {
		r = parse_address(s->net, given, ret, e);
		return r < 0 ? r : check_free(ret, given, s->taken, e);
	}
	if (r < 0)
		return r;
	if (s->old_ipv4 && *s->old_ipv4 && parse_address(s->net, s->old_ipv4, ret, &unused) == 0 &&
	    !ipnet_owner(ret, s->taken))
		return 0;
	r = ipnet_lowest_free(&s->net->ipv4, s->taken, &offset);
	if (r == -ENOSPC)
		return zerr_set(e, ENOSPC, "network %s is full: every address of %s is taken",
				s->net->name, ipnet_text(&s->net->ipv4, text));
	if (r < 0)
		return zerr_code(e, -r, "network %s", s->net->name);
	*ret = ipnet_nth(&s->net->ipv4, offset);
	return 0;
}

/* Low numbers go with the IPv4 addresses; what is given is either its own of them or a high one. */
static int choose_ipv6(const struct leasing *s, const struct ipnet *ipv4, struct ipnet *ret,
		       struct zerr *e)
{
	const struct network *net = s->net;
	const struct ipnet last = ipnet_nth(&net->ipv6, ipnet_size(&net->ipv4) - 1);
	const char *given;
	int r = pick(&s->nic->addresses, AF_INET6, "address", &given, e);

	*ret = ipnet_nth(&net->ipv6, ipnet_offset(&net->ipv4, ipv4));
	if (r < 0 || !given) {
		if (r == 0 && (!net->ipv6.family || s->l->mtu < MTU_MIN_IPV6))
			*ret = (struct ipnet){ 0 };
		return r;
	}
	const struct ipnet own = *ret;

	r = parse_inside(net, &net->ipv6, "address", given, ret, e);
	if (r < 0 || memcmp(ret->addr, own.addr, sizeof(own.addr)) == 0)
		return r;
	if (memcmp(ret->addr, last.addr, sizeof(last.addr)) <= 0)
		return zerr_as(e, ZERR_USAGE,
			       "address %s: up to %s they go with the IPv4 addresses", given,
			       ipnet_address(&last, (char[IPNET_TEXT]){ 0 }));
	return check_free(ret, given, s->taken, e);
}

static void put_address(char *to, size_t room, const struct ipnet *n)
{
	char text[IPNET_TEXT];

	(void)snprintf(to, room, "%s", ipnet_address(n, text));
}

/* The default route of a family: what is given, or the network's own. */
static int choose_gateway(const struct leasing *s, const struct ipnet *base, int family, char *to,
			  size_t room, struct zerr *e)
{
	struct ipnet gateway;
	const char *given;
	int r = pick(&s->nic->gateways, family, "gateway", &given, e);

	if (r < 0)
		return r;
	if (given) {
		r = s->net ? parse_inside(s->net, base, "gateway", given, &gateway, e)
			   : ipnet_parse(&gateway, given);
		if (r == 0)
			put_address(to, room, &gateway);
		return r;
	}
	if (strv_has(&s->nic->gateways, "none"))
		return 0;
	if (net_routes(s->nic)) {
		(void)snprintf(to, room, "%s", family == AF_INET ? NIC_GATEWAY4 : NIC_GATEWAY6);
		return 0;
	}
	/* nothing leads out of an internal network, or to it from another VLAN than its own */
	if (!s->net || s->net->internal || s->nic->vlan > 1)
		return 0;
	gateway = ipnet_nth(base, 1);
	put_address(to, room, &gateway);
	return 0;
}

static int choose_gateways(const struct leasing *s, struct zerr *e)
{
	static const struct ipnet none;
	struct net_lease *l = s->l;
	int r = 0;

	if (*l->ipv4)
		r = choose_gateway(s, s->net ? &s->net->ipv4 : &none, AF_INET, l->gateway4,
				   sizeof(l->gateway4), e);
	if (r == 0 && *l->ipv6)
		r = choose_gateway(s, s->net ? &s->net->ipv6 : &none, AF_INET6, l->gateway6,
				   sizeof(l->gateway6), e);
	return r;
}

static int fill(const struct leasing *s, struct zerr *e)
{
	const struct network *net = s->net;
	struct net_lease *l = s->l;
	char text[IPNET_TEXT];
	struct ipnet ipv4, ipv6;
	int r;

	l->mtu = s->nic->mtu ? s->nic->mtu : net->mtu;
	if (l->mtu < MTU_MIN || l->mtu > net->mtu)
		return zerr_as(e, ZERR_USAGE,
			       "mtu %u is not between %d and %u, which network %s has", l->mtu,
			       MTU_MIN, net->mtu, net->name);
	memcpy(l->network, net->name, sizeof(net->name));
	r = choose_ipv4(s, &ipv4, e);
	if (r == 0)
		r = choose_ipv6(s, &ipv4, &ipv6, e);
	if (r < 0)
		return r;
	(void)snprintf(l->ipv4, sizeof(l->ipv4), "%s", ipnet_text(&ipv4, text));
	(void)snprintf(l->ipv6, sizeof(l->ipv6), "%s", ipnet_text(&ipv6, text));
	return choose_gateways(s, e);
}

static bool is_single(const char *address)
{
	struct ipnet n;

	return !address ||
	       (ipnet_parse(&n, address) == 0 && n.prefix == (n.family == AF_INET ? 32 : 128));
}

/* On none of our networks: exactly what is given. */
static int fill_given(const struct leasing *s, struct zerr *e)
{
	struct net_lease *l = s->l;
	const char *ipv4, *ipv6;
	int r = pick(&s->nic->addresses, AF_INET, "address", &ipv4, e);

	if (r == 0)
		r = pick(&s->nic->addresses, AF_INET6, "address", &ipv6, e);
	if (r < 0)
		return r;
	if (net_routes(s->nic) && (!is_single(ipv4) || !is_single(ipv6)))
		return zerr_as(e, ZERR_USAGE,
			       "address: one that is routed stands alone, with /32 or /128");
	l->mtu = s->nic->mtu;
	(void)snprintf(l->ipv4, sizeof(l->ipv4), "%s", ipv4 ? ipv4 : "");
	(void)snprintf(l->ipv6, sizeof(l->ipv6), "%s", ipv6 ? ipv6 : "");
	return choose_gateways(s, e);
}

int net_lease(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
	      const struct strv *taken, const char *old_ipv4, struct net_lease *ret, struct zerr *e)
{
	const struct nic_ops *ops = nic_find(nic->type, e);
	const char *network = net_of(nic);
	struct net_lease l = { 0 };
	struct network net;
	struct leasing s = { network ? &net : NULL, nic, taken, old_ipv4, &l };
	int r = ops ? nic_check_keys(ops, nic, e) : -EINVAL;

	if (r == 0 && (ops->keys & NIC_NONE))
		r = zerr_as(e, ZERR_USAGE, "type '%s' has no lease", ops->name);
	if (r == 0 && (!nic->name || !network_name_ok(nic->name)))
		r = zerr_as(e, ZERR_USAGE, "no interface name: " NETWORK_NAME_RULE);
	if (r == 0 && network)
		r = network_get(env, network, &net, e);
	if (r == 0)
		r = choose_mac(env, nic, slot, ops->keys & NIC_KEEPS, &l, e);
	if (r == 0)
		r = network ? fill(&s, e) : fill_given(&s, e);
	if (r < 0)
		return r;
	memcpy(l.nic, nic->name, strlen(nic->name) + 1);
	*ret = l;
	return 0;
}
