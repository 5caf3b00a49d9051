/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a network. Their down halves work from the record of what is up alone. */
#include "net/netup.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "net/addr.h"
#include "net/firewall.h"
#include "net/link.h"
#include "net/names.h"
#include "net/subnet.h"
#include "net/sysctl.h"
#include "net/table.h"

struct bring {
	const struct net_env *env;
	struct nl *nl;
	const struct notes *notes;
	int up; /* .net/.up */
	struct network n;
	struct link_info link; /* the bridge, going up */
};

static bool is_ours(const struct link_info *link, const struct network *n)
{
	return str_eq(link->kind, "bridge") && memcmp(link->mac, n->mac, sizeof(n->mac)) == 0;
}

/* ---- bridge ---------------------------------------------------------------------------------- */

/* Find or make it. */
static int get_bridge(struct bring *b, struct zerr *e)
{
	const struct network *n = &b->n;
	int r = link_get(b->nl, n->name, &b->link, e);
	const bool found = r == 0;

	if (r < 0 && r != -ENODEV)
		return r;
	if (found && !is_ours(&b->link, n)) {
		r = zerr_as(e, ZERR_STATE, "interface %s exists and is not zone's", n->name);
		return zerr_hint(e, r, "rename or delete it: ip link set dev %s name NEW", n->name);
	}
	r = subnet_conflict(b->nl, &n->ipv4, found ? b->link.index : 0, e);
	if (r < 0 || found)
		return r;
	r = link_add_bridge(b->nl, n->name, n->mac, n->vlan_aware, e);
	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no bridges%s",
			       n->vlan_aware ? " that know VLANs" : "");
	return r < 0 ? r : link_get(b->nl, n->name, &b->link, e);
}

static int up_bridge(void *ctx, struct zerr *e)
{
	struct bring *b = ctx;
	const int r = get_bridge(b, e);

	if (r < 0)
		return r;
	if (!b->link.ipv6)
		b->n.ipv6.family = 0; /* the host has none */
	b->n.index = b->link.index;
	return network_save(&b->n, b->up, false, e);
}

