/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NICs as the core sees them: plugged in, changed and taken out, by walking the table of steps
 * (nic_steps.c) with what the caller or the NIC's note knows of it.
 */
#include "net/nic.h"

#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "net/guard.h"
#include "net/ident.h"
#include "net/rate.h"
#include "net/use.h"

/* The notes are the journal. */
static const struct journal none = { .dirfd = -1 };

/* ---- walking --------------------------------------------------------------------------------- */

static void nic_done(struct nic *n)
{
	nl_close(&n->inside);
	own_close(n->notes);
	own_free_p(&n->user);
}
#define AUTO_NIC __attribute__((cleanup(nic_done)))

static bool parse_or_none(struct ipnet *ret, const char *text)
{
	*ret = (struct ipnet){ 0 };
	return !*text || ipnet_parse(ret, text) == 0;
}

static int parse_lease(const struct net_lease *l, struct nic_lease *ret, struct zerr *e)
{
	ret->mtu = l->mtu;
	if (!*l->nic || (*l->mac && mac_parse(ret->mac, l->mac) < 0) ||
	    !parse_or_none(&ret->ipv4, l->ipv4) || !parse_or_none(&ret->ipv6, l->ipv6) ||
	    !parse_or_none(&ret->gateway4, l->gateway4) ||
	    !parse_or_none(&ret->gateway6, l->gateway6))
		return zerr_set(e, EINVAL, "the lease is damaged");
	return 0;
}

static int keep_vlans(const struct nic_spec *spec, struct note *to, struct zerr *e)
{
	size_t used = 0;

	/* a VLAN's own interface has it in itself */
	if (str_eq(spec->type, nic_vlan.name))
		to->vlan = 0;
	for (size_t i = 0; i < spec->vlans.n; i++) {
		const int n = snprintf(to->vlans + used, sizeof(to->vlans) - used, "%s%s",
				       used ? " " : "", spec->vlans.v[i]);

		if (n < 0 || (size_t)n >= sizeof(to->vlans) - used)
			return zerr_as(e, ZERR_USAGE, "vlans: too many of them");
		used += (size_t)n;
	}
	return 0;
}

/* What is known before there is a link. */
static int prepare(struct nic *n, const struct net_lease *l, struct zerr *e)
{
	struct note *note = &n->note;
	int r = nic_check_keys(n->ops, n->spec, e);

	if (r == 0)
		r = parse_lease(l, &n->lease, e);
	if (r < 0)
		return r;
	(void)snprintf(note->zone, sizeof(note->zone), "%s", n->to->zone);
	(void)snprintf(note->nic, sizeof(note->nic), "%s", l->nic);
	(void)snprintf(note->type, sizeof(note->type), "%s", n->ops->name);
	(void)snprintf(note->network, sizeof(note->network), "%s", l->network);
	memcpy(note->mac, n->lease.mac, sizeof(note->mac));
	note->ipv4 = n->lease.ipv4;
	note->ipv6 = n->lease.ipv6;
	note->open = n->spec->open;
	note->vlan = n->spec->vlan;
	r = keep_vlans(n->spec, note, e);
	if (r == 0)
		r = rate_parse(n->spec, &note->ingress, &note->egress, e);
	if (r < 0)
		return r;
	if (!*note->network && !(n->ops->keys & NIC_ROUTED)) {
		/* what others give it is not known here */
		note->open.ipv4 |= !note->ipv4.family;
		note->open.ipv6 |= !note->ipv6.family;
	}
	n->user = note_name(note->zone, note->nic, 0);
	return n->user ? 0 : zerr_code(e, ENOMEM, "note of user");
}

int net_up(const struct net_env *env, const struct net_user *user, const struct nic_spec *spec,
	   const struct net_lease *l, struct net_link *ret, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	AUTO_NIC struct nic n = { .env = env,
				  .ops = nic_find(spec->type, e),
				  .nl = &nl,
				  .notes = -1,
				  .netns = user->netns_fd,
				  .delete_link = true,
				  .to = user,
				  .spec = spec };
	int r = n.ops ? prepare(&n, l, e) : -EINVAL;

	if (r == 0)
		r = nl_open(&nl, e);
	if (r == 0)
		r = steps_up(&nic_op, &none, &n, e);
	if (r < 0)
		return r;
	*ret = (struct net_link){ .ifindex = n.note.index };
	memcpy(ret->nic, n.note.nic, sizeof(ret->nic));
	memcpy(ret->network, n.note.network, sizeof(ret->network));
	memcpy(ret->host_name, n.note.host_name, sizeof(ret->host_name));
	return 0;
}

int net_loopback(int netns_fd, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	int r = nl_open_in(&inside, netns_fd, e);

	if (r == 0)
		r = link_up(&inside, LINK_LO, 0, e);
	return zerr_in(e, r, "loopback");
}

