/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the network tests stand on: a network namespace of the test's own as "the host", more of
 * them as zones and as the world outside, directories in /tmp, and one tiny TCP service. Every
 * failure inside ends the test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/ident.h"
#include "net/link.h"
#include "net/net.h"
#include "net/nlm.h"

struct lab {
	struct net_env env;
	struct nl nl; /* in the host's namespace */
	char dir[32];
};

/* A zone as far as networks are concerned. */
struct lab_zone {
	char name[16];
	unsigned slot;
	int netns;
	struct nic_spec nic; /* beside its name */
	struct net_lease lease;
	struct net_link link;
};

/* Enter namespaces of our own; exits 77 where that is impossible. For the group's setup. */
int lab_enter(void **state);
/* A lab with empty directories in an empty host namespace, and its end, which checks that every
 * link but loopback and all of the tables are gone. For each test's setup and teardown. */
int lab_open(void **state);
int lab_close(void **state);

/* A new, empty network namespace. */
int lab_netns(void);
/* Zone number @slot with the lease that it gets when @taken_n zones before it have one each. */
void lab_zone(struct lab *lab, struct lab_zone *z, unsigned slot, unsigned taken_n);
/* net_up(), which may fail; the same and net_down(), which must succeed; up returns how long it
 * took, in ms. */
int lab_try(struct lab *lab, struct lab_zone *z, struct zerr *e);
double lab_up(struct lab *lab, struct lab_zone *z);
void lab_down(struct lab *lab, struct lab_zone *z);

/* Run @fn inside @netns in a child. Its exit status. */
int lab_in(int netns, int (*fn)(const void *arg), const void *arg);
/* Write or read a file of one line below /proc/sys/net of namespace @netns (-1: the host's). */
void lab_sysctl(int netns, const char *path, const char *value);
char lab_sysctl_get(const char *path);
/* True when the host has one of our nftables. */
bool lab_has_table(void);
/* True when link @index of the socket's namespace has the address @text (with prefix length). */
bool lab_has_address(struct nl *nl, unsigned index, const char *text);
/* The index of link @name, 0 when there is none. */
unsigned lab_index(struct nl *nl, const char *name);
/* A veth between the host (@name, @address) and @netns ("eth0", @peer_address). Several words each.
 */
void lab_cable(struct lab *lab, const char *name, const char *addresses, int netns,
	       const char *peer_addresses);
/* The number of links in the host's namespace, loopback left out. */
unsigned lab_links(void);

/* A TCP service in @netns that tells each client the address that it came from. */
pid_t lab_serve(int netns);
void lab_stop(pid_t pid);
/* What the service at @address tells a client in @netns; false when it cannot be reached. */
bool lab_fetch(int netns, const char *address, char ret[static 64]);
