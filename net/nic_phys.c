/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interface of the host that is moved into the zone and comes home: to its names, hardware
 * address, MTU, addresses, up or down; routes that somebody set are only told of. What it was like
 * is in the note before it leaves, and its new namespace is pinned, so it is fetched from there
 * even when everything was killed. When the kernel was faster (it gives hardware back to the first
 * namespace when another ends) it is known by its hardware, and put right where it is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "net/nic.h"
#include "net/pin.h"

#define TRIES	 100 /* for a namespace inside the zone's to end */
#define PAUSE_US 50000

/* ---- away ------------------------------------------------------------------------------------ */

struct survey {
	const struct link_info *link;
	struct home *home;
	bool full;	   /* it has more addresses than we have room for */
	bool leads_out;	   /* the host's default route */
	struct buf routes; /* that somebody set */
};

static int take_address(const struct addr_entry *a, void *arg)
{
	struct survey *s = arg;
	char *to = s->home->addresses, text[IPNET_TEXT];
	const size_t used = strlen(to), room = sizeof(s->home->addresses) - used;

	if (a->index != s->link->index || !a->global || !a->lasting)
		return 0;
	s->full |= snprintf(to + used, room, "%s%s", used ? " " : "", ipnet_text(&a->net, text)) >=
		   (int)room;
	return 0;
}

static int take_route(const struct addr_entry *a, void *arg)
{
	struct survey *s = arg;
	char text[IPNET_TEXT];

	if (a->index != s->link->index)
		return 0;
	s->leads_out |= a->net.prefix == 0;
	if (a->lasting && a->net.prefix)
		buf_fmt(&s->routes, "%s%s", s->routes.len ? ", " : "", ipnet_text(&a->net, text));
	return 0;
}

/* What the host would lose. */
static int survey(struct nic *n, struct survey *s, struct zerr *e)
{
	const int families[] = { AF_INET, AF_INET6 };
	int r = addr_list(n->nl, take_address, s, e);

	for (size_t i = 0; i < 2 && (r == 0 || r == -EAGAIN); i++)
		r = addr_list_routes(n->nl, families[i], take_route, s, e);
	if (r == 0 || r == -EAGAIN)
		r = link_aliases(n->nl, s->link->index, s->home->aliases, sizeof(s->home->aliases),
				 e);
	s->full |= r == -ERANGE;
	if (r < 0 && r != -EAGAIN && r != -ERANGE)
		return r;
	if (s->leads_out)
		return zerr_as(e, ZERR_STATE, "%s stays: the host's default route leads by it",
			       s->link->name);
	if (s->link->master)
		return zerr_as(e, ZERR_STATE, "%s stays: it is part of another interface",
			       s->link->name);
	if (s->full || s->link->index == LINK_LO)
		return zerr_as(e, ZERR_STATE, "%s stays: %s", s->link->name,
			       s->full ? "it has too many addresses or names"
				       : "every namespace has its own");
	if (s->routes.len)
		log_warn("the host's routes by %s go with it, and do not come back: %s",
			 s->link->name, s->routes.p);
	return 0;
}

static void fill_home(const struct link_info *link, struct home *h)
{
	memcpy(h->name, link->name, sizeof(h->name));
	memcpy(h->mac, link->mac, sizeof(h->mac));
	memcpy(h->fixed_mac, link->fixed_mac, sizeof(h->fixed_mac));
	h->index = link->index;
	h->mtu = link->mtu;
	h->up = link->up;
}

/* The link by its name inside, as it is to be there. */
static int settle(struct nic *n, struct zerr *e)
{
	static const uint8_t none[6];
	const bool mac = memcmp(n->lease.mac, none, sizeof(none)) != 0;
	const struct link_change c = { .mac = mac ? n->lease.mac : NULL, .mtu = n->lease.mtu };
	struct link_info link;
	int r = nic_go_inside(n, e);

	if (r == 0)
		r = link_get(&n->inside, n->note.nic, &link, e);
	if (r < 0)
		return r;
	n->note.inside = link.index;
	n->ipv6 = link.ipv6;
	memcpy(n->note.mac, mac ? n->lease.mac : link.mac, sizeof(n->note.mac));
	return c.mac || c.mtu ? link_set(&n->inside, link.index, &c, e) : 0;
}

