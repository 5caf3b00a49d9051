/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Networks and NICs as the core sees them. All by netlink (libmnl, in nlm.c alone); nftables' rules
 * are written when a network comes up, by a helper program, and from then on only elements of sets
 * change. Links are deleted by index, never by a name that a guest could have changed.
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
	char nic[16];	   /* name inside the zone */
	char network[16];  /* "" on none of ours */
	char ipv4[20];	   /* "10.77.0.5/16" or "" */
	char ipv6[48];	   /* with prefix length, or "" */
	char gateway4[16]; /* "" when none */
	char gateway6[40];
	char mac[18];
	unsigned mtu; /* 0: as its parent has it */
};

/* Control groups for processes that serve a network. */
struct net_groups {
	/* The group @name, made when it is missing and @make. fd, -ENOENT without message. */
	int (*open)(void *arg, const char *name, bool make, struct zerr *e);
	/* Kill what is in it, without waiting for its end. Nothing to do is fine. */
	int (*kill)(void *arg, const char *name, struct zerr *e);
	/* The same, wait, and remove it. */
	int (*end)(void *arg, const char *name, struct zerr *e);
};

/* Where things are; filled once by the core. */
struct net_env {
	int host;	      /* /var/lib/zone/.host: durable network records in networks/NAME */
	int run;	      /* /run/zone: what is up and plugged in, in .net/ */
	const char *run_path; /* the same, for programs that take paths */
	const char *helper;   /* program that writes nftables rules */
	int lock_wait_ms;     /* for another command's change of networks; -1: for ever */
	const struct net_groups *groups; /* NULL: no process is started */
	void *groups_arg;
};

/* ---- networks -------------------------------------------------------------------------------- */

/* Make network @name's record, or with @change change it, by "KEY=VALUE"s. What is up is changed at
 * once, as far as that is possible while it is used. Usage error for what is wrong or does not go
 * together, exit status 4 for a name or addresses in use. */
int net_network_write(const struct net_env *env, const char *name, const struct strv *set,
		      bool change, struct zerr *e);
/* Forget it; it must be down. 0, exit status 3 or 4. */
int net_network_remove(const struct net_env *env, const char *name, struct zerr *e);
/* Names, sorted. */
int net_network_list(const struct net_env *env, struct strv *ret, struct zerr *e);

struct net_network {
	struct strv attrs; /* key, value, … as in the record: ipv4, ipv6 ("" none), mtu, nat, … */
	char mac[18];
	bool up;
};
/* What it is like. 0, -ENOENT with exit status 3. net_network_done() releases it. */
int net_network_get(const struct net_env *env, const char *name, struct net_network *ret,
		    struct zerr *e);
void net_network_done(struct net_network *n);
/* The names of all that are up. */
int net_network_list_up(const struct net_env *env, struct strv *ret, struct zerr *e);
/* A chain of another firewall that drops what @name lets pass: it came when @name was up. Bringing
 * it up again mends that. "ip filter FORWARD"; "" when there is none, or it is down. */
int net_network_blocked(const struct net_env *env, const char *name, char *ret, size_t room,
			struct zerr *e);
/* Bring it up and keep it up without users, or no longer. Up also puts back what others have
 * removed. Exit status 4 when it is to go down and is used. */
int net_network_hold(const struct net_env *env, const char *name, bool up, struct zerr *e);

/* ---- leases ---------------------------------------------------------------------------------- */

/* Fill @ret for @nic of the zone with slot @slot (its short stable id). @taken has the addresses in
 * use on that network, "ADDRESS[/BITS] OWNER"; with @old_ipv4 that one is kept if it is free. Makes
 * the default network's record (subnet free of conflicts with the host's routes) on first use, not
 * the bridge. Usage error for a bad address, exit 4 for a taken one, exit 3 for an unknown network,
 * exit 7 when the host has no bridge. */
int net_lease(const struct net_env *env, const struct nic_spec *nic, unsigned slot,
	      const struct strv *taken, const char *old_ipv4, struct net_lease *ret,
	      struct zerr *e);
#define NET_DOMAIN "zone" /* zones are called NAME and NAME.zone */
/* The server of names for a zone with @nic. 0, or -ENOENT: its network has none (no message). */
int net_resolver(const struct net_env *env, const struct nic_spec *nic, char ret[static 16],
		 struct zerr *e);
/* The network that @nic is to be plugged into; NULL: none of ours. */
const char *net_of(const struct nic_spec *nic);
/* Whether the host routes to it by an interface of its own. */
bool net_routes(const struct nic_spec *nic);
/* Whether there is a link to make: not of types none, host and zone. */
bool net_has_link(const struct nic_spec *nic);
enum net_share { NET_OWN, NET_OF_HOST, NET_OF_ZONE };
/* Whose network namespace the zone has for it: one of its own, the host's, or that of the zone that
 * its parent names. */
enum net_share net_share(const struct nic_spec *nic);

/* ---- NICs ------------------------------------------------------------------------------------ */

