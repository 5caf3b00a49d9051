/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone network ls, info. */
#include <fnmatch.h>

#include "cmd/each.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

static void add_json(struct json *j, const struct zone_network *n, bool all)
{
	json_obj(j, NULL);
	json_str(j, "name", n->name);
	json_str(j, "bridge", n->bridge);
	json_str(j, "ipv4", n->ipv4);
	json_str(j, "ipv6", n->ipv6);
	json_bool(j, "nat", n->nat);
	json_bool(j, "dhcp", n->dhcp);
	json_bool(j, "internal", n->internal);
	json_bool(j, "isolated", n->isolated);
	json_bool(j, "vlan_aware", n->vlan_aware);
	json_u64(j, "mtu", n->mtu);
	json_bool(j, "up", n->up);
	json_u64(j, "zones", n->zones.n);
	if (all) {
		json_str(j, "mac", n->mac);
		json_strv(j, "zone_names", &n->zones);
		json_str(j, "blocked_by", n->blocked);
	}
	json_end_obj(j);
}

static const char *word(bool yes)
{
	return yes ? "yes" : "no";
}

static void add_row(struct out_table *t, const struct zone_network *n)
{
	out_cell(t, n->name);
	out_cell(t, n->up ? "UP" : "DOWN");
	out_cell(t, n->ipv4);
	out_cell(t, n->ipv6);
	out_cell(t, word(n->nat));
	out_cell(t, word(n->dhcp));
	out_cell(t, word(n->internal));
	out_cell(t, word(n->isolated));
	out_cell_fmt(t, "%zu", n->zones.n);
}

/* Every pattern has to match something. */
static int check_patterns(const struct cmd *c, const struct zone_networks *all, struct zerr *e)
{
	for (int i = 0; i < c->n_args; i++) {
		size_t k = 0;

		while (k < all->n && fnmatch(c->args[i], all->v[k].name, 0) != 0)
			k++;
		if (k == all->n)
			return zerr_as(e, ZERR_MISSING, "no network %s", c->args[i]);
	}
	return 0;
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	static const char *const heads[] = { "NAME", "STATE",	 "IPV4",     "IPV6", "NAT",
					     "DHCP", "INTERNAL", "ISOLATED", "ZONES" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 9 };
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	struct zone_networks all = { 0 };
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_network_list(c->host, NULL, &all, e);
	if (r == 0)
		r = check_patterns(c, &all, e);
	if (r < 0) {
		zone_networks_done(&all);
		return r;
	}
	if (c->opt.json)
		json_arr(&j, NULL);
	for (size_t i = 0; i < all.n; i++) {
		if (!each_wanted(c, all.v[i].name))
			continue;
		if (c->opt.json)
			add_json(&j, &all.v[i], false);
		else
			add_row(&t, &all.v[i]);
	}
	if (c->opt.json) {
		json_end_arr(&j);
		buf_char(&out, '\n');
	} else {
		out_table(&t, &out);
	}
	zone_networks_done(&all);
	return out_write(&out, e);
}

static void add_lines(struct buf *out, const struct zone_network *n)
{
	buf_fmt(out, "Name:       %s\n", n->name);
	buf_fmt(out, "State:      %s\n", n->up ? "UP" : "DOWN");
	buf_fmt(out, "Bridge:     %s\n", n->bridge);
	buf_fmt(out, "MAC:        %s\n", n->mac);
	buf_fmt(out, "IPv4:       %s\n", n->ipv4);
	buf_fmt(out, "IPv6:       %s\n", n->ipv6 ? n->ipv6 : "none");
	buf_fmt(out, "MTU:        %llu\n", (unsigned long long)n->mtu);
	buf_fmt(out, "NAT:        %s\n", word(n->nat));
	buf_fmt(out, "DHCP:       %s\n", word(n->dhcp));
	buf_fmt(out, "Internal:   %s\n", word(n->internal));
	buf_fmt(out, "Isolated:   %s\n", word(n->isolated));
	buf_fmt(out, "VLAN-aware: %s\n", word(n->vlan_aware));
	buf_str(out, "Zones:     ");
	for (size_t i = 0; i < n->zones.n; i++)
		buf_fmt(out, " %s", n->zones.v[i]);
	buf_str(out, n->zones.n ? "\n" : " none\n");
	if (n->blocked)
		buf_fmt(out,
			"Blocked by: %s, which drops what it sends; zone network up %s mends it\n",
			n->blocked, n->name);
}

static int info_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	const bool several = c->n_args > 1;
	int r = cmd_host(c, e);

	(void)opts;
	if (c->opt.json && several)
		json_arr(&j, NULL);
	for (int i = 0; r == 0 && i < c->n_args; i++) {
		struct zone_networks one = { 0 };

		c->name = c->args[i];
		r = zone_network_list(c->host, c->name, &one, e);
		if (r < 0)
			return r;
		if (c->opt.json)
			add_json(&j, &one.v[0], true);
		else
			add_lines(&out, &one.v[0]);
		zone_networks_done(&one);
	}
	if (c->opt.json && several)
		json_end_arr(&j);
	if (c->opt.json)
		buf_char(&out, '\n');
	return r < 0 ? r : out_write(&out, e);
}

const struct verb verb_network_ls = {
	.name = "network ls",
	.alias = "network list",
	.args = "[NETWORK...]",
	.help = "list networks",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.max_args = -1,
	.run = ls_run,
};

const struct verb verb_network_info = {
	.name = "network info",
	.args = "NETWORK...",
	.help = "all about networks",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 1,
	.max_args = -1,
	.run = info_run,
};
