/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Networks and NICs as the core sees them. All by netlink (libmnl, in nlm.c alone); nftables'
 * table, sets and maps are written when a network comes up, by a helper program. Links are deleted
 * by index, never by a name that a guest could have changed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/spec.h"

#define NET_DEFAULT  "zonebr0"
#define NET_NAME_MAX 15

/* A lease: what a NIC gets. Text, because it goes to the index, to records and to JSON. */
struct net_lease {
	char nic[16]; /* name inside the zone */
	char network[16];
	char ipv4[20];	   /* "10.77.0.5/16" or "" */
	char ipv6[48];	   /* with prefix length, or "" */
	char gateway4[16]; /* "" when none */
	char gateway6[40];
	char mac[18];
	unsigned mtu;
};

/* Where things are; filled once by the core. */
struct net_env {
	int host;	    /* /var/lib/zone/.host: durable network records in networks/NAME */
	int run;	    /* /run/zone: users of each network in .net/NAME/ */
	const char *helper; /* program that writes nftables rules from standard input */
};

/* Fill @ret for @nic of the zone with slot @slot (its short stable id). @taken has the addresses in
 * use on that network (prefix length or not); with @old_ipv4 that one is kept if it is free. Makes
 * the network's record (subnet free of conflicts with the host's routes) on first use, not the
 * bridge. Usage error for a bad address, exit 4 for a taken one, exit 3 for an unknown network,
 * exit 7 when the host has no bridge. */
int net_lease(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
	      const struct strv *taken, const char *old_ipv4, struct net_lease *ret,
	      struct zerr *e);

/* What net_up() made and net_down() needs; kept in the zone's state record. */
struct net_link {
	char nic[16];
	char network[16];
	char host_name[16]; /* z<slot>.<generation> */
	unsigned ifindex;   /* of the host's end */
};

/* Make @l's NIC directly inside the network namespace @netns_fd, addresses and routes set, up; the
 * network (bridge, NAT) comes up first when this is its first user. @zone is the user's name.
 * After a failure nothing of this NIC is left. Single-threaded callers only (setns there and back);
 * -ENOTRECOVERABLE, here and below: the thread is still inside @netns_fd and must only exit. */
int net_up(const struct net_env *env, const char *zone, unsigned slot, unsigned generation,
	   const struct net_lease *l, int netns_fd, struct net_link *ret, struct zerr *e);
/* Bring the loopback device up inside @netns_fd. */
int net_loopback(int netns_fd, struct zerr *e);
/* Drop @link's use of its network, which goes down with its last user; later links of @zone keep
 * theirs. The link itself goes with its namespace; with @delete_link it is deleted by index, if it
 * still is the one that was made. */
int net_down(const struct net_env *env, const char *zone, const struct net_link *link,
	     bool delete_link, struct zerr *e);
/* Forget every use of every network by @zone, for repairs; networks without users go down. */
int net_forget(const struct net_env *env, const char *zone, struct zerr *e);

struct net_counters {
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, drops; /* as the zone sees them */
};
/* Counters of the host's end, directions turned round. 0, -ENODEV. */
int net_count(const struct net_link *link, struct net_counters *ret);

struct net_counts;
/* The counters of all links of the host as they are at this moment. *@counts is made when it is
 * NULL, else read anew; freed by net_counts_free() also after a failure. */
int net_counts_read(struct net_counts **counts, struct zerr *e);
/* Those of @link, as net_count() gives them. 0, -ENODEV. */
int net_counts_find(const struct net_counts *c, const struct net_link *link,
		    struct net_counters *ret);
/* NULL is fine. */
void net_counts_free(struct net_counts *c);

/* Addresses that the zone really has now (global scope, no prefix length, loopback left out), by
 * one dump inside @netns_fd. */
int net_addresses(int netns_fd, struct strv *ret_ipv4, struct strv *ret_ipv6, struct zerr *e);

/* For checkconfig: 0, or a message that says what is missing (bridge, veth, nftables, …). */
int net_probe(const struct net_env *env, struct zerr *e);
