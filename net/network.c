/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of networks: one table of attributes that file, create, set and JSON are made from.
 * Whether a network is up is not known here; which subnets are free is subnet.c's question.
 */
#include "net/network.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/record.h"
#include "net/ident.h"
#include "net/link.h"
#include "net/subnet.h"

#define NETWORK_FORMAT 1
#define MTU_DEFAULT    1500
#define MTU_MIN	       68
#define MTU_MIN_IPV6   1280
#define MTU_MAX	       65535

enum attr_kind { ATTR_IPV4, ATTR_IPV6, ATTR_MTU, ATTR_BOOL };

static const struct attr {
	const char *name;
	enum attr_kind kind;
	size_t off;
	bool missing;	   /* ATTR_BOOL: the default */
	const char *alias; /* what create's option is called, when that is another word */
} attrs[] = {
	{ "ipv4", ATTR_IPV4, offsetof(struct network, ipv4), false, "subnet" },
	{ "ipv6", ATTR_IPV6, offsetof(struct network, ipv6), false, NULL },
	{ "mtu", ATTR_MTU, offsetof(struct network, mtu), false, NULL },
	{ "internal", ATTR_BOOL, offsetof(struct network, internal), false, NULL },
	{ "nat", ATTR_BOOL, offsetof(struct network, nat), true, NULL },
	{ "isolated", ATTR_BOOL, offsetof(struct network, isolated), false, NULL },
	{ "vlan_aware", ATTR_BOOL, offsetof(struct network, vlan_aware), false, "vlan-aware" },
	{ "dhcp", ATTR_BOOL, offsetof(struct network, dhcp), true, NULL },
};
#define ATTRS_N (sizeof(attrs) / sizeof(*attrs))

bool network_name_ok(const char *name)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strspn(name, first);

	if (n == 0 || strlen(name) > NET_NAME_MAX)
		return false;
	while (name[n] && (strchr(first, name[n]) || strchr("-_.", name[n])))
		n++;
	/* the first two are no interfaces but mean every one to sysctl */
	return !name[n] && !str_eq(name, "all") && !str_eq(name, "default") && !str_eq(name, "lo");
}

int network_check_name(const char *name, struct zerr *e)
{
	if (network_name_ok(name))
		return 0;
	return zerr_as(e, ZERR_USAGE, "'%s' is no network name: " NETWORK_NAME_RULE, name);
}

