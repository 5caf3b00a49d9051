/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers that stay the same on one machine and differ between machines: MACs and the local IPv6
 * prefix. All come from one keyed hash, so none of them tells the machine's id.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/ipnet.h"
#include "net/net.h"

#define MAC_TEXT 18

struct ident {
	uint8_t key[16];
};

/* The machine's key: /etc/machine-id, or where there is none a random one kept in @env->host. */
int ident_load(const struct net_env *env, struct ident *ret, struct zerr *e);

/* A locally administered unicast address for @what. */
void ident_mac(const struct ident *id, const char *what, uint8_t ret[static 6]);
/* A unique local /64 for network @name: the same 48 bits for all networks of the machine. */
struct ipnet ident_ula(const struct ident *id, const char *name);

/* The link-local address that goes with a hardware address (RFC 4291, appendix A). */
struct ipnet ident_link_local(const uint8_t mac[static 6]);

/* "02:1a:…"; any unicast address but zero. 0 or -EINVAL. */
int mac_parse(uint8_t ret[static 6], const char *text);
char *mac_text(const uint8_t mac[static 6], char out[static MAC_TEXT]);

/* SipHash-2-4. */
uint64_t ident_hash(const uint8_t key[static 16], const void *data, size_t len);
