/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picking a subnet that is nobody else's. */
#include "net/subnet.h"

#include "base/fs.h"
#include "base/own.h"
#include "net/addr.h"
#include "net/network.h"

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

	if (c->with.family == 0 && a->net.prefix >= SUBNET_WIDEST &&
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

int subnet_conflict(struct nl *nl, const struct ipnet *n, unsigned own, struct zerr *e)
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

static int other_conflict(int dir, const struct ipnet *n, const char *name, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	struct network other;
	int r = fs_list(dir, &names);

	if (r < 0)
		return zerr_code(e, -r, "list networks");
	for (size_t i = 0; i < names.n; i++) {
		r = str_eq(names.v[i], name) ? -ENOENT : network_load(dir, names.v[i], &other, e);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (ipnet_overlap(&other.ipv4, n) || ipnet_overlap(&other.ipv6, n))
			return in_use(n, "network", other.name, e);
	}
	return 0;
}

int subnet_check(struct nl *nl, int dir, const struct ipnet *n, const char *name, unsigned own,
		 struct zerr *e)
{
	const int r = other_conflict(dir, n, name, e);

	return r < 0 ? r : subnet_conflict(nl, n, own, e);
}

int subnet_pick(struct nl *nl, int dir, struct ipnet *ret, struct zerr *e)
{
	struct ipnet n;
	int r;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		r = ipnet_parse(&n, candidates[i]);
		if (r == 0)
			r = subnet_check(nl, dir, &n, NULL, 0, e);
		if (r != -EADDRINUSE) {
			*ret = n;
			return r;
		}
	}
	r = zerr_as(e, ZERR_HOST, "every subnet tried, %s to %s, overlaps one of the host's",
		    candidates[0], candidates[sizeof(candidates) / sizeof(*candidates) - 1]);
	return zerr_hint(e, r, "zone network create NAME --subnet CIDR");
}