static int move_away(struct nic *n, struct zerr *e)
{
	const struct link_change c = { .name = n->note.nic, .netns_fd = n->netns, .down = true };
	const int r = link_set(n->nl, n->parent.index, &c, e);

	if (r == -EEXIST)
		return zerr_set(e, EEXIST, "the zone has an interface %s already", n->note.nic);
	if (r == -EINVAL)
		return zerr_as(e, ZERR_STATE, "%s cannot be moved into a zone", n->parent.name);
	return r < 0 ? r : settle(n, e);
}

static int come_home(struct nic *n, struct zerr *e);

static int make(struct nic *n, struct zerr *e)
{
	struct survey s = { .link = &n->parent, .home = &n->note.home };
	struct zerr second = { 0 };
	int r = survey(n, &s, e);

	buf_done(&s.routes);
	if (r < 0)
		return r;
	fill_home(&n->parent, &n->note.home);
	n->note.index = n->to->generation + 1;
	r = nic_confirm(n, e);
	if (r == 0)
		r = pin_put(n->env, n->user, n->netns, e);
	if (r == 0)
		r = move_away(n, e);
	if (r == 0)
		r = nic_confirm(n, e);
	if (r < 0)
		(void)come_home(n, &second); /* the first error counts */
	return r;
}

/* ---- home ------------------------------------------------------------------------------------ */

struct search {
	const struct note *n;
	bool inside;
	struct link_info found; /* index 0: nothing */
};

static int is_it(const struct link_info *link, void *arg)
{
	static const uint8_t none[6];
	struct search *s = arg;
	const struct home *h = &s->n->home;
	bool same;

	if (memcmp(h->fixed_mac, none, sizeof(none)) != 0)
		same = memcmp(link->fixed_mac, h->fixed_mac, sizeof(none)) == 0;
	else if (!s->inside)
		same = link->index == h->index && !*link->kind;
	else if (s->n->inside)
		same = link->index == s->n->inside;
	else /* killed in between: nobody in the zone has seen it yet */
		same = str_eq(link->name, s->n->nic) || str_eq(link->name, h->name);
	if (same && link->index != LINK_LO)
		s->found = *link;
	return 0;
}

static int search(struct nl *nl, struct search *s, struct zerr *e)
{
	const int r = link_each(nl, is_it, s, e);

	return r == -EAGAIN ? 0 : r;
}

/* Out of @inside, under a name that nobody else has. */
static int fetch(struct nl *inside, unsigned index, const char *name, struct zerr *e)
{
	AUTO_CLOSE int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	const struct link_change down = { .name = name, .down = true };
	const struct link_change move = { .netns_fd = here };
	int r = here < 0 ? zerr_sys(e, "network namespace") : link_drop_aliases(inside, index, e);

	if (r == 0)
		r = link_set(inside, index, &down, e);
	return r < 0 ? r : link_set(inside, index, &move, e);
}

/* In the pinned namespace. 1: it was there, and is back; 0: it is not there. */
static int fetch_pinned(const struct nic *n, const char *name, struct zerr *e)
{
	AUTO_CLOSE int ns = pin_open(n->env, n->user);
	AUTO_NL struct nl inside = { 0 };
	struct search s = { .n = &n->note, .inside = true };
	int r;

	if (ns < 0)
		return ns == -ENOENT ? 0 : zerr_code(e, -ns, "pinned namespace");
	r = nl_open_in(&inside, ns, e);
	if (r == 0)
		r = search(&inside, &s, e);
	if (r < 0 || !s.found.index)
		return r;
	r = fetch(&inside, s.found.index, name, e);
	return r < 0 ? r : 1;
}

