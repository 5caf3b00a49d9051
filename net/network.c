/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of networks, and picking a subnet that is nobody else's. Whether a network is up is not
 * known here.
 */
#include "net/network.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/record.h"
#include "net/addr.h"
#include "net/ident.h"
#include "net/link.h"

#define NETWORK_FORMAT 1
#define MTU_DEFAULT    1500
#define LOCK_WAIT_MS   10000

/* Routes as wide as these lead to everywhere (0.0.0.0/0, or 0.0.0.0/1 and 128.0.0.0/1): no
 * conflict. */
#define PREFIX_EVERYWHERE 7
#define PREFIX_LONGEST	  29 /* room for two zones */

static const char *const candidates[] = {
	"10.77.0.0/16",	 "10.78.0.0/16",    "10.79.0.0/16",	"10.107.0.0/16",
	"10.177.0.0/16", "10.207.0.0/16",   "172.27.0.0/16",	"172.29.0.0/16",
	"172.22.0.0/16", "192.168.77.0/24", "192.168.177.0/24", "192.168.207.0/24",
};

/* What conflict() looks for and finds. */
struct conflict {
	const struct ipnet *net;
	unsigned own;
	struct ipnet with; /* family 0: nothing */
};

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

/* The base address under @key; a missing or empty one is none. */
static int get_base(const struct record *r, const char *key, struct ipnet *ret)
{
	const char *text = record_get(r, key);

	*ret = (struct ipnet){ 0 };
	if (!text || !*text)
		return 0;
	if (ipnet_parse(ret, text) < 0 || !ipnet_is_base(ret))
		return -EPROTO;
	return 0;
}

static bool good_subnet(const struct ipnet *n)
{
	return n->family == AF_INET && n->prefix > PREFIX_EVERYWHERE &&
	       n->prefix <= PREFIX_LONGEST && ipnet_is_base(n);
}

static int parse_network(const struct record *r, struct network *ret)
{
	const char *mac = record_get(r, "mac");
	const char *nat = record_get(r, "nat");

	if (get_base(r, "ipv4", &ret->ipv4) < 0 || get_base(r, "ipv6", &ret->ipv6) < 0)
		return -EPROTO;
	if (!good_subnet(&ret->ipv4))
		return -EPROTO;
	if (ret->ipv6.family && (ret->ipv6.family != AF_INET6 || ret->ipv6.prefix != 64))
		return -EPROTO;
	if (!mac || mac_parse(ret->mac, mac) < 0 || !nat || parse_bool(nat, &ret->nat) < 0)
		return -EPROTO;
	ret->mtu = (unsigned)record_u64(r, "mtu", MTU_DEFAULT);
	return 0;
}

int network_load(int dirfd, const char *name, struct network *ret, struct zerr *e)
{
	AUTO_RECORD struct record record = { 0 };
	struct network n = { 0 };
	int r;

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
	int r;

	r = record_set(&record, "ipv4", ipnet_text(&n->ipv4, text));
	if (r == 0)
		r = record_set(&record, "ipv6", ipnet_text(&n->ipv6, text));
	if (r == 0)
		r = record_set(&record, "mac", mac_text(n->mac, text));
	if (r == 0)
		r = record_setf(&record, "mtu", "%u", n->mtu);
	if (r == 0)
		r = record_set(&record, "nat", n->nat ? "yes" : "no");
	if (r < 0)
		return zerr_code(e, -r, "network %s", n->name);
	r = record_save(&record, dirfd, n->name, NETWORK_FORMAT, durable, e);
	return zerr_in(e, r, "network %s", n->name);
}

static int in_use(const struct ipnet *n, const char *whose, const char *what, struct zerr *e)
{
	char text[IPNET_TEXT];

	(void)zerr_as(e, ZERR_STATE, "%s overlaps %s %s", ipnet_text(n, text), whose, what);
	if (e)
		e->code = EADDRINUSE;
	return -EADDRINUSE;
}

static int take_conflict(const struct addr_entry *a, void *arg)
{
	struct conflict *c = arg;

	if (c->with.family == 0 && a->net.prefix > PREFIX_EVERYWHERE &&
	    (a->index == 0 || a->index != c->own) && ipnet_overlap(&a->net, c->net))
		c->with = a->net;
	return 0;
}