/* Load the note @user on @network; without one only what the caller knows of the link is left. */
static int load(struct nic *n, const char *network, const char *user, struct zerr *e)
{
	struct zerr unused = { 0 };
	struct note note;
	const int r = use_load(n->env, network, user, &note, e);

	if (r == 0)
		n->note = note;
	if (r < 0 && r != -ENOENT)
		return r;
	n->user = strdup(user);
	n->ops = *n->note.type ? nic_find(n->note.type, &unused) : NULL;
	return n->user ? 0 : zerr_code(e, ENOMEM, "note of user");
}

int net_down(const struct net_env *env, const char *zone, const struct net_link *link, int netns_fd,
	     bool delete_link, struct zerr *e)
{
	AUTO_FREE char *user = note_name(zone, link->nic, link->ifindex);
	AUTO_NL struct nl nl = { 0 };
	AUTO_NIC struct nic n = {
		.env = env, .nl = &nl, .notes = -1, .netns = netns_fd, .delete_link = delete_link
	};
	int r = user ? nl_open(&nl, e) : zerr_code(e, ENOMEM, "note of user");

	if (r < 0)
		return r;
	(void)snprintf(n.note.zone, sizeof(n.note.zone), "%s", zone);
	memcpy(n.note.network, link->network, sizeof(link->network));
	memcpy(n.note.host_name, link->host_name, sizeof(link->host_name));
	n.note.index = link->ifindex;
	r = load(&n, link->network, user, e);
	return r < 0 ? r : steps_down(&nic_op, nic_steps_n, &none, &n, e);
}

/* ---- while it is plugged in ------------------------------------------------------------------ */

/* When somebody has flushed our tables, all of them are put back first. */
static int change_rate(const struct nic *n, const struct note *was, struct zerr *e)
{
	int r = guard_change_rate(was, &n->note, e);

	if (r != -ENOENT)
		return r;
	*e = (struct zerr){ 0 };
	r = nic_restore(n->env, n->nl, e);
	return r < 0 ? r : guard_change_rate(was, &n->note, e);
}

int net_limit(const struct net_env *env, const char *zone, const struct net_link *link,
	      const struct nic_spec *spec, int netns_fd, struct zerr *e)
{
	AUTO_FREE char *user = note_name(zone, link->nic, link->ifindex);
	AUTO_NL struct nl nl = { 0 };
	AUTO_NIC struct nic n = {
		.env = env, .nl = &nl, .notes = -1, .netns = netns_fd, .confirmed = true
	};
	struct zerr second = { 0 };
	struct note was;
	int r = user ? nl_open(&nl, e) : zerr_code(e, ENOMEM, "note of user");

	if (r == 0)
		r = load(&n, link->network, user, e);
	if (r < 0)
		return r;
	if (!n.note.index || !*n.note.host_name)
		return zerr_as(e, ZERR_STATE, "limits: only of a pair with an end on the host");
	was = n.note;
	r = rate_parse(spec, &n.note.ingress, &n.note.egress, e);
	if (r == 0 && (r = nic_set_rates(&n, &was, e)) == 0)
		r = change_rate(&n, &was, e);
	if (r == 0)
		r = use_save(env, link->network, user, &n.note, e);
	if (r < 0) { /* as before, as far as that can be */
		struct note tried = n.note;

		n.note = was;
		(void)nic_set_rates(&n, &tried, &second);
		(void)guard_change_rate(&tried, &was, &second);
	}
	return r;
}

/* Whose notes are walked down: @nic's (of a running zone: its link is deleted), or all (NULL). */
struct leaving {
	const struct net_env *env;
	struct nl *nl;
	const char *nic;
	int netns;
};

static int leave(const struct note *note, const char *name, void *arg, struct zerr *e)
{
	const struct leaving *l = arg;
	AUTO_NIC struct nic n = { .env = l->env,
				  .nl = l->nl,
				  .notes = -1,
				  .netns = l->netns,
				  .delete_link = l->nic != NULL };
	int r;

	if (l->nic && !str_eq(note->nic, l->nic))
		return 0;
	r = load(&n, note->network, name, e);
	return r < 0 ? r : steps_down(&nic_op, nic_steps_n, &none, &n, e);
}

int net_unplug(const struct net_env *env, const char *zone, const char *nic, int netns_fd,
	       struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	struct leaving l = { env, &nl, nic, netns_fd };
	const int r = nl_open(&nl, e);

	return r < 0 ? r : use_each(env, zone, leave, &l, e);
}

int net_forget(const struct net_env *env, const char *zone, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	struct leaving l = { env, &nl, NULL, -1 };
	struct zerr second = { 0 };
	int q, r = nl_open(&nl, e);

	if (r < 0)
		return r;
	r = use_each(env, zone, leave, &l, e);
	q = use_forget(env, &nl, zone, r < 0 ? &second : e);
	return r < 0 ? r : q;
}
