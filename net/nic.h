/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of NICs: const struct nic_ops, registered in nic_kind.c, named by the key net.NIC.type.
 * nic.c walks the steps that are the same for all; a kind makes its link and says what of it does
 * not go by itself with the zone's namespace.
 */
#pragma once

#include "base/steps.h"
#include "net/addr.h"
#include "net/link.h"
#include "net/net.h"
#include "net/network.h"
#include "net/note.h"

/* The host, as only a routed interface knows it. */
#define NIC_GATEWAY4 "169.254.1.1"
#define NIC_GATEWAY6 "fe80::1"

/* A lease, parsed. */
struct nic_lease {
	uint8_t mac[6];
	unsigned mtu;				     /* 0: the parent's */
	struct ipnet ipv4, ipv6, gateway4, gateway6; /* family 0: none */
};

/* A NIC on its way up or down. */
struct nic {
	const struct net_env *env;
	const struct nic_ops *ops;
	struct nl *nl;	  /* in the host's namespace */
	struct note note; /* all that the way down has */
	char *user;	  /* name of the note; owned */
	int notes;	  /* its directory, going up; -1 */
	int netns;	  /* the zone's namespace; -1: not known, or gone */
	bool delete_link;
	struct nl inside; /* in the zone's namespace, once somebody needs it */
	/* going up only */
	const struct net_user *to;
	const struct nic_spec *spec;
	struct nic_lease lease;
	struct network net;	 /* with a network */
	struct link_info parent; /* without: the interface of the host; index 0: none */
	bool confirmed;
	bool ipv6; /* the link inside can have it */
	bool port; /* the host's end is a port of a bridge */
};

struct nic_ops {
	const char *name;
	unsigned keys;	/* NIC_… that may be set */
	unsigned needs; /* … that must be */
	/* Make the link inside the namespace, down, under its name: fills the note's indices, and
	 * its host_name when it has an end on the host. After a failure nothing is left. */
	int (*make)(struct nic *n, struct zerr *e);
	/* More than addresses and default routes, when it is up inside. NULL: nothing. */
	int (*connect)(struct nic *n, struct zerr *e);
	/* Give back what would be lost with the namespace, or stay behind. NULL: nothing. */
	int (*unmake)(struct nic *n, struct zerr *e);
};

/* Keys that only some kinds have, and what else tells them apart. */
enum {
	NIC_NETWORK = 1, /* may be plugged into a network of ours */
	NIC_PARENT = 2,	 /* is made from an interface of the host */
	NIC_MAC = 4,
	NIC_MTU = 8,
	NIC_ADDRESS = 16, /* addresses and gateways */
	NIC_MODE = 32,
	NIC_VLAN = 64,
	NIC_VLANS = 128,
	NIC_LIMITS = 256,
	NIC_GUARDS = 512,
	NIC_NONE = 1024,   /* there is no link to make */
	NIC_KEEPS = 2048,  /* has a hardware address already */
	NIC_ROUTED = 4096, /* the host routes to its single addresses */
};

extern const struct nic_ops nic_veth, nic_routed, nic_macvlan, nic_ipvlan, nic_vlan, nic_phys;

/* The kind called @type (NULL: the default). Usage error when there is none. */
const struct nic_ops *nic_find(const char *type, struct zerr *e);
/* Whether the keys that are set are @ops's. 0 or a usage error. */
int nic_check_keys(const struct nic_ops *ops, const struct nic_spec *nic, struct zerr *e);

/* Of a struct nic, for steps_up() and steps_down(); without a journal: the notes are it. */
extern const struct op nic_op;
extern const size_t nic_steps_n;
/* Both ends' queues by the note, as far as it differs from @was; they go with the link. */
int nic_set_rates(struct nic *n, const struct note *was, struct zerr *e);

/* Put back what somebody has flushed of our tables: networks, guards, forwarded ports, by what is
 * noted of them. */
int nic_restore(const struct net_env *env, struct nl *nl, struct zerr *e);
/* The note under its final name: what was done so far is found again by it. Once. */
int nic_confirm(struct nic *n, struct zerr *e);
/* Open @n->inside if it is not open. */
int nic_go_inside(struct nic *n, struct zerr *e);
/* Make veth @v with the first free name z<slot>.<generation…>, kept in the note. */
int nic_make_veth(struct nic *n, struct veth *v, struct zerr *e);