static int list_used(struct nl *nl, struct conflict *c, struct zerr *e)
{
	const int r = addr_list(nl, take_conflict, c, e);
	int q;

	if (r < 0 && r != -EAGAIN)
		return r;
	q = addr_list_routes(nl, c->net->family, take_conflict, c, e);
	return q < 0 ? q : r;
}

int network_conflict(struct nl *nl, const struct ipnet *n, unsigned own, struct zerr *e)
{
	struct conflict c = { .net = n, .own = own };
	char with[IPNET_TEXT];
	int r = -EAGAIN;

	for (int i = 0; i < 3 && r == -EAGAIN; i++)
		r = list_used(nl, &c, e);
	if (r < 0 && r != -EAGAIN) /* a list that keeps changing was complete all the same */
		return r;
	if (c.with.family == 0)
		return 0;
	return in_use(n, "the host's", ipnet_text(&c.with, with), e);
}

/* The same against the records of the other networks. */
static int other_conflict(int dir, const struct ipnet *n, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	struct network other;
	int r = fs_list(dir, &names);

	if (r < 0)
		return zerr_code(e, -r, "list networks");
	for (size_t i = 0; i < names.n; i++) {
		r = network_load(dir, names.v[i], &other, e);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (ipnet_overlap(&other.ipv4, n))
			return in_use(n, "network", other.name, e);
	}
	return 0;
}

static int check_subnet(struct nl *nl, int dir, const struct ipnet *n, struct zerr *e)
{
	const int r = other_conflict(dir, n, e);

	return r < 0 ? r : network_conflict(nl, n, 0, e);
}

static int pick_subnet(struct nl *nl, int dir, struct ipnet *ret, struct zerr *e)
{
	struct ipnet n;
	int r;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		r = ipnet_parse(&n, candidates[i]);
		if (r == 0)
			r = check_subnet(nl, dir, &n, e);
		if (r != -EADDRINUSE) {
			*ret = n;
			return r;
		}
	}
	return zerr_as(e, ZERR_HOST, "every subnet tried, %s to %s, overlaps one of the host's",
		       candidates[0], candidates[sizeof(candidates) / sizeof(*candidates) - 1]);
}

/* Fill in what the caller did not say. */
static int choose(const struct net_env *env, int dir, const struct ipnet *ipv4, struct network *n,
		  struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	char what[sizeof("bridge:") + NET_NAME_MAX] = "bridge:";
	struct ident id;
	int r;

	r = nl_open(&nl, e);
	if (r == 0)
		r = link_probe(&nl, "bridge", e);
	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no bridges");
	if (r == 0 && ipv4) {
		n->ipv4 = *ipv4;
		r = check_subnet(&nl, dir, ipv4, e);
	} else if (r == 0) {
		r = pick_subnet(&nl, dir, &n->ipv4, e);
	}
	if (r == 0)
		r = ident_load(env, &id, e);
	if (r < 0)
		return r;
	strcat(what, n->name);
	ident_mac(&id, what, n->mac);
	n->ipv6 = ident_ula(&id, n->name);
	return 0;
}

int network_make(const struct net_env *env, const char *name, const struct ipnet *ipv4, bool nat,
		 struct network *ret, struct zerr *e)
{
	struct network n = { .mtu = MTU_DEFAULT, .nat = nat };
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int lock = -1;
	int r;

	r = network_check_name(name, e);
	if (r < 0)
		return r;
	if (ipv4 && !good_subnet(ipv4))
		return zerr_as(e, ZERR_USAGE, "network %s: not an IPv4 subnet of /%d to /%d", name,
			       PREFIX_EVERYWHERE + 1, PREFIX_LONGEST);
	memcpy(n.name, name, strlen(name) + 1);
	dir = network_dir(env, e);
	if (dir < 0)
		return dir;
	lock = fs_lock(dir, ".lock", LOCK_WAIT_MS, e);
	if (lock < 0)
		return lock;
	if (fs_exists(dir, name))
		return zerr_as(e, ZERR_STATE, "network %s exists already", name);
	r = choose(env, dir, ipv4, &n, e);
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
	int r;

	r = network_check_name(name, e);
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
		return zerr_hint(e, r, "without a name a NIC uses %s", NET_DEFAULT);
	}
	r = network_make(env, name, NULL, true, ret, e);
	/* somebody else may have made it meanwhile */
	return r < 0 && fs_exists(dir, name) ? network_load(dir, name, ret, e) : r;
}