static int down_bridge(void *ctx, struct zerr *e)
{
	struct bring *b = ctx;
	int r = link_get(b->nl, b->n.name, &b->link, e);

	if (r == 0 && is_ours(&b->link, &b->n))
		r = link_delete(b->nl, b->link.index, e);
	if (r < 0 && r != -ENODEV)
		return r;
	return fs_remove(b->up, b->n.name, e);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static int up_address(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;
	const struct ipnet *const nets[] = { &b->n.ipv4, &b->n.ipv6 };
	int r = refuse_ra(b->n.name, e);

	if (r == 0)
		r = link_up(b->nl, b->link.index, b->n.mtu, e);
	for (size_t i = 0; i < 2 && r == 0; i++) {
		const struct ipnet gateway = ipnet_nth(nets[i], 1);

		if (nets[i]->family)
			r = addr_add(b->nl, b->link.index, &gateway, e);
	}
	return r;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void add(struct elems *l, const char *set, unsigned index, bool twice)
{
	struct elem x = { .table = ELEM_INET, .set = set };

	elem_part(&x.key, &index, sizeof(index));
	if (twice)
		elem_part(&x.key, &index, sizeof(index));
	elems_add(l, &x);
}

/* What the tables have for @n. */
static void list_elements(const struct network *n, struct elems *l)
{
	add(l, SET_INNER, n->index, false);
	table_near(l, &n->ipv4, n->index);
	table_near(l, &n->ipv6, n->index);
	add(l, n->isolated ? SET_APART : SET_TOGETHER, n->index, true);
	if (n->internal)
		add(l, SET_INTERNAL, n->index, false);
	if (network_has_nat(n))
		add(l, SET_NAT4, n->index, false);
	if (network_has_nat(n) && n->ipv6.family)
		add(l, SET_NAT6, n->index, false);
}

static int take_elements(const struct network *n, struct zerr *e)
{
	AUTO_ELEMS struct elems l = { 0 };

	if (!n->index)
		return 0; /* it never got that far */
	list_elements(n, &l);
	return elems_commit(&l, ELEMS_TAKE, e);
}

static int up_rules(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;
	AUTO_ELEMS struct elems l = { 0 };
	int r = table_write(b->env, e);

	if (r < 0)
		return r;
	list_elements(&b->n, &l);
	return elems_commit(&l, ELEMS_PUT, e);
}

static int down_rules(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;

	return take_elements(&b->n, e);
}

/* ---- others' firewalls ----------------------------------------------------------------------- */

static int up_firewall(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;

	return firewall_open(b->env, &b->n, e);
}

static int down_firewall(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;

	return firewall_close(&b->n, e);
}

/* ---- forwarding ------------------------------------------------------------------------------ */

/* Let the network's packets out; IPv6 only where the host can. */
static int up_forwarding(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;
	const char *who = b->n.nat ? "NAT needs" : "a routed network needs";
	struct zerr why = { 0 };
	int r = 0;

	if (b->n.internal)
		return 0;
	r = forward_ipv4(who, e);
	if (r == 0 && b->n.ipv6.family && forward_ipv6(b->nl, who, &why) < 0)
		log_warn("network %s: no IPv6 beyond this host: %s", b->n.name, why.msg);
	return r;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int up_names(void *ctx, struct zerr *e)
{
	struct bring *b = ctx;

	return names_up(b->env, b->notes, &b->n, e);
}

static int down_names(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;

	return names_quit(b->env, b->n.name, e);
}

/* It takes some 30 ms to end: meanwhile all else goes down. */
static int down_server(void *ctx, struct zerr *e)
{
	const struct bring *b = ctx;

	return names_down(b->env, b->notes, b->n.name, e);
}

static const struct step steps[] = {
	{ "server", NULL, down_server },
	{ "bridge", up_bridge, down_bridge },
	{ "address", up_address, NULL },
	{ "rules", up_rules, down_rules },
	{ "firewall", up_firewall, down_firewall },
	{ "forwarding", up_forwarding, NULL },
	{ "names", up_names, down_names },
	{ NULL, NULL, NULL },
};
static const struct op network_op = { "network", steps };
#define STEPS_N (sizeof(steps) / sizeof(*steps) - 1)

/* ---- walking --------------------------------------------------------------------------------- */

static int open_places(const struct notes *notes, struct bring *b, int *ret_journal, struct zerr *e)
{
	b->up = fs_subdir(notes->net, ".up", 0700, e);
	if (b->up < 0)
		return b->up;
	*ret_journal = fs_subdir(notes->net, ".journal", 0700, e);
	return *ret_journal < 0 ? *ret_journal : 0;
}

/* What was set up for another record than the one it comes up by now. */
static int drop_old(const struct bring *b, struct zerr *e)
{
	struct network old;
	const int r = network_load(b->up, b->n.name, &old, e);

	return r < 0 ? (r == -ENOENT ? 0 : r) : take_elements(&old, e);
}

int netup(const struct net_env *env, struct nl *nl, const struct notes *notes, const char *name,
	  struct network *ret, struct zerr *e)
{
	AUTO_CLOSE int dir = network_dir(env, e);
	struct bring b = { .env = env, .nl = nl, .notes = notes, .up = -1 };
	struct journal j = { .dirfd = -1, .file = name };
	int r = dir < 0 ? dir : network_load(dir, name, &b.n, e);

	if (r == -ENOENT)
		return zerr_as(e, ZERR_MISSING, "no network %s", name);
	if (r == 0)
		r = open_places(notes, &b, &j.dirfd, e);
	if (r == 0)
		r = drop_old(&b, e);
	if (r == 0 && fs_exists(b.up, name) && !fs_exists(j.dirfd, name))
		r = steps_refresh(&network_op, &b, e); /* whoever is on it stays */
	else if (r == 0 && (r = steps_up(&network_op, &j, &b, e)) == 0)
		r = journal_clear(&j, e);
	if (r == 0)
		*ret = b.n;
	own_close(j.dirfd);
	own_close(b.up);
	return zerr_in(e, r, "network %s", name);
}

/* The record of @name as it was brought up, or as it would be. */
static int load_any(const struct net_env *env, int up, const char *name, struct network *ret,
		    struct zerr *e)
{
	AUTO_CLOSE int dir = -1;
	int r = network_load(up, name, ret, e);

	if (r != -ENOENT)
		return r;
	dir = network_dir(env, e);
	return dir < 0 ? dir : network_load(dir, name, ret, e);
}

/* Halves of files that a killed writer has left are all that may be there now. */
static void sweep(const struct notes *notes, const char *place)
{
	AUTO_CLOSE int dir = fs_open_below(notes->net, place, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	struct zerr ignored = { 0 };

	if (dir >= 0 && fs_list(dir, &names) == 0 && names.n == 0)
		(void)fs_remove(notes->net, place, &ignored); /* the next does it */
}

int netdown_last(const struct notes *notes, struct zerr *e)
{
	static const char *const places[] = { ".up", ".journal", ".forwards" };
	AUTO_CLOSE int links = fs_open_below(notes->net, NOTE_LINKS, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	int r = netup_names(notes, &names, e);

	if (r == 0 && names.n == 0 && links >= 0)
		r = fs_list(links, &names);
	if (r < 0 || names.n > 0)
		return r;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		sweep(notes, places[i]);
	return table_remove(e);
}

/* Whether there is anything of it. */
static bool is_up(struct bring *b, int journal)
{
	struct zerr unused = { 0 };

	return fs_exists(b->up, b->n.name) || fs_exists(journal, b->n.name) ||
	       (link_get(b->nl, b->n.name, &b->link, &unused) == 0 && is_ours(&b->link, &b->n));
}

int netdown(const struct net_env *env, struct nl *nl, const struct notes *notes, const char *name,
	    struct zerr *e)
{
	struct bring b = { .env = env, .nl = nl, .notes = notes, .up = -1 };
	struct journal j = { .dirfd = -1, .file = name };
	int r = open_places(notes, &b, &j.dirfd, e);

	if (r == 0)
		r = load_any(env, b.up, name, &b.n, e);
	if (r == 0 && is_up(&b, j.dirfd))
		r = steps_down(&network_op, STEPS_N, &j, &b, e);
	if (r == 0 || r == -ENOENT)
		r = netdown_last(notes, e);
	own_close(j.dirfd);
	own_close(b.up);
	return zerr_in(e, r, "network %s down", name);
}

int netup_record(const struct notes *notes, const char *name, struct network *ret, bool *ret_whole,
		 struct zerr *e)
{
	AUTO_CLOSE int up = fs_open_below(notes->net, ".up", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int journal = fs_open_below(notes->net, ".journal", O_RDONLY | O_DIRECTORY, 0);
	const int r = up < 0 ? -ENOENT : network_load(up, name, ret, e);

	if (r == 0)
		*ret_whole = journal < 0 || !fs_exists(journal, name);
	return r;
}

bool netup_has_traces(const struct notes *notes, const char *name)
{
	AUTO_CLOSE int up = fs_open_below(notes->net, ".up", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int journal = fs_open_below(notes->net, ".journal", O_RDONLY | O_DIRECTORY, 0);

	return (up >= 0 && fs_exists(up, name)) || (journal >= 0 && fs_exists(journal, name));
}

int netup_names(const struct notes *notes, struct strv *ret, struct zerr *e)
{
	AUTO_CLOSE int up = fs_open_below(notes->net, ".up", O_RDONLY | O_DIRECTORY, 0);
	const int r = up < 0 ? (up == -ENOENT ? 0 : up) : fs_list(up, ret);

	return r < 0 ? zerr_code(e, -r, "list networks that are up") : 0;
}
