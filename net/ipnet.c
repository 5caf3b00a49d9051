/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Address arithmetic. The first addresses of a network are its own and the gateway's. */
#include "net/ipnet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"

#define OFFSET_FIRST 2 /* 0 is the network, 1 the gateway */

static unsigned bits_of(int family)
{
	return family == AF_INET ? 32 : 128;
}

int ipnet_parse(struct ipnet *ret, const char *text)
{
	struct ipnet n = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	const char *slash = strchr(text, '/');
	const size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t prefix = bits_of(n.family);
	char address[INET6_ADDRSTRLEN];

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(n.family, address, n.addr) != 1)
		return -EINVAL;
	if (slash && parse_u64(slash + 1, bits_of(n.family), &prefix) < 0)
		return -EINVAL;
	n.prefix = (unsigned)prefix;
	*ret = n;
	return 0;
}

char *ipnet_address(const struct ipnet *n, char out[static IPNET_TEXT])
{
	if (n->family == 0 || !inet_ntop(n->family, n->addr, out, IPNET_TEXT))
		out[0] = '\0';
	return out;
}

char *ipnet_text(const struct ipnet *n, char out[static IPNET_TEXT])
{
	const size_t len = strlen(ipnet_address(n, out));

	if (len)
		(void)snprintf(out + len, IPNET_TEXT - len, "/%u", n->prefix);
	return out;
}

/* True when the first @bits bits agree. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const unsigned rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

bool ipnet_overlap(const struct ipnet *a, const struct ipnet *b)
{
	const unsigned bits = a->prefix < b->prefix ? a->prefix : b->prefix;

	return a->family == b->family && a->family != 0 && same_bits(a->addr, b->addr, bits);
}

bool ipnet_is_base(const struct ipnet *n)
{
	for (unsigned bit = n->prefix; bit < bits_of(n->family); bit++)
		if (n->addr[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

struct ipnet ipnet_nth(const struct ipnet *base, uint32_t offset)
{
	struct ipnet n = *base;
	uint8_t *low = n.addr + bits_of(base->family) / 8 - sizeof(uint32_t);
	uint32_t word;

	memcpy(&word, low, sizeof(word));
	word = htonl(ntohl(word) + offset);
	memcpy(low, &word, sizeof(word));
	return n;
}

struct ipnet ipnet_last(const struct ipnet *base)
{
	struct ipnet n = *base;

	for (unsigned bit = n.prefix; bit < bits_of(n.family); bit++)
		n.addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return n;
}

uint32_t ipnet_offset(const struct ipnet *base, const struct ipnet *n)
{
	uint32_t a, b;

	memcpy(&a, base->addr, sizeof(a));
	memcpy(&b, n->addr, sizeof(b));
	return ntohl(b) - ntohl(a);
}

uint32_t ipnet_size(const struct ipnet *base)
{
	return base->prefix == 0 ? UINT32_MAX : (uint32_t)(1ULL << (32 - base->prefix));
}

/* The address at the beginning of "ADDRESS OWNER". */
static int parse_taken(struct ipnet *ret, const char *text)
{
	char address[IPNET_TEXT];
	const size_t len = strcspn(text, " ");

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	return ipnet_parse(ret, address);
}

const char *ipnet_owner(const struct ipnet *n, const struct strv *taken)
{
	struct ipnet other;

	for (size_t i = 0; i < taken->n; i++) {
		const char *text = taken->v[i], *owner = strchr(text, ' ');

		if (parse_taken(&other, text) == 0 && other.family == n->family &&
		    same_bits(other.addr, n->addr, bits_of(n->family)))
			return owner ? owner + 1 : "";
	}
	return NULL;
}

int ipnet_lowest_free(const struct ipnet *base, const struct strv *taken, uint32_t *ret)
{
	/* one of the first taken->n + 1 is free */
	AUTO_FREE bool *used = calloc(taken->n + 1, sizeof(*used));
	uint32_t offset;
	struct ipnet n;

	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < taken->n; i++) {
		if (parse_taken(&n, taken->v[i]) < 0 || n.family != AF_INET)
			continue;
		offset = ipnet_offset(base, &n) - OFFSET_FIRST;
		if (offset <= taken->n)
			used[offset] = true;
	}
	for (offset = 0; offset < taken->n && used[offset]; offset++)
		;
	if (offset + OFFSET_FIRST >= ipnet_size(base) - 1)
		return -ENOSPC;
	*ret = offset + OFFSET_FIRST;
	return 0;
}
