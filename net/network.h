/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network as its durable record (networks/NAME below the host directory) describes it: defaults,
 * then what was set by the one table of attributes. The same record, kept below the run directory,
 * says what the network was brought up as.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/ipnet.h"
#include "net/net.h"
#include "net/nlm.h"

struct network {
	char name[NET_NAME_MAX + 1]; /* its bridge's, too */
	struct ipnet ipv4;	     /* base address */
	struct ipnet ipv6;	     /* base address of a /64; family 0: none */
	uint8_t mac[6];		     /* the bridge's */
	unsigned mtu;
	bool nat; /* as it was asked for: see network_has_nat() */
	bool internal, isolated, vlan_aware, dhcp;
	unsigned index; /* of the bridge, in the record of what is up; else 0 */
};

#define NETWORK_NAME_RULE                                                                         \
	"1 to 15 letters, digits, '-', '_' and '.', the first no punctuation; not all, default, " \
	"lo"

/* Nothing leaves an internal network, whatever it has when it is no longer internal. */
bool network_has_nat(const struct network *n);

/* True for an interface name that is safe as a file's and a setting's name too. */
bool network_name_ok(const char *name);
/* The same, with a usage error. */
int network_check_name(const char *name, struct zerr *e);

/* Load the record of network @name below @dirfd. 0, -ENOENT without message, or -errno. */
int network_load(int dirfd, const char *name, struct network *ret, struct zerr *e);
int network_save(const struct network *n, int dirfd, bool durable, struct zerr *e);
/* The directory of the durable records. fd or -errno. */
int network_dir(const struct net_env *env, struct zerr *e);

/* The record of network @name, which is made when it is the default network's and missing. 0, exit
 * status 3 for an unknown network, 7 when the host has no bridges. */
int network_get(const struct net_env *env, const char *name, struct network *ret, struct zerr *e);
/* Make the record of a new network, or with @change change one, by @set ("KEY=VALUE", the keys of
 * the record; NULL: none). 0, a usage error, exit status 4 when there is one or an address is in
 * use. */
int network_write(const struct net_env *env, const char *name, const struct strv *set, bool change,
		  struct network *ret, struct zerr *e);

/* The key that @set, "KEY=VALUE", is of; NULL when there is none. */
const char *network_key(const char *set);
/* The text of attribute @i ("ipv4", "nat", …); NULL behind the last. @out needs IPNET_TEXT bytes.
 */
const char *network_attr(const struct network *n, unsigned i, const char **ret_name,
			 char out[static IPNET_TEXT]);
