/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bringing a network up and down. A network whose directory of users was just made is brought up
 * whatever else is found, and everything on that way may be there already; so what a killed command
 * left is finished by the next.
 */
#include "net/bridge.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sig.h"
#include "net/addr.h"
#include "net/nat.h"
#include "net/network.h"
#include "net/sysctl.h"

#define LOCK_WAIT_MS 10000

/* The run directory's part that is ours, locked. */
struct uses {
	int net; /* .net */
	int up;	 /* .net/.up */
	int lock;
};

static void close_uses(struct uses *u)
{
	own_close(u->up);
	own_close(u->net);
	own_close(u->lock);
}
#define AUTO_USES __attribute__((cleanup(close_uses)))

static int open_uses(const struct net_env *env, struct uses *u, struct zerr *e)
{
	*u = (struct uses){ -1, -1, -1 };
	u->net = fs_subdir(env->run, ".net", 0700, e);
	if (u->net < 0)
		return u->net;
	u->lock = fs_lock(u->net, ".lock", LOCK_WAIT_MS, e);
	if (u->lock < 0)
		return zerr_in(e, u->lock, "lock of the networks");
	u->up = fs_subdir(u->net, ".up", 0700, e);
	return u->up < 0 ? u->up : 0;
}

static int add_subnets(const struct network *n, struct strv *ipv4, struct strv *ipv6)
{
	char text[IPNET_TEXT];

	if (!n->nat)
		return 0;
	if (strv_add(ipv4, ipnet_text(&n->ipv4, text)) < 0)
		return -ENOMEM;
	return n->ipv6.family ? strv_add(ipv6, ipnet_text(&n->ipv6, text)) : 0;
}

/* Write the table for all networks that are up, with @also (may be NULL) and without @but. */
static int sync_nat(const struct net_env *env, const struct uses *u, const struct network *also,
		    const char *but, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv ipv6 = { 0 };
	struct network n;
	int r = fs_list(u->up, &names);

	if (r < 0)
		return zerr_code(e, -r, "list networks that are up");
	if (also)
		r = add_subnets(also, &ipv4, &ipv6);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (str_eq(names.v[i], but))
			continue;
		r = network_load(u->up, names.v[i], &n, e);
		if (r < 0)
			return r;
		r = add_subnets(&n, &ipv4, &ipv6);
	}
	if (r < 0)
		return zerr_code(e, -r, "nftables");
	return nat_apply(env, &ipv4, &ipv6, e);
}

static bool is_ours(const struct link_info *link, const struct network *n)
{
	return str_eq(link->kind, "bridge") && memcmp(link->mac, n->mac, sizeof(n->mac)) == 0;
}

/* Find or make the bridge of @n. */
static int get_bridge(struct nl *nl, const struct network *n, struct link_info *ret, struct zerr *e)
{
	int r = link_get(nl, n->name, ret, e);
	const bool found = r == 0;

	if (r < 0 && r != -ENODEV)
		return r;
	if (found && !is_ours(ret, n)) {
		r = zerr_as(e, ZERR_STATE, "interface %s exists and is not zone's", n->name);
		return zerr_hint(e, r, "rename or delete it: ip link set dev %s name NEW", n->name);
	}
	r = network_conflict(nl, &n->ipv4, found ? ret->index : 0, e);
	if (r < 0 || found)
		return r;
	r = link_add_bridge(nl, n->name, n->mac, e);
	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no bridges");
	return r < 0 ? r : link_get(nl, n->name, ret, e);
}

/* Let the network's packets out; IPv6 only where the host can. */
static int start_nat(const struct net_env *env, struct nl *nl, const struct uses *u,
		     const struct network *n, struct zerr *e)
{
	struct zerr why = { 0 };
	int r;

	r = forward_ipv4(e);
	if (r < 0)
		return r;
	if (n->ipv6.family && forward_ipv6(nl, &why) < 0)
		log_warn("network %s: no IPv6 beyond this host: %s", n->name, why.msg);
	return sync_nat(env, u, n, n->name, e);
}

