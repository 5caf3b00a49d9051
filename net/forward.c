/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forwarded ports: from what is recorded to what is wanted. */
#include "net/forward.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/record.h"
#include "net/elem.h"
#include "net/flows.h"
#include "net/ipnet.h"
#include "net/link.h"
#include "net/nic.h"
#include "net/sysctl.h"
#include "net/table.h"

#define PLACE	       ".forwards"
#define FORWARD_FORMAT 1
#define WHY	       "forwarded ports need"

/* What a zone has, or is to have. */
struct forwards {
	struct record ports;	 /* name as in the configuration, port in the zone */
	struct ipnet ipv4, ipv6; /* of the zone */
	bool unsure;		 /* a change was under way */
};

static int open_place(const struct net_env *env, struct zerr *e)
{
	AUTO_CLOSE int net = fs_subdir(env->run, ".net", 0711, e);

	return net < 0 ? net : fs_subdir(net, PLACE, 0700, e);
}

static int load(int place, const char *zone, struct forwards *ret, struct zerr *e)
{
	const int r = record_load(&ret->ports, place, zone, FORWARD_FORMAT, e);
	const char *ipv4 = record_get(&ret->ports, "ipv4"), *ipv6 = record_get(&ret->ports, "ipv6");

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if ((ipv4 && *ipv4 && ipnet_parse(&ret->ipv4, ipv4) < 0) ||
	    (ipv6 && *ipv6 && ipnet_parse(&ret->ipv6, ipv6) < 0))
		return zerr_set(e, EPROTO, "forwards of %s: damaged record", zone);
	ret->unsure = record_get(&ret->ports, "unsure");
	record_unset(&ret->ports, "ipv4");
	record_unset(&ret->ports, "ipv6");
	record_unset(&ret->ports, "unsure");
	return 0;
}

static int save(int place, const char *zone, const struct forwards *f, struct zerr *e)
{
	AUTO_RECORD struct record out = { 0 };
	char text[IPNET_TEXT];
	int r = record_set(&out, "ipv4", ipnet_text(&f->ipv4, text));

	if (r == 0)
		r = record_set(&out, "ipv6", ipnet_text(&f->ipv6, text));
	if (r == 0 && f->unsure)
		r = record_set(&out, "unsure", "yes");
	for (size_t i = 0; r == 0 && i + 1 < f->ports.kv.n; i += 2)
		r = record_set(&out, f->ports.kv.v[i], f->ports.kv.v[i + 1]);
	if (r < 0)
		return zerr_code(e, -r, "forwards of %s", zone);
	return record_save(&out, place, zone, FORWARD_FORMAT, false, e);
}

/* ---- elements -------------------------------------------------------------------------------- */

static bool is_any(const struct forward *f)
{
	static const unsigned char any[16];

	return memcmp(f->address, any, sizeof(any)) == 0;
}

/* The element for port @port of the host, to the zone's address @to. */
static struct elem element(const struct forward *f, unsigned port, const struct ipnet *to)
{
	const bool six = to->family == AF_INET6;
	const size_t len = six ? 16 : 4;
	const uint8_t protocol = f->udp ? IPPROTO_UDP : IPPROTO_TCP;
	const uint16_t from = htons((uint16_t)port);
	const uint16_t there = htons((uint16_t)(f->to + (port - f->first)));
	struct elem x = { .table = ELEM_INET };

	elem_part(&x.key, &protocol, sizeof(protocol));
	if (is_any(f)) {
		x.set = six ? MAP_ANY6 : MAP_ANY4;
	} else {
		x.set = six ? MAP_ONE6 : MAP_ONE4;
		elem_part(&x.key, f->address, len);
	}
	elem_part(&x.key, &from, sizeof(from));
	elem_part(&x.value, to->addr, len);
	elem_part(&x.value, &there, sizeof(there));
	return x;
}

/* All ports of @f in both families, as far as the zone and @f have them. */
static void list_one(struct elems *l, const struct forward *f, const struct forwards *zone,
		     const char *name)
{
	const struct ipnet *const to[] = { &zone->ipv4, &zone->ipv6 };

	for (int k = 0; k < 2; k++) {
		if (!to[k]->family || (f->family && f->family != to[k]->family))
			continue;
		for (unsigned port = f->first; port <= f->last; port++) {
			struct elem x = element(f, port, to[k]);

			x.note = name;
			elems_add(l, &x);
		}
	}
}

/* All that @f has. */
static int list_all(struct elems *l, const struct forwards *f, const char *zone, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < f->ports.kv.n; i += 2) {
		struct forward one;

		r = conf_forward(&one, f->ports.kv.v[i], f->ports.kv.v[i + 1], e);
		if (r == 0)
			list_one(l, &one, f, zone);
	}
	return r;
}

