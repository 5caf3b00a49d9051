/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks as objects: create, set, remove, list, up and down by hand. Who may be leased on one is
 * the core's to know. */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/firewall.h"
#include "net/ident.h"
#include "net/link.h"
#include "net/netup.h"
#include "net/nic.h"
#include "net/use.h"

/* Of a network that is up these cannot be changed: who is on it has them. */
static int check_change(const struct net_env *env, const char *name, const struct strv *set,
			struct zerr *e)
{
	static const char *const fixed[] = { "ipv4", "ipv6", "vlan_aware", "isolated" };
	AUTO_NOTES struct notes notes = { -1, -1 };
	struct network now;
	bool whole;
	int r = notes_open(env, &notes, e);

	if (r == 0)
		r = netup_record(&notes, name, &now, &whole, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < sizeof(fixed) / sizeof(*fixed); k++)
			if (str_eq(network_key(set->v[i]), fixed[k]))
				return zerr_hint(e,
						 zerr_as(e, ZERR_STATE,
							 "network %s is up: %s cannot be changed",
							 name, fixed[k]),
						 "stop the zones on it first");
	return 0;
}

/* Make what is up be what the record says now. */
static int refresh(const struct net_env *env, const char *name, struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	AUTO_NL struct nl nl = { 0 };
	struct network now;
	bool whole;
	int r = notes_open(env, &notes, e);

	if (r == 0)
		r = netup_record(&notes, name, &now, &whole, e);
	if (r == 0)
		r = nl_open(&nl, e);
	if (r == 0)
		r = netup(env, &nl, &notes, name, &now, e);
	return r == -ENOENT ? 0 : r;
}

/* A new network's bridge is to be called as it is. */
static int check_new(const struct net_env *env, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = network_dir(env, e);
	AUTO_NL struct nl nl = { 0 };
	struct zerr unused = { 0 };
	struct link_info link;
	struct network n;
	int r = dir < 0 ? dir : nl_open(&nl, e);

	if (r < 0 || network_load(dir, name, &n, &unused) != -ENOENT)
		return r; /* that it exists is the better word */
	if (link_get(&nl, name, &link, &unused) < 0)
		return 0;
	r = zerr_as(e, ZERR_STATE, "network %s: the host has an interface of that name", name);
	return zerr_hint(e, r, "take another, or rename it: ip link set dev %s name NEW", name);
}

int net_network_write(const struct net_env *env, const char *name, const struct strv *set,
		      bool change, struct zerr *e)
{
	struct network n;
	int r = network_check_name(name, e);

	if (r == 0 && !change)
		r = check_new(env, name, e);
	if (r == 0 && change && str_eq(name, NET_DEFAULT)) /* its first use, perhaps */
		r = network_get(env, name, &n, e);
	if (r == 0 && change)
		r = check_change(env, name, set, e);
	if (r == 0)
		r = network_write(env, name, set, change, &n, e);
	return r == 0 && change ? refresh(env, name, e) : r;
}

/* Open the directory of records and look @name up. */
static int open_record(const struct net_env *env, const char *name, struct network *ret,
		       struct zerr *e)
{
	AUTO_CLOSE int dir = -1;
	int r = network_check_name(name, e);

	if (r < 0)
		return r;
	dir = network_dir(env, e);
	r = dir < 0 ? dir : network_load(dir, name, ret, e);
	if (r == -ENOENT)
		return zerr_as(e, ZERR_MISSING, "no network %s", name);
	return r < 0 ? r : own_take_fd(&dir);
}

int net_network_remove(const struct net_env *env, const char *name, struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	struct network n;
	bool whole;
	AUTO_CLOSE int dir = open_record(env, name, &n, e);
	int r = dir < 0 ? dir : notes_open(env, &notes, e);

	if (r < 0)
		return r;
	r = netup_record(&notes, name, &n, &whole, e);
	if (r == 0)
		return zerr_hint(e, zerr_as(e, ZERR_STATE, "network %s is up", name),
				 "zone network down %s", name);
	if (r != -ENOENT)
		return r;
	r = fs_remove(dir, name, e);
	return r < 0 ? r : fs_sync_dir(dir);
}

int net_network_list(const struct net_env *env, struct strv *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = network_dir(env, e);
	const int r = dir < 0 ? dir : fs_list(dir, ret);

	return r < 0 && dir >= 0 ? zerr_code(e, -r, "list networks") : r;
}

int net_network_get(const struct net_env *env, const char *name, struct net_network *ret,
		    struct zerr *e)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	const struct notes notes = { net, -1 }; /* to look takes no lock */
	struct net_network out = { 0 };
	struct network n, now;
	const char *key, *text;
	char room[IPNET_TEXT];
	AUTO_CLOSE int dir = open_record(env, name, &n, e);
	int r = dir < 0 ? dir : 0;

	for (unsigned i = 0; r == 0 && (text = network_attr(&n, i, &key, room)); i++) {
		r = strv_add(&out.attrs, key);
		if (r == 0)
			r = strv_add(&out.attrs, text);
	}
	if (r < 0) {
		net_network_done(&out);
		return dir < 0 ? r : zerr_code(e, -r, "network %s", name);
	}
	(void)mac_text(n.mac, out.mac);
	out.up = net >= 0 && netup_record(&notes, name, &now, &(bool){ false }, e) == 0;
	*ret = out;
	return 0;
}

void net_network_done(struct net_network *n)
{
	strv_done(&n->attrs);
}

int net_network_list_up(const struct net_env *env, struct strv *ret, struct zerr *e)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	const struct notes notes = { net, -1 };

	return net < 0 ? 0 : netup_names(&notes, ret, e);
}

int net_network_blocked(const struct net_env *env, const char *name, char *ret, size_t room,
			struct zerr *e)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	const struct notes notes = { net, -1 };
	struct network now;
	bool whole;
	const int r = net < 0 ? -ENOENT : netup_record(&notes, name, &now, &whole, e);

	ret[0] = '\0';
	return r < 0 ? (r == -ENOENT ? 0 : r) : firewall_blocked(&now, ret, room, e);
}

int net_network_hold(const struct net_env *env, const char *name, bool up, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	struct network n;
	int r = network_get(env, name, &n, e);

	if (r == 0)
		r = nl_open(&nl, e);
	if (r == 0)
		r = use_hold(env, &nl, name, up, e);
	return r == 0 && up ? nic_restore(env, &nl, e) : r;
}