int network_dir(const struct net_env *env, struct zerr *e)
{
	return fs_subdir(env->host, "networks", 0700, e);
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* Of addresses that hosts can have: not 0.0.0.0/8, 127.0.0.0/8, nor groups and what is above. */
static bool good_subnet(const struct ipnet *n)
{
	return n->family == AF_INET && n->prefix >= SUBNET_WIDEST && n->prefix <= SUBNET_LONGEST &&
	       ipnet_is_base(n) && n->addr[0] != 0 && n->addr[0] != 127 && n->addr[0] < 224;
}

/* Not ::/64, fe80::/10 nor groups. */
static bool good_prefix(const struct ipnet *n)
{
	static const uint8_t zero[16];

	return n->family == AF_INET6 && n->prefix == 64 && ipnet_is_base(n) && n->addr[0] != 0xff &&
	       !(n->addr[0] == 0xfe && (n->addr[1] & 0xc0) == 0x80) &&
	       memcmp(n->addr, zero, sizeof(zero)) != 0;
}

static int parse_ipv6(const char *text, struct ipnet *ret)
{
	struct ipnet n = { 0 };

	if (*text && !str_eq(text, "none") && (ipnet_parse(&n, text) < 0 || !good_prefix(&n)))
		return -EINVAL;
	*ret = n;
	return 0;
}

/* Parse @text into the attribute's field. 0 or -EINVAL. */
static int attr_parse(const struct attr *a, struct network *n, const char *text)
{
	void *field = (char *)n + a->off;
	struct ipnet net;
	uint64_t number;

	switch (a->kind) {
	case ATTR_IPV4:
		if (ipnet_parse(&net, text) < 0 || !good_subnet(&net))
			return -EINVAL;
		*(struct ipnet *)field = net;
		return 0;
	case ATTR_IPV6:
		return parse_ipv6(text, field);
	case ATTR_MTU:
		if (parse_u64(text, MTU_MAX, &number) < 0 || number < MTU_MIN)
			return -EINVAL;
		*(unsigned *)field = (unsigned)number;
		return 0;
	case ATTR_BOOL:
		return parse_bool(text, field);
	}
	return -EINVAL;
}

static const char *attr_text(const struct attr *a, const struct network *n,
			     char out[static IPNET_TEXT])
{
	const void *field = (const char *)n + a->off;

	switch (a->kind) {
	case ATTR_IPV4:
	case ATTR_IPV6:
		return ipnet_text(field, out);
	case ATTR_MTU:
		(void)snprintf(out, IPNET_TEXT, "%u", *(const unsigned *)field);
		return out;
	case ATTR_BOOL:
		return *(const bool *)field ? "yes" : "no";
	}
	return "";
}

const char *network_attr(const struct network *n, unsigned i, const char **ret_name,
			 char out[static IPNET_TEXT])
{
	if (i >= ATTRS_N)
		return NULL;
	*ret_name = attrs[i].name;
	return attr_text(&attrs[i], n, out);
}

static int bad_value(const struct attr *a, const char *text, struct zerr *e)
{
	switch (a->kind) {
	case ATTR_IPV4:
		return zerr_as(e, ZERR_USAGE,
			       "ipv4 '%s' is not an IPv4 subnet of /%d to /%d for hosts", text,
			       SUBNET_WIDEST, SUBNET_LONGEST);
	case ATTR_IPV6:
		return zerr_as(e, ZERR_USAGE, "ipv6 '%s' is neither a /64 for hosts nor none",
			       text);
	case ATTR_MTU:
		return zerr_as(e, ZERR_USAGE, "mtu '%s' is not a number from %d to %d", text,
			       MTU_MIN, MTU_MAX);
	case ATTR_BOOL:
		return zerr_as(e, ZERR_USAGE, "%s '%s' is neither yes nor no", a->name, text);
	}
	return zerr_set(e, EINVAL, "attribute of an unknown kind");
}

static bool is_word(const char *word, const char *name, size_t len)
{
	return word && strncmp(word, name, len) == 0 && !word[len];
}

static const struct attr *attr_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ATTRS_N; i++)
		if (is_word(attrs[i].name, name, len) || is_word(attrs[i].alias, name, len))
			return &attrs[i];
	return NULL;
}

const char *network_key(const char *set)
{
	const struct attr *a = attr_find(set, strcspn(set, "="));

	return a ? a->name : NULL;
}

static int attr_unknown(const char *text, struct zerr *e)
{
	const char *words[ATTRS_N + 1] = { 0 };
	char name[32];
	const char *near;
	int r;

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	r = zerr_as(e, ZERR_USAGE, "a network has no key '%s'", name);
	for (size_t i = 0; i < ATTRS_N; i++)
		words[i] = attrs[i].name;
	near = str_nearest(name, words);
	return near ? zerr_hint(e, r, "did you mean %s?", near)
		    : zerr_hint(e, r,
				"there are ipv4, ipv6, mtu, nat, internal, isolated, vlan_aware, "
				"dhcp");
}

/* ---- record ---------------------------------------------------------------------------------- */

static int parse_network(const struct record *r, struct network *ret)
{
	const char *mac = record_get(r, "mac");

	if (!mac || mac_parse(ret->mac, mac) < 0)
		return -EPROTO;
	ret->index = (unsigned)record_u64(r, "index", 0);
	for (size_t i = 0; i < ATTRS_N; i++) {
		const char *text = record_get(r, attrs[i].name);

		if (text ? attr_parse(&attrs[i], ret, text) < 0 : attrs[i].kind == ATTR_IPV4)
			return -EPROTO;
	}
	return 0;
}