/* What net_up() made; kept in the zone's state record. net_down() finds the rest by it. */
struct net_link {
	char nic[16];
	char network[16];   /* "" on none of ours */
	char host_name[16]; /* z<slot>.<generation>; "" when it has no end on the host */
	unsigned ifindex;   /* of the host's end, else what tells this start's from others */
};

/* Who is to get a NIC. */
struct net_user {
	const char *zone;
	unsigned slot;
	unsigned generation; /* of link names */
	int netns_fd;
	const char *alias; /* second name inside, of a link with an end on the host; or NULL */
};

/* Make @nic directly inside the user's network namespace, addresses and routes set, up; the network
 * (bridge, rules) comes up first when this is its first user. After a failure nothing of this NIC
 * is left. Single-threaded callers only (setns there and back); -ENOTRECOVERABLE, here and below:
 * the thread is still inside the namespace and must only exit. */
int net_up(const struct net_env *env, const struct net_user *user, const struct nic_spec *nic,
	   const struct net_lease *l, struct net_link *ret, struct zerr *e);
/* Bring the loopback device up inside @netns_fd; net_up() does it, too. */
int net_loopback(int netns_fd, struct zerr *e);
/* Take @link out: its guards, its use of its network, which goes down with its last user; later
 * links of @zone keep theirs. The link itself goes with its namespace; with @delete_link it is
 * deleted by index, if it still is the one that was made (one without an end on the host needs
 * @netns_fd for that, else -1). An interface of the host comes home. Nothing to do is fine. */
int net_down(const struct net_env *env, const char *zone, const struct net_link *link, int netns_fd,
	     bool delete_link, struct zerr *e);
/* Take out what @zone, which runs with @netns_fd, has plugged in as @nic, with the link; what a
 * killed net_up() has left of it, too. */
int net_unplug(const struct net_env *env, const char *zone, const char *nic, int netns_fd,
	       struct zerr *e);
/* Change the rates of @link, which is plugged in, to what @spec says. */
int net_limit(const struct net_env *env, const char *zone, const struct net_link *link,
	      const struct nic_spec *spec, int netns_fd, struct zerr *e);
/* Take out whatever @zone has plugged in, for repairs; networks without users go down. */
int net_forget(const struct net_env *env, const char *zone, struct zerr *e);

/* ---- looking in ------------------------------------------------------------------------------ */

/* How far @nic of the namespace is. */
enum net_ready {
	NET_READY,
	NET_GONE,      /* there is none called so */
	NET_CARRIER,   /* it has no carrier */
	NET_TENTATIVE, /* an address may still be somebody else's */
	NET_ADDRESS,   /* it has no address */
};
/* Whether @nic inside @netns_fd can be used; @wants: it must have an address. Negative: failed. */
int net_is_ready(int netns_fd, const char *nic, bool wants, struct zerr *e);

struct net_tapped {
	uint64_t packets, lost; /* lost: came faster than they could be written */
};
/* A socket that sees what passes @link: at the host's end, or inside @netns_fd when it has none
 * there. fd, exit status 4 when the zone has it no longer. */
int net_tap_open(const struct net_link *link, int netns_fd, struct zerr *e);
/* Write what @fd sees to @out, as pcap, until a signal comes, the process of @pidfd ends or nobody
 * reads any more. */
int net_tap(int fd, int pidfd, int out, struct net_tapped *ret, struct zerr *e);

/* ---- forwarded ports ------------------------------------------------------------------------- */

/* From what @zone has to @ports (of its configuration: names as conf_forward(), ports in the zone),
 * which lead to the addresses of the lease @to behind @interface of the host. All of it or nothing.
 * Exit status 4 for a port that another zone has or a process of the host listens on. */
int net_forward(const struct net_env *env, const char *zone, const struct pairs *ports,
		const struct net_lease *to, const char *interface, struct zerr *e);
/* Take all that @zone has back; nothing to do is fine. */
int net_forward_none(const struct net_env *env, const char *zone, struct zerr *e);
struct forward;
/* 0 when no process of the host listens on the port, else exit status 4 with its name. */
int net_forward_free(const struct forward *f, struct zerr *e);

struct net_counters {
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets; /* as the zone sees them */
	uint64_t drops; /* lost on the way, and refused by the guards; UINT64_MAX: their count is
			   gone */
};
/* The hardware address of @link, which is plugged in, as it was made. 0, -ENOENT. */
int net_mac(const struct net_env *env, const char *zone, const struct net_link *link,
	    char ret[static 18]);
/* Counters of the host's end, directions turned round. 0, -ENODEV. */
int net_count(const struct net_env *env, const char *zone, const struct net_link *link,
	      struct net_counters *ret);

/* Those of @nic inside @netns_fd, which has no end on the host: as far as the zone has not renamed
 * it. 0, -ENODEV. */
int net_count_inside(int netns_fd, const char *nic, struct net_counters *ret);

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

/* For checkconfig: 0, or a message that says what is missing (bridge, veth, nftables, …), and
 * whether networks could serve names and addresses. */
int net_probe(const struct net_env *env, struct zerr *e);
bool net_probe_names(void);
