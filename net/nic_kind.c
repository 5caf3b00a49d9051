/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of kinds, and which keys go with which. */
#include <string.h>

#include "net/nic.h"

/* No link at all: the zone has its loopback only, or the network of somebody else. */
static const struct nic_ops nic_none = { .name = "none", .keys = NIC_NONE };
static const struct nic_ops nic_host = { .name = "host", .keys = NIC_NONE };
static const struct nic_ops nic_zone = { .name = "zone",
					 .keys = NIC_NONE | NIC_PARENT,
					 .needs = NIC_PARENT };

static const struct nic_ops *const kinds[] = { &nic_veth,   &nic_routed, &nic_macvlan,
					       &nic_ipvlan, &nic_vlan,	 &nic_phys,
					       &nic_none,   &nic_host,	 &nic_zone };

const struct nic_ops *nic_find(const char *type, struct zerr *e)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_eq(kinds[i]->name, type ? type : "veth"))
			return kinds[i];
	(void)zerr_as(e, ZERR_USAGE, "there is no NIC of type %s", type);
	return NULL;
}

static unsigned keys_of(const struct nic_spec *nic)
{
	struct zerr unused = { 0 };
	const struct nic_ops *ops = nic_find(nic->type, &unused);

	return ops ? ops->keys : 0; /* an unknown one is to fail */
}

const char *net_of(const struct nic_spec *nic)
{
	if (!(keys_of(nic) & NIC_NETWORK) || nic->parent)
		return NULL;
	return nic->network ? nic->network : NET_DEFAULT;
}

bool net_has_link(const struct nic_spec *nic)
{
	return !(keys_of(nic) & NIC_NONE);
}

bool net_routes(const struct nic_spec *nic)
{
	return keys_of(nic) & NIC_ROUTED;
}

enum net_share net_share(const struct nic_spec *nic)
{
	return str_eq(nic->type, nic_host.name)	  ? NET_OF_HOST
	       : str_eq(nic->type, nic_zone.name) ? NET_OF_ZONE
						  : NET_OWN;
}

static bool is_open(const struct nic_spec *s)
{
	static const struct nic_open closed;

	return memcmp(&s->open, &closed, sizeof(closed)) != 0;
}

int nic_check_keys(const struct nic_ops *ops, const struct nic_spec *nic, struct zerr *e)
{
	const struct {
		const char *key;
		unsigned flag;
		bool set;
	} rows[] = {
		/* not `network`, which create sets before the type is chosen */
		{ "parent", NIC_PARENT, nic->parent != NULL },
		{ "mac", NIC_MAC, nic->mac != NULL },
		{ "mtu", NIC_MTU, nic->mtu != 0 },
		{ "address", NIC_ADDRESS, nic->addresses.n > 0 },
		{ "gateway", NIC_ADDRESS, nic->gateways.n > 0 },
		{ "mode", NIC_MODE, nic->mode != NULL },
		{ "vlan", NIC_VLAN, nic->vlan != 0 },
		{ "vlans", NIC_VLANS, nic->vlans.n > 0 },
		{ "limits", NIC_LIMITS, nic->ingress || nic->egress },
		{ "guard", NIC_GUARDS, is_open(nic) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].set && !(ops->keys & rows[i].flag))
			return zerr_as(e, ZERR_USAGE, "%s: a NIC of type %s has no such key",
				       rows[i].key, ops->name);
		if (!rows[i].set && (ops->needs & rows[i].flag) && !str_eq(rows[i].key, "gateway"))
			return zerr_as(e, ZERR_USAGE, "%s is not set: a NIC of type %s needs it",
				       rows[i].key, ops->name);
	}
	return 0;
}