static void set_defaults(struct network *n)
{
	*n = (struct network){ .mtu = MTU_DEFAULT };
	for (size_t i = 0; i < ATTRS_N; i++)
		if (attrs[i].kind == ATTR_BOOL)
			*(bool *)((char *)n + attrs[i].off) = attrs[i].missing;
}

int network_load(int dirfd, const char *name, struct network *ret, struct zerr *e)
{
	AUTO_RECORD struct record record = { 0 };
	struct network n;
	int r;

	set_defaults(&n);
	r = record_load(&record, dirfd, name, NETWORK_FORMAT, e);
	if (r < 0)
		return r == -ENOENT ? r : zerr_in(e, r, "network %s", name);
	if (strlen(name) > NET_NAME_MAX || parse_network(&record, &n) < 0)
		return zerr_set(e, EPROTO, "network %s: its record is damaged", name);
	memcpy(n.name, name, strlen(name) + 1);
	*ret = n;
	return 0;
}

int network_save(const struct network *n, int dirfd, bool durable, struct zerr *e)
{
	AUTO_RECORD struct record record = { 0 };
	char text[IPNET_TEXT];
	int r = record_set(&record, "mac", mac_text(n->mac, text));

	for (size_t i = 0; r == 0 && i < ATTRS_N; i++)
		r = record_set(&record, attrs[i].name, attr_text(&attrs[i], n, text));
	if (r == 0 && n->index)
		r = record_setf(&record, "index", "%u", n->index);
	if (r < 0)
		return zerr_code(e, -r, "network %s", n->name);
	r = record_save(&record, dirfd, n->name, NETWORK_FORMAT, durable, e);
	return zerr_in(e, r, "network %s", n->name);
}

/* ---- create, set ----------------------------------------------------------------------------- */

/* Apply "KEY=VALUE"s, and note in @given which attributes they were. */
static int apply(struct network *n, const struct strv *set, bool given[static ATTRS_N],
		 struct zerr *e)
{
	for (size_t i = 0; set && i < set->n; i++) {
		const char *text = set->v[i], *eq = strchr(text, '=');
		const struct attr *a = eq ? attr_find(text, (size_t)(eq - text)) : NULL;

		if (!eq)
			return zerr_as(e, ZERR_USAGE, "'%s' is not KEY=VALUE", text);
		if (!a)
			return attr_unknown(text, e);
		if (attr_parse(a, n, eq + 1) < 0)
			return bad_value(a, eq + 1, e);
		given[a - attrs] = true;
	}
	return 0;
}

static bool is_given(const bool given[static ATTRS_N], const char *name)
{
	return given[attr_find(name, strlen(name)) - attrs];
}

bool network_has_nat(const struct network *n)
{
	return n->nat && !n->internal;
}

/* What does not go together. A new network (not @change) that cannot have IPv6 has none. */
static int check_whole(struct network *n, const bool given[static ATTRS_N], bool change,
		       struct zerr *e)
{
	int r;

	if (n->internal && n->nat && is_given(given, "nat"))
		return zerr_as(e, ZERR_USAGE,
			       "internal and nat exclude each other: nothing leaves an internal "
			       "network");
	if (n->mtu >= MTU_MIN_IPV6 || !n->ipv6.family)
		return 0;
	if (!change && !is_given(given, "ipv6")) {
		n->ipv6 = (struct ipnet){ 0 };
		return 0;
	}
	r = zerr_as(e, ZERR_USAGE, "mtu %u: IPv6 needs at least %d", n->mtu, MTU_MIN_IPV6);
	return change ? zerr_hint(e, r, "without IPv6: zone network set %s mtu=%u ipv6=none",
				  n->name, n->mtu)
		      : r;
}

/* The machine's own prefix, with a part for this network that no other has. */
static int choose_ula(struct nl *nl, int dir, const struct ident *id, struct network *n,
		      struct zerr *e)
{
	char what[NET_NAME_MAX + 4];
	int r = -EADDRINUSE;

