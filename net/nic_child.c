/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links that are made of an interface of the host, inside the zone at once: macvlan, ipvlan, vlan.
 * Nothing of them is on the host. */
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "net/nic.h"

struct mode {
	const char *word;
	uint32_t value;
};

/* The value of net.NIC.mode by @modes, of which the first is the default. */
static int choose_mode(const struct nic *n, const struct mode *modes, uint32_t *ret, struct zerr *e)
{
	const char *word = n->spec->mode ? n->spec->mode : modes[0].word;

	for (; modes->word; modes++)
		if (str_eq(modes->word, word)) {
			*ret = modes->value;
			return 0;
		}
	return zerr_as(e, ZERR_USAGE, "mode: %s is none of type %s", word, n->ops->name);
}

static int explain(struct nic *n, const struct child *c, int r, struct zerr *e)
{
	struct link_info link;
	struct zerr ignored = { 0 };
	const char *kind = n->ops->name;

	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no %s interfaces", kind);
	if (r == -EBUSY)
		return zerr_as(e, ZERR_STATE, "%s is in use: by a bridge, or another kind than %s",
			       n->parent.name, kind);
	if (r != -EEXIST)
		return r;
	if (nic_go_inside(n, &ignored) == 0 && link_get(&n->inside, c->name, &link, &ignored) == 0)
		return zerr_set(e, EEXIST, "the zone has an interface %s already", c->name);
	return zerr_as(e, ZERR_STATE, "VLAN %u of %s is in use already", n->spec->vlan,
		       n->parent.name);
}

static int make_child(struct nic *n, struct child *c, struct zerr *e)
{
	struct link_info link;
	int r;

	c->kind = n->ops->name;
	c->name = n->note.nic;
	c->parent = n->parent.index;
	c->mtu = n->lease.mtu;
	c->netns_fd = n->netns;
	r = link_add_child(n->nl, c, e);
	if (r < 0)
		return explain(n, c, r, e);
	r = nic_go_inside(n, e);
	if (r == 0)
		r = link_get(&n->inside, c->name, &link, e);
	if (r < 0)
		return r; /* it goes with the namespace */
	n->note.index = n->to->generation + 1;
	n->note.inside = link.index;
	memcpy(n->note.mac, link.mac, sizeof(n->note.mac)); /* it may be its parent's */
	n->ipv6 = link.ipv6;
	return 0;
}

static int unmake(struct nic *n, struct zerr *e)
{
	int r;

	if (!n->delete_link || n->netns < 0 || !n->note.inside)
		return 0;
	r = nic_go_inside(n, e);
	return r < 0 ? r : link_delete(&n->inside, n->note.inside, e);
}

static int make_macvlan(struct nic *n, struct zerr *e)
{
	static const struct mode modes[] = { { "bridge", MACVLAN_MODE_BRIDGE },
					     { "private", MACVLAN_MODE_PRIVATE },
					     { "vepa", MACVLAN_MODE_VEPA },
					     { "passthru", MACVLAN_MODE_PASSTHRU },
					     { NULL, 0 } };
	uint32_t mode = 0;
	struct child c = { .mac = n->lease.mac,
			   .attribute = IFLA_MACVLAN_MODE,
			   .value = &mode,
			   .len = sizeof(mode) };
	const int r = choose_mode(n, modes, &mode, e);

	return r < 0 ? r : make_child(n, &c, e);
}

static int make_ipvlan(struct nic *n, struct zerr *e)
{
	static const struct mode modes[] = { { "l2", IPVLAN_MODE_L2 },
					     { "l3", IPVLAN_MODE_L3 },
					     { "l3s", IPVLAN_MODE_L3S },
					     { NULL, 0 } };
	uint32_t mode = 0;
	uint16_t value = 0;
	struct child c = { .attribute = IFLA_IPVLAN_MODE, .value = &value, .len = sizeof(value) };
	const int r = choose_mode(n, modes, &mode, e);

	value = (uint16_t)mode;
	return r < 0 ? r : make_child(n, &c, e);
}

static int make_vlan(struct nic *n, struct zerr *e)
{
	const uint16_t id = (uint16_t)n->spec->vlan;
	struct child c = {
		.mac = n->lease.mac, .attribute = IFLA_VLAN_ID, .value = &id, .len = sizeof(id)
	};

	return make_child(n, &c, e);
}

const struct nic_ops nic_macvlan = {
	.name = "macvlan",
	.keys = NIC_PARENT | NIC_MAC | NIC_MTU | NIC_ADDRESS | NIC_MODE,
	.needs = NIC_PARENT,
	.make = make_macvlan,
	.unmake = unmake,
};
const struct nic_ops nic_ipvlan = {
	.name = "ipvlan",
	.keys = NIC_KEEPS | NIC_PARENT | NIC_MTU | NIC_ADDRESS | NIC_MODE,
	.needs = NIC_PARENT,
	.make = make_ipvlan,
	.unmake = unmake,
};
const struct nic_ops nic_vlan = {
	.name = "vlan",
	.keys = NIC_PARENT | NIC_MAC | NIC_MTU | NIC_ADDRESS | NIC_VLAN,
	.needs = NIC_PARENT | NIC_VLAN,
	.make = make_vlan,
	.unmake = unmake,
};