static int bring_up(const struct net_env *env, struct nl *nl, const struct uses *u,
		    const char *name, struct link_info *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = network_dir(env, e);
	struct network n;
	struct ipnet gateway;
	int r;

	if (dir < 0)
		return dir;
	r = network_load(dir, name, &n, e);
	if (r == -ENOENT)
		return zerr_as(e, ZERR_MISSING, "no network %s", name);
	if (r == 0)
		r = get_bridge(nl, &n, ret, e);
	if (r == 0)
		r = refuse_ra(name, e);
	if (r == 0)
		r = link_up(nl, ret->index, n.mtu, e);
	if (r < 0)
		return r;
	if (!ret->ipv6)
		n.ipv6.family = 0;
	gateway = ipnet_nth(&n.ipv4, 1);
	r = addr_add(nl, ret->index, &gateway, e);
	if (r == 0 && n.ipv6.family) {
		gateway = ipnet_nth(&n.ipv6, 1);
		r = addr_add(nl, ret->index, &gateway, e);
	}
	if (r == 0 && n.nat)
		r = start_nat(env, nl, u, &n, e);
	ret->mtu = n.mtu;
	return r < 0 ? r : network_save(&n, u->up, false, e);
}

/* The record of @name as it was brought up, or as it would be. */
static int load_any(const struct net_env *env, const struct uses *u, const char *name,
		    struct network *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = -1;
	int r = network_load(u->up, name, ret, e);

	if (r != -ENOENT)
		return r;
	dir = network_dir(env, e);
	return dir < 0 ? dir : network_load(dir, name, ret, e);
}

