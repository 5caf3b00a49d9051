/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses with a prefix length, of both families: text and arithmetic, no system calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

#define IPNET_TEXT 56 /* room for any address with its prefix length */

struct ipnet {
	int family;	 /* AF_INET, AF_INET6, or 0: none */
	unsigned prefix; /* length in bits */
	uint8_t addr[16];
};

/* "10.77.0.5/16"; without a length all bits count. 0 or -EINVAL. */
int ipnet_parse(struct ipnet *ret, const char *text);
/* Returns @out, "" for no address. */
char *ipnet_text(const struct ipnet *n, char out[static IPNET_TEXT]);
/* The address alone. Returns @out. */
char *ipnet_address(const struct ipnet *n, char out[static IPNET_TEXT]);

/* True when some address is in both. */
bool ipnet_overlap(const struct ipnet *a, const struct ipnet *b);
/* True when the address has no bits beyond its prefix. */
bool ipnet_is_base(const struct ipnet *n);

/* Address number @offset of the network @base, of either family, with the network's prefix. */
struct ipnet ipnet_nth(const struct ipnet *base, uint32_t offset);
/* The last address of the network @base, of either family. */
struct ipnet ipnet_last(const struct ipnet *base);
/* How far @n is into the IPv4 network @base; the caller knows that it is inside. */
uint32_t ipnet_offset(const struct ipnet *base, const struct ipnet *n);
/* The number of addresses of the IPv4 network @base, its first and last included. */
uint32_t ipnet_size(const struct ipnet *base);
/* The lowest offset of @base that a zone may have and that is not in @taken, texts like
 * "ADDRESS[/BITS][ OWNER]". 0, -ENOSPC when all are taken, or -ENOMEM. */
int ipnet_lowest_free(const struct ipnet *base, const struct strv *taken, uint32_t *ret);
/* Who has @n by @taken ("" when that is not said); NULL: nobody. */
const char *ipnet_owner(const struct ipnet *n, const struct strv *taken);
