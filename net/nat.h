/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Address translation: table `inet zone` with a set of subnets for each family and one rule for all
 * of them. The whole of it is written at once by the helper program, from what is up, so it cannot
 * drift. Nothing outside that table is read or changed.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "net/net.h"

/* The commands that make the table be as it should for these subnets; without any it goes. */
void nat_commands(const struct strv *ipv4, const struct strv *ipv6, struct buf *ret);
/* Have the helper carry them out, all or nothing. */
int nat_apply(const struct net_env *env, const struct strv *ipv4, const struct strv *ipv6,
	      struct zerr *e);
/* 0 when the kernel would take such commands; nothing is changed. */
int nat_probe(const struct net_env *env, struct zerr *e);