/* Undo bring_up(), or as much of it as was done. Everything is tried, the first error kept. */
static int bring_down(const struct net_env *env, struct nl *nl, const struct uses *u,
		      const char *name, struct zerr *e)
{
	const bool marked = fs_exists(u->up, name);
	struct link_info link;
	struct network n;
	struct zerr second = { 0 };
	bool ours;
	int r, q;

	r = load_any(env, u, name, &n, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = link_get(nl, name, &link, e);
	if (r < 0 && r != -ENODEV)
		return r;
	ours = r == 0 && is_ours(&link, &n);
	if (!marked && !ours)
		return 0;
	r = n.nat ? sync_nat(env, u, NULL, name, e) : 0;
	q = ours ? link_delete(nl, link.index, r < 0 ? &second : e) : 0;
	if (r < 0 || q < 0)
		return r < 0 ? r : q;
	return fs_remove(u->up, name, e);
}

/* Bring @name down if nobody uses it. */
static int release(const struct net_env *env, struct nl *nl, const struct uses *u, const char *name,
		   struct zerr *e)
{
	if (unlinkat(u->net, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return errno == ENOTEMPTY || errno == EEXIST ? 0 : zerr_sys(e, "users of %s", name);
	return zerr_in(e, bring_down(env, nl, u, name, e), "network %s down", name);
}

static int drop(const struct net_env *env, struct nl *nl, const struct uses *u, const char *name,
		const char *user, struct zerr *e)
{
	AUTO_CLOSE int users = fs_open_below(u->net, name, O_RDONLY | O_DIRECTORY, 0);
	int r = users;

	if (users >= 0)
		r = fs_remove(users, user, e);
	else if (users != -ENOENT)
		(void)zerr_code(e, -users, "users of %s", name);
	return r < 0 && r != -ENOENT ? r : release(env, nl, u, name, e);
}

char *bridge_user(const char *zone, const char *nic, unsigned ifindex)
{
	return ifindex ? str_fmt("%s.%s@%u", zone, nic, ifindex) : str_fmt("%s.%s", zone, nic);
}

static int add_note(int users, const char *user, struct zerr *e)
{
	const int fd = fs_open_below(users, user, O_WRONLY | O_CREAT, 0600);

	own_close(fd);
	return fd < 0 ? zerr_code(e, -fd, "note of user %s", user) : 0;
}

int bridge_use(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	       struct link_info *ret, struct zerr *e)
{
	AUTO_USES struct uses u = { -1, -1, -1 };
	AUTO_CLOSE int users = -1;
	struct zerr second = { 0 };
	bool up;
	int r;

	r = network_check_name(network, e);
	if (r == 0)
		r = open_uses(env, &u, e);
	if (r < 0)
		return r;
	up = fs_exists(u.net, network) && fs_exists(u.up, network);
	users = fs_subdir(u.net, network, 0700, e);
	if (users < 0)
		return users;
	r = add_note(users, user, e);
	if (r == 0)
		r = up ? link_get(nl, network, ret, e) : -ENODEV;
	if (r == -ENODEV || (r == 0 && !str_eq(ret->kind, "bridge")))
		r = zerr_in(e, bring_up(env, nl, &u, network, ret, e), "network %s", network);
	if (r == 0)
		return own_take_fd(&users);
	steps_hold_signals(true); /* undo all of it, also when a signal is the reason */
	(void)drop(env, nl, &u, network, user, &second); /* the first error counts */
	steps_hold_signals(false);
	return r;
}

int bridge_confirm(int users, const char *from, const char *to, struct zerr *e)
{
	const int r = add_note(users, to, e);

	return r < 0 ? r : fs_remove(users, from, e);
}

int bridge_drop(const struct net_env *env, struct nl *nl, const char *network, const char *user,
		struct zerr *e)
{
	AUTO_USES struct uses u = { -1, -1, -1 };
	int r;

	r = network_check_name(network, e);
	if (r == 0)
		r = open_uses(env, &u, e);
	return r < 0 ? r : drop(env, nl, &u, network, user, e);
}

/* Remove the notes of @zone among the users of @network. */
static int forget_users(const struct uses *u, const char *network, const char *zone, struct zerr *e)
{
	AUTO_CLOSE int users = fs_open_below(u->net, network, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	const size_t len = strlen(zone);
	int r;

	if (users < 0)
		return users == -ENOENT ? 0 : zerr_code(e, -users, "users of %s", network);
	r = fs_list(users, &names);
	if (r < 0)
		return zerr_code(e, -r, "users of %s", network);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (str_starts(names.v[i], zone) && names.v[i][len] == '.')
			r = fs_remove(users, names.v[i], e);
	return r;
}

/* For every network that has an entry in @dir: forget @zone, and down with it if that was all. */
static int forget_listed(const struct net_env *env, struct nl *nl, const struct uses *u, int dir,
			 const char *zone, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr second = { 0 };
	int r = fs_list(dir, &names);
	int q;

	if (r < 0)
		return zerr_code(e, -r, "list networks");
	for (size_t i = 0; i < names.n; i++) {
		q = forget_users(u, names.v[i], zone, r < 0 ? &second : e);
		if (q == 0)
			q = release(env, nl, u, names.v[i], r < 0 ? &second : e);
		r = r < 0 ? r : q;
	}
	return r;
}

int bridge_forget(const struct net_env *env, struct nl *nl, const char *zone, struct zerr *e)
{
	AUTO_USES struct uses u = { -1, -1, -1 };
	AUTO_CLOSE int dir = network_dir(env, e);
	int r;

	if (dir < 0)
		return dir;
	r = open_uses(env, &u, e);
	/* a killed command may have left a network in any of these and nowhere else */
	if (r == 0)
		r = forget_listed(env, nl, &u, u.net, zone, e);
	if (r == 0)
		r = forget_listed(env, nl, &u, u.up, zone, e);
	if (r == 0)
		r = forget_listed(env, nl, &u, dir, zone, e);
	return r;
}
