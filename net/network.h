/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network as its durable record (networks/NAME below the host directory) describes it. The same
 * record, kept below the run directory, says that the network is up and what was set up for it.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/ipnet.h"
#include "net/net.h"
#include "net/nlm.h"

struct network {
	char name[NET_NAME_MAX + 1];
	struct ipnet ipv4; /* base address */
	struct ipnet ipv6; /* base address of a /64; family 0: none */
	uint8_t mac[6];	   /* the bridge's */
	unsigned mtu;
	bool nat;
};

#define NETWORK_NAME_RULE                                                                         \
	"1 to 15 letters, digits, '-', '_' and '.', the first no punctuation; not all, default, " \
	"lo"

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
/* Make a record: @ipv4 (a base address) or, when NULL, the first default that is free. 0, exit
 * status 4 when there is one or the subnet is in use. */
int network_make(const struct net_env *env, const char *name, const struct ipnet *ipv4, bool nat,
		 struct network *ret, struct zerr *e);

/* Whether @n overlaps an address or route of the host, those of link @own left out. 0, -EADDRINUSE
 * with exit status 4 and a message, or -errno. */
int network_conflict(struct nl *nl, const struct ipnet *n, unsigned own, struct zerr *e);