	for (int i = 0; i < 8 && r == -EADDRINUSE; i++) {
		(void)snprintf(what, sizeof(what), i ? "%s/%d" : "%s", n->name, i);
		n->ipv6 = ident_ula(id, what);
		r = subnet_check(nl, dir, &n->ipv6, n->name, 0, e);
	}
	return r;
}

/* Fill in what a new network was not told. */
static int choose(const struct net_env *env, struct nl *nl, int dir, struct network *n,
		  const bool given[static ATTRS_N], struct zerr *e)
{
	char what[sizeof("bridge:") + NET_NAME_MAX] = "bridge:";
	struct ident id;
	int r = link_probe(nl, "bridge", e);

	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no bridges");
	if (r == 0 && !is_given(given, "ipv4"))
		r = subnet_pick(nl, dir, &n->ipv4, e);
	if (r == 0)
		r = ident_load(env, &id, e);
	if (r < 0)
		return r;
	strcat(what, n->name);
	ident_mac(&id, what, n->mac);
	return is_given(given, "ipv6") ? 0 : choose_ula(nl, dir, &id, n, e);
}

/* @n as it will be: new (@old NULL), or what @old is to become. */
static int complete(const struct net_env *env, int dir, struct network *n,
		    const struct network *old, const bool given[static ATTRS_N], struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	unsigned own = 0;
	int r = nl_open(&nl, e);

	if (r == 0 && !old)
		r = choose(env, &nl, dir, n, given, e);
	if (r == 0)
		r = check_whole(n, given, old != NULL, e);
	if (r == 0 && old) { /* its own addresses are no conflict */
		struct link_info link;
		struct zerr unused = { 0 };

		own = link_get(&nl, n->name, &link, &unused) == 0 ? link.index : 0;
	}
	if (r == 0 && is_given(given, "ipv4"))
		r = subnet_check(&nl, dir, &n->ipv4, n->name, own, e);
	if (r == 0 && is_given(given, "ipv6") && n->ipv6.family)
		r = subnet_check(&nl, dir, &n->ipv6, n->name, own, e);
	return r;
}

int network_write(const struct net_env *env, const char *name, const struct strv *set, bool change,
		  struct network *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int lock = -1;
	bool given[ATTRS_N] = { false };
	struct network n, old;
	int r = network_check_name(name, e);

	if (r < 0)
		return r;
	dir = network_dir(env, e);
	if (dir < 0)
		return dir;
	lock = fs_lock(dir, ".lock", env->lock_wait_ms, e);
	if (lock < 0)
		return lock;
	if (!change && fs_exists(dir, name))
		return zerr_as(e, ZERR_STATE, "network %s exists already", name);
	set_defaults(&n);
	memcpy(n.name, name, strlen(name) + 1);
	if (change)
		r = network_load(dir, name, &n, e);
	if (r == -ENOENT)
		return zerr_as(e, ZERR_MISSING, "no network %s", name);
	old = n;
	if (r == 0)
		r = apply(&n, set, given, e);
	if (r == 0)
		r = complete(env, dir, &n, change ? &old : NULL, given, e);
	if (r == 0)
		r = network_save(&n, dir, true, e);
	if (r < 0)
		return zerr_in(e, r, "network %s", name);
	*ret = n;
	return 0;
}

int network_get(const struct net_env *env, const char *name, struct network *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = -1;
	int r = network_check_name(name, e);

	if (r < 0)
		return r;
	dir = network_dir(env, e);
	if (dir < 0)
		return dir;
	r = network_load(dir, name, ret, e);
	if (r != -ENOENT)
		return r;
	if (!str_eq(name, NET_DEFAULT)) {
		r = zerr_as(e, ZERR_MISSING, "no network %s", name);
		return zerr_hint(e, r, "zone network create %s", name);
	}
	r = network_write(env, name, NULL, false, ret, e);
	/* somebody else may have made it meanwhile */
	return r < 0 && fs_exists(dir, name) ? network_load(dir, name, ret, e) : r;
}
