/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a NIC's way up and down, the same for all kinds. Their down halves work from the
 * NIC's note. The zone's init does not run yet, or it is a running zone's namespace that nothing in
 * is trusted of.
 */
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "net/announce.h"
#include "net/forward.h"
#include "net/guard.h"
#include "net/ident.h"
#include "net/names.h"
#include "net/nic.h"
#include "net/port.h"
#include "net/rate.h"
#include "net/use.h"

/* ---- network --------------------------------------------------------------------------------- */

struct lost {
	const char *name;
	char zone[64];
};

static int is_lost(const struct note *n, const char *name, void *arg, struct zerr *e)
{
	struct lost *l = arg;

	(void)name;
	(void)e;
	if (*n->home.name && str_eq(n->home.name, l->name))
		memcpy(l->zone, n->zone, sizeof(l->zone));
	return 0;
}

/* No such interface; it may be on loan. */
static int explain_missing(const struct nic *n, struct zerr *e)
{
	struct lost lost = { .name = n->spec->parent };
	struct zerr ignored = { 0 };

	*e = (struct zerr){ 0 };
	(void)use_each(n->env, NULL, is_lost, &lost, &ignored);
	if (*lost.zone)
		return zerr_as(e, ZERR_STATE, "%s is in zone %s", lost.name, lost.zone);
	return zerr_as(e, ZERR_MISSING, "the host has no interface %s", lost.name);
}

static int up_use(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;
	const char *parent = n->spec->parent;
	int r = parent ? link_get(n->nl, parent, &n->parent, e) : 0;

	if (r < 0)
		return r == -ENODEV || r == -ERANGE ? explain_missing(n, e) : r;
	n->notes = use_begin(n->env, n->nl, n->note.network, n->user, &n->net, e);
	n->note.isolated = n->net.isolated;
	return n->notes < 0 ? n->notes : 0;
}

static int down_use(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;

	return use_end(n->env, n->nl, n->note.network, n->user, e);
}

/* ---- link ------------------------------------------------------------------------------------ */

/* Whether @info is still the link that @n was made as. */
static bool is_same(const struct note *n, const struct link_info *info)
{
	return str_eq(info->kind, "veth") && (str_eq(info->name, n->host_name) || info->alias);
}

static int delete_if_same(struct nl *nl, const struct note *n, struct zerr *e)
{
	struct link_info info;
	int r;

	if (!*n->host_name || !n->index)
		return 0;
	r = link_find(nl, n->index, n->zone, &info, e);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!is_same(n, &info)) {
		log_debug("link %u is %s now, not %s: left alone", n->index, info.name,
			  n->host_name);
		return 0;
	}
	return link_delete(nl, n->index, e);
}

static int down_link(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;
	const int r = n->ops && n->ops->unmake ? n->ops->unmake(n, e) : 0;

	if (r < 0 || !n->delete_link)
		return r;
	return delete_if_same(n->nl, &n->note, e);
}

int nic_confirm(struct nic *n, struct zerr *e)
{
	AUTO_FREE char *to = note_name(n->note.zone, n->note.nic, n->note.index);
	int r;

	if (n->confirmed)
		return note_save(n->notes, n->user, &n->note, e);
	r = to ? use_confirm(n->notes, n->user, to, &n->note, e)
	       : zerr_code(e, ENOMEM, "note of user");
	if (r < 0)
		return r;
	free(n->user);
	n->user = own_take(to);
	n->confirmed = true;
	return 0;
}

int nic_go_inside(struct nic *n, struct zerr *e)
{
	return n->inside.socket ? 0 : nl_open_in(&n->inside, n->netns, e);
}

static int up_link(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;
	struct zerr second = { 0 };
	int r = n->ops->make(n, e);

	if (r < 0)
		return r;
	r = nic_confirm(n, e);
	/* only a convenience; a name in use is the usual reason */
	if (r == 0 && *n->note.host_name &&
	    link_add_alias(n->nl, n->note.index, n->note.zone, &second) < 0)
		log_debug("%s: %s", n->note.host_name, second.msg);
	return r;
}

/* ---- rates ----------------------------------------------------------------------------------- */

int nic_set_rates(struct nic *n, const struct note *was, struct zerr *e)
{
	struct link_info link;
	int r = 0;

	if (n->note.ingress != was->ingress) {
		r = link_find(n->nl, n->note.index, NULL, &link, e);
		r = r < 0 ? r : rate_set(n->nl, &link, n->note.ingress, e);
	}
	if (r == 0 && n->note.egress != was->egress) {
		r = nic_go_inside(n, e);
		if (r == 0)
			r = link_find(&n->inside, n->note.inside, NULL, &link, e);
		r = r < 0 ? r : rate_set(&n->inside, &link, n->note.egress, e);
	}
	return r;
}

static int up_rates(void *ctx, struct zerr *e)
{
	static const struct note none_yet;

	return nic_set_rates(ctx, &none_yet, e);
}

/* ---- guard ----------------------------------------------------------------------------------- */

static int put_again(const struct note *n, const char *name, void *arg, struct zerr *e)
{
	(void)name;
	(void)arg;
	return guard_put(n, e);
}

int nic_restore(const struct net_env *env, struct nl *nl, struct zerr *e)
{
	int r = use_restore(env, nl, e);

	if (r == 0)
		r = use_each(env, NULL, put_again, NULL, e);
	return r < 0 ? r : forward_restore(env, e);
}

