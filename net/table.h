/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our nftables: table `inet zone` (translation, what is forwarded) and table `bridge zone` (what an
 * interface may send). Their rules are one constant text, rules.nft, that a helper program writes
 * when there is no table yet; which networks and NICs there are is only in the sets and maps
 * (elem.h), so the number of rules never grows. Nothing outside of the two tables is read or
 * changed here.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "net/elem.h"
#include "net/ipnet.h"
#include "net/net.h"

#define TABLE_NAME "zone"

/* Sets and maps of rules.nft, which says what they mean. */
#define SET_INNER    "inner"
#define SET_NAT4     "nat4"
#define SET_NAT6     "nat6"
#define SET_INTERNAL "internal"
#define SET_TOGETHER "together"
#define SET_APART    "apart"
#define SET_NEAR4    "near4"
#define SET_NEAR6    "near6"
#define SET_ROUTED   "routed"
#define SET_STRICT4  "strict4"
#define SET_STRICT6  "strict6"
#define SET_ROUTED4  "routed4"
#define SET_ROUTED6  "routed6"
#define MAP_ANY4     "any4"
#define MAP_ANY6     "any6"
#define MAP_ONE4     "one4"
#define MAP_ONE6     "one6"
#define SET_DROPS    "drops"  /* in both tables */
#define SET_EGRESS   "egress" /* in both tables */
#define SET_PORTS    "ports"
#define SET_SAME     "same"
#define SET_TAGGED   "tagged"
#define SET_MACS     "macs"
#define SET_OWN4     "own4"
#define SET_OWN6     "own6"
#define SET_PASS4    "pass4"
#define SET_PASS6    "pass6"

/* Add to @l that the addresses of @net (none: nothing) are behind interface @link. */
void table_near(struct elems *l, const struct ipnet *net, unsigned link);

/* Have the helper write both tables, if one is missing. Elements stay. */
int table_write(const struct net_env *env, struct zerr *e);
/* Have the helper carry out other commands, all or nothing. */
int table_run(const struct net_env *env, const struct buf *commands, struct zerr *e);
/* Remove both. */
int table_remove(struct zerr *e);
/* 0 when the kernel would take them; nothing is changed. */
int table_probe(const struct net_env *env, struct zerr *e);