/* ---- conflicts ------------------------------------------------------------------------------- */

/* Say which of the elements of @self stands in another zone's way. */
static int name_conflict(const struct elems *l, const char *self, struct zerr *e)
{
	char zone[128];
	uint16_t port;

	for (size_t i = 0; i < l->n; i++) {
		if (elem_note(&l->v[i], zone, sizeof(zone)) < 0 || str_eq(zone, self))
			continue;
		memcpy(&port, l->v[i].key.bytes + l->v[i].key.len - 4, sizeof(port));
		return zerr_as(e, ZERR_STATE, "port %u is forwarded to zone %s", ntohs(port),
			       *zone ? zone : "(unknown)");
	}
	return zerr_as(e, ZERR_STATE, "one of the ports is forwarded to another zone");
}

int net_forward_free(const struct forward *f, struct zerr *e)
{
	AUTO_FREE char *holder = NULL;
	char name[80];
	const int r = forward_holder(f, &holder, e);

	if (r < 0 || !holder)
		return r;
	return zerr_as(e, ZERR_STATE, "port %s is in use by %s", conf_forward_name(f, name),
		       holder);
}

/* The ports that @want has and @have has not must be nobody's. */
static int check_new(const struct forwards *want, const struct forwards *have, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < want->ports.kv.n; i += 2) {
		struct forward f;

		if (record_get(&have->ports, want->ports.kv.v[i]))
			continue;
		r = conf_forward(&f, want->ports.kv.v[i], want->ports.kv.v[i + 1], e);
		if (r == 0)
			r = net_forward_free(&f, e);
	}
	return r;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* All of @have and @want, for whoever comes after a kill: none of it is sure to be there. */
static int save_both(int place, const char *zone, const struct forwards *have,
		     const struct forwards *want, struct zerr *e)
{
	struct forwards both = { .ipv4 = want->ipv4, .ipv6 = want->ipv6, .unsure = true };
	const struct forwards *const from[] = { have, want };
	int r = 0;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i + 1 < from[k]->ports.kv.n; i += 2)
			r = record_set(&both.ports, from[k]->ports.kv.v[i],
				       from[k]->ports.kv.v[i + 1]);
	r = r < 0 ? zerr_code(e, -r, "forwards of %s", zone) : save(place, zone, &both, e);
	record_done(&both.ports);
	return r;
}

/* Whether one of the ports is of IPv6 (too). */
static bool wants_ipv6(const struct forwards *want)
{
	struct zerr ignored = { 0 };
	struct forward f;

	for (size_t i = 0; want->ipv6.family && i + 1 < want->ports.kv.n; i += 2)
		if (conf_forward(&f, want->ports.kv.v[i], NULL, &ignored) == 0 &&
		    f.family != AF_INET)
			return true;
	return false;
}

/* Ports of the host's 127.0.0.1 lead to zones, too; and packets from outside must get through. IPv6
 * only where the host can. */
static int open_ways(const struct forwards *want, const char *interface, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	struct zerr why = { 0 };
	struct link_info link;
	int r = forward_ipv4(WHY, e);

	if (r == 0)
		r = route_localnet(interface, e);
	if (r < 0 || !wants_ipv6(want))
		return r;
	r = nl_open(&nl, e);
	if (r == 0)
		r = link_get(&nl, interface, &link, e);
	if (r == 0 && link.ipv6 && forward_ipv6(&nl, WHY, &why) < 0)
		log_warn("ports are not forwarded by IPv6: %s", why.msg);
	return r;
}

/* One transaction: all that @have has goes, all that @want has comes. So no port is without its way
 * in between, and what somebody has removed meanwhile is there again. */
static int swap(const char *zone, const struct forwards *have, const struct forwards *want,
		struct zerr *e)
{
	AUTO_ELEMS struct elems out = { 0 };
	AUTO_ELEMS struct elems in = { 0 };
	int r = list_all(&out, have, zone, e);

	if (r == 0)
		r = list_all(&in, want, zone, e);
	if (r == 0)
		r = elems_swap(&out, &in, e);
	return r == -EEXIST || r == -EBUSY ? name_conflict(&in, zone, e) : r;
}

/* The same, and when somebody has flushed our tables once more with all that belongs in them. */
static int swap_surely(const struct net_env *env, const char *zone, const struct forwards *have,
		       const struct forwards *want, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	int r = swap(zone, have, want, e);

	if (r != -ENOENT)
		return r;
	*e = (struct zerr){ 0 };
	r = nl_open(&nl, e);
	if (r == 0)
		r = nic_restore(env, &nl, e);
	return r < 0 ? r : swap(zone, have, want, e);
}