static int add_addresses(struct nl *nl, unsigned index, const char *list, struct zerr *e)
{
	char copy[sizeof(((struct home *)NULL)->addresses)], *save = NULL;
	int r = 0;

	(void)snprintf(copy, sizeof(copy), "%s", list);
	for (char *a = strtok_r(copy, " ", &save); a && r == 0; a = strtok_r(NULL, " ", &save)) {
		struct ipnet net;

		if (ipnet_parse(&net, a) == 0)
			r = addr_add(nl, index, &net, e);
	}
	return r;
}

/* One that is somebody else's by now is not missed. */
static void add_aliases(struct nl *nl, unsigned index, const char *list)
{
	char copy[sizeof(((struct home *)NULL)->aliases)], *save = NULL;
	struct zerr why = { 0 };

	(void)snprintf(copy, sizeof(copy), "%s", list);
	for (char *a = strtok_r(copy, " ", &save); a; a = strtok_r(NULL, " ", &save))
		if (link_add_alias(nl, index, a, &why) < 0)
			log_debug("%s", why.msg);
}

/* As it was before it left. Its name may be somebody else's by now. */
static int restore(const struct nic *n, const struct link_info *link, struct zerr *e)
{
	const struct home *h = &n->note.home;
	const struct link_change down = { .down = true };
	const struct link_change name = { .name = h->name };
	const struct link_change was = { .mac = h->mac, .mtu = h->mtu };
	const struct link_change up = { .up = true };
	const bool renamed = !str_eq(link->name, h->name);
	int r = link_set(n->nl, link->index, &down, e);

	if (r == 0 && renamed && (r = link_set(n->nl, link->index, &name, e)) == -EEXIST) {
		log_warn("%s is back from zone %s, as %s: there is another %s now", h->name,
			 n->note.zone, link->name, h->name);
		r = 0;
	}
	if (r == 0)
		r = link_set(n->nl, link->index, &was, e);
	if (r == 0)
		r = add_addresses(n->nl, link->index, h->addresses, e);
	add_aliases(n->nl, link->index, h->aliases);
	return r == 0 && h->up ? link_set(n->nl, link->index, &up, e) : r;
}

/* By the name that it was fetched under, or as the kernel gave it back. 1: it is here. */
static int receive(const struct nic *n, const char *name, struct zerr *e)
{
	struct search s = { .n = &n->note };
	struct zerr unused = { 0 };
	int r = link_get(n->nl, name, &s.found, &unused);

	if (r == -ENODEV)
		r = search(n->nl, &s, e);
	if (r < 0 || !s.found.index)
		return r;
	r = restore(n, &s.found, e);
	return r < 0 ? r : 1;
}

static int come_home(struct nic *n, struct zerr *e)
{
	const struct home *h = &n->note.home;
	char name[IFNAMSIZ];
	int r = 0;

	if (!*h->name)
		return 0;
	(void)snprintf(name, sizeof(name), "zh%u", h->index);
	for (int i = 0; i < TRIES && r == 0; i++) {
		r = fetch_pinned(n, name, e);
		if (r >= 0)
			r = receive(n, name, e);
		if (r == 0)
			(void)usleep(PAUSE_US);
	}
	if (r < 0)
		return zerr_in(e, r, "bring %s home", h->name);
	if (r == 0)
		log_warn("%s of zone %s is gone: it did not come back", h->name, n->note.zone);
	return pin_drop(n->env, n->user, e);
}

const struct nic_ops nic_phys = {
	.name = "phys",
	.keys = NIC_KEEPS | NIC_PARENT | NIC_MAC | NIC_MTU | NIC_ADDRESS,
	.needs = NIC_PARENT,
	.make = make,
	.unmake = come_home,
};