/* Whose port @index is, by the notes' @names: "ZONE.NIC@INDEX". NULL: that of a link
 * that is about to go, as is what @own has of an earlier start. */
static const char *owner_of(const struct strv *names, unsigned index, const struct note *own)
{
	AUTO_FREE char *mine = note_name(own->zone, own->nic, index);

	for (size_t i = 0; i < names->n; i++) {
		const char *at = strrchr(names->v[i], '@');
		uint64_t number;

		if (at && parse_u64(at + 1, UINT32_MAX, &number) == 0 && number == index)
			return mine && str_eq(mine, names->v[i]) ? NULL : names->v[i];
	}
	return NULL;
}

/* Two of one hardware address would take each other's packets. */
static int check_mac(const struct nic *n, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	const char *owner;
	char mac[18];
	unsigned port;
	int r = n->net.index ? port_of(n->nl, n->net.index, n->note.mac, &port, e) : -ENOENT;

	if (r < 0 || !port || port == n->note.index)
		return r == -ENOENT ? 0 : r;
	(void)mac_text(n->note.mac, mac);
	if (port == n->net.index)
		return zerr_as(e, ZERR_STATE, "mac %s is taken by network %s itself", mac,
			       n->net.name);
	r = fs_list(n->notes, &names);
	if (r < 0)
		return zerr_code(e, -r, "users of %s", n->net.name);
	owner = owner_of(&names, port, &n->note);
	return owner ? zerr_as(e, ZERR_STATE, "mac %s is taken by %.*s", mac,
			       (int)strcspn(owner, "."), owner)
		     : 0;
}

static int up_guard(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;
	int r = n->port ? check_mac(n, e) : 0;

	if (r == 0 && n->port)
		r = port_set(n->nl, &n->note, e);

	if (r == 0)
		r = guard_put(&n->note, e);
	if (r != -ENOENT)
		return r;
	/* somebody has flushed our tables */
	return nic_restore(n->env, n->nl, e);
}

static int down_guard(void *ctx, struct zerr *e)
{
	const struct nic *n = ctx;

	return guard_take(&n->note, e);
}

/* ---- name ------------------------------------------------------------------------------------ */

static int up_name(void *ctx, struct zerr *e)
{
	const struct nic *n = ctx;

	return *n->note.network ? names_add(n->env, &n->note, e) : 0;
}

static int down_name(void *ctx, struct zerr *e)
{
	const struct nic *n = ctx;

	return *n->note.network ? names_remove(n->env, &n->note, e) : 0;
}

/* ---- inside ---------------------------------------------------------------------------------- */

/* Who has no use for it does without. */
static void add_alias(struct nic *n)
{
	struct zerr why = { 0 };

	if (n->to->alias && *n->note.host_name &&
	    link_add_alias(&n->inside, n->note.inside, n->to->alias, &why) < 0)
		log_debug("%s: %s", n->to->alias, why.msg);
}

static int up_inside(void *ctx, struct zerr *e)
{
	struct nic *n = ctx;
	const struct nic_lease *l = &n->lease;
	const unsigned index = n->note.inside;
	const bool routed = n->ops->keys & NIC_ROUTED;
	int r = link_up(&n->inside, LINK_LO, 0, e);

	if (r == 0)
		r = link_up(&n->inside, index, 0, e);
	if (r == 0 && l->ipv4.family)
		r = addr_add(&n->inside, index, &l->ipv4, e);
	if (r == 0 && l->ipv6.family && n->ipv6)
		r = addr_add(&n->inside, index, &l->ipv6, e);
	if (r == 0 && l->gateway4.family)
		r = addr_add_default(&n->inside, index, &l->gateway4, routed, e);
	if (r == 0 && l->gateway6.family && n->ipv6)
		r = addr_add_default(&n->inside, index, &l->gateway6, routed, e);
	if (r == 0 && n->ops->connect)
		r = n->ops->connect(n, e);
	if (r == 0)
		add_alias(n);
	return r;
}

/* Without it neighbours take some seconds to find out: no reason to fail. */
static int up_neighbours(void *ctx, struct zerr *e)
{
	static const struct ipnet none;
	struct nic *n = ctx;
	const struct announcement a = { .index = n->note.inside,
					.mac = n->note.mac,
					.ipv4 = &n->lease.ipv4,
					.ipv6 = n->ipv6 ? &n->lease.ipv6 : &none,
					.port = n->port ? n->note.host_name : "" };
	struct zerr why = { 0 };
	const int r = n->ops->keys & NIC_ROUTED ? 0 : announce(&n->inside, n->netns, &a, &why);

	if (r == -ENOTRECOVERABLE) {
		*e = why;
		return r;
	}
	if (r < 0)
		log_debug("%s", why.msg);
	return 0;
}

static const struct step steps[] = {
	{ "network", up_use, down_use },       { "link", up_link, down_link },
	{ "rates", up_rates, NULL },	       { "guard", up_guard, down_guard },
	{ "name", up_name, down_name },	       { "addresses", up_inside, NULL },
	{ "neighbours", up_neighbours, NULL }, { NULL, NULL, NULL },
};
const struct op nic_op = { "nic", steps };
const size_t nic_steps_n = sizeof(steps) / sizeof(*steps) - 1;
