/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's key and what is derived from it. The key itself never leaves this file. */
#include "net/ident.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/fs.h"
#include "base/own.h"

#define ID_HEX 32
#define ID_OWN "net-id" /* in the host directory, for machines without an id */

static uint64_t turn(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = turn(v[1], 13) ^ v[0];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] = turn(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] = turn(v[2], 32);
}

static void sip_word(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

uint64_t ident_hash(const uint8_t key[static 16], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t k[2], word;
	uint64_t last = (uint64_t)len << 56;

	memcpy(k, key, sizeof(k));
	k[0] = le64toh(k[0]);
	k[1] = le64toh(k[1]);
	uint64_t v[4] = { k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
			  k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573 };
	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sip_word(v, le64toh(word));
	}
	for (size_t i = 0; i < len; i++)
		last |= (uint64_t)p[i] << 8 * i;
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* 32 hexadecimal digits, as in machine-id(5). */
static int parse_id(const struct buf *text, struct ident *ret)
{
	if (text->len < ID_HEX || strspn(text->p, "0123456789abcdef") != ID_HEX)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(ret->key); i++)
		if (sscanf(text->p + 2 * i, "%2hhx", &ret->key[i]) != 1)
			return -EINVAL;
	return 0;
}

static int read_id(int dirfd, const char *name, struct ident *ret)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = fs_read(dirfd, name, 256, &text);

	return r < 0 ? r : parse_id(&text, ret);
}

static int make_id(int dirfd, struct ident *ret, struct zerr *e)
{
	AUTO_CLOSE int lock = fs_lock(dirfd, ".net-id.lock", -1, e);
	char text[ID_HEX + 2] = "\n";

	if (lock < 0)
		return lock;
	if (read_id(dirfd, ID_OWN, ret) == 0)
		return 0;
	if (getrandom(ret->key, sizeof(ret->key), 0) != sizeof(ret->key))
		return zerr_sys(e, "random numbers");
	for (size_t i = 0; i < sizeof(ret->key); i++)
		(void)snprintf(text + 2 * i, 4, "%02hhx\n", ret->key[i]);
	return fs_write(dirfd, ID_OWN, text, strlen(text), 0600, true, e);
}

int ident_load(const struct net_env *env, struct ident *ret, struct zerr *e)
{
	AUTO_CLOSE int etc = fs_open_dir("/etc", e);

	if (etc >= 0 && read_id(etc, "machine-id", ret) == 0)
		return 0;
	if (read_id(env->host, ID_OWN, ret) == 0)
		return 0;
	return make_id(env->host, ret, e);
}

void ident_mac(const struct ident *id, const char *what, uint8_t ret[static 6])
{
	const uint64_t hash = htole64(ident_hash(id->key, what, strlen(what)));

	memcpy(ret, &hash, 6);
	ret[0] = (uint8_t)((ret[0] & 0xfc) | 0x02);
}

struct ipnet ident_ula(const struct ident *id, const char *name)
{
	struct ipnet n = { .family = AF_INET6, .prefix = 64, .addr = { 0xfd } };
	const uint64_t site = htole64(ident_hash(id->key, "ula", 3));
	const uint64_t subnet = htole64(ident_hash(id->key, name, strlen(name)));

	memcpy(n.addr + 1, &site, 5);
	memcpy(n.addr + 6, &subnet, 2);
	return n;
}

struct ipnet ident_link_local(const uint8_t mac[static 6])
{
	return (struct ipnet){ .family = AF_INET6,
			       .prefix = 64,
			       .addr = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
					 0xff, 0xfe, mac[3], mac[4], mac[5] } };
}

int mac_parse(uint8_t ret[static 6], const char *text)
{
	static const uint8_t zero[6];
	uint8_t mac[6];
	int end = 0;

	if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text) || strlen(text) != 17)
		return -EINVAL;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &end) != 6 ||
	    end != 17)
		return -EINVAL;
	if (mac[0] & 1 || memcmp(mac, zero, sizeof(zero)) == 0)
		return -EINVAL;
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

char *mac_text(const uint8_t mac[static 6], char out[static MAC_TEXT])
{
	(void)snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
	return out;
}