static bool has_same(const struct forwards *f, const struct forwards *other, size_t i)
{
	return memcmp(&f->ipv4, &other->ipv4, sizeof(f->ipv4)) == 0 &&
	       memcmp(&f->ipv6, &other->ipv6, sizeof(f->ipv6)) == 0 &&
	       str_eq(record_get(&other->ports, f->ports.kv.v[i]), f->ports.kv.v[i + 1]);
}

/* UDP that went by what @have has and @want has not goes there no longer. To look is not for free:
 * only where such a port was. */
static void end_flows(const struct forwards *have, const struct forwards *want)
{
	struct flows old = { .ipv4 = have->ipv4, .ipv6 = have->ipv6 };
	struct zerr why = { 0 };
	struct forward f;

	for (size_t i = 0; i + 1 < have->ports.kv.n; i += 2)
		if (!has_same(have, want, i) &&
		    conf_forward(&f, have->ports.kv.v[i], have->ports.kv.v[i + 1], &why) == 0 &&
		    f.udp)
			flows_add(&old, f.first, f.last);
	if (old.any && flows_forget(&old, &why) < 0)
		log_debug("%s", why.msg);
}

static int change(const struct net_env *env, int place, const char *zone,
		  const struct forwards *have, const struct forwards *want, struct zerr *e)
{
	struct zerr second = { 0 };
	int r = check_new(want, have, e);

	if (r == 0)
		r = save_both(place, zone, have, want, e);
	if (r < 0)
		return r;
	r = swap_surely(env, zone, have, want, e);
	if (r == 0)
		end_flows(have, want);
	if (r == 0)
		return want->ports.kv.n ? save(place, zone, want, e) : fs_remove(place, zone, e);
	/* as it was */
	(void)(have->ports.kv.n ? save(place, zone, have, &second)
				: fs_remove(place, zone, &second));
	return r;
}

static int fill(struct forwards *want, const struct pairs *ports, const struct net_lease *to,
		struct zerr *e)
{
	int r = 0;

	if ((*to->ipv4 && ipnet_parse(&want->ipv4, to->ipv4) < 0) ||
	    (*to->ipv6 && ipnet_parse(&want->ipv6, to->ipv6) < 0))
		return zerr_set(e, EINVAL, "the lease is damaged");
	for (size_t i = 0; r == 0 && i < ports->n; i++)
		r = record_set(&want->ports, ports->v[i].name, ports->v[i].value);
	return r < 0 ? zerr_code(e, -r, "forwards") : 0;
}

int net_forward(const struct net_env *env, const char *zone, const struct pairs *ports,
		const struct net_lease *to, const char *interface, struct zerr *e)
{
	AUTO_CLOSE int place = open_place(env, e);
	struct forwards have = { 0 }, want = { 0 };
	int r = place < 0 ? place : load(place, zone, &have, e);

	if (r == 0)
		r = fill(&want, ports, to, e);
	if (r == 0 && ports->n > 0)
		r = open_ways(&want, interface, e);
	if (r == 0)
		r = change(env, place, zone, &have, &want, e);
	record_done(&have.ports);
	record_done(&want.ports);
	return zerr_in(e, r, "forward");
}

int net_forward_none(const struct net_env *env, const char *zone, struct zerr *e)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int place = net < 0 ? -1 : fs_open_below(net, PLACE, O_RDONLY | O_DIRECTORY, 0);
	struct forwards have = { 0 };
	const struct forwards none = { 0 };
	int r;

	if (place < 0 || !fs_exists(place, zone))
		return 0;
	r = load(place, zone, &have, e);
	if (r == 0)
		r = swap(zone, &have, &none, e);
	if (r == 0)
		end_flows(&have, &none);
	if (r == 0)
		r = fs_remove(place, zone, e);
	record_done(&have.ports);
	return zerr_in(e, r, "forward");
}

static int restore_one(int place, const char *zone, struct zerr *e)
{
	AUTO_ELEMS struct elems all = { 0 };
	struct forwards have = { 0 };
	int r = load(place, zone, &have, e);

	/* a change that was under way is finished by whoever changes them next */
	if (r == 0 && !have.unsure)
		r = list_all(&all, &have, zone, e);
	if (r == 0)
		r = elems_commit(&all, ELEMS_PUT, e);
	record_done(&have.ports);
	return zerr_in(e, r, "forwards of %s", zone);
}

int forward_restore(const struct net_env *env, struct zerr *e)
{
	AUTO_CLOSE int place = open_place(env, e);
	AUTO_STRV struct strv zones = { 0 };
	int r = place;

	if (r >= 0 && (r = fs_list(place, &zones)) < 0)
		r = zerr_code(e, -r, "forwards");
	for (size_t i = 0; r >= 0 && i < zones.n; i++)
		r = restore_one(place, zones.v[i], e);
	return r < 0 ? r : 0;
}
