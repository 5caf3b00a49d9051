/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone network create, set, rm, up, down. What a network is made of is the library's to judge. */
#include "cmd/each.h"
#include "cmd/out.h"

struct create_opts {
	const char *subnet, *ipv6, *mtu;
	bool nat, no_nat, internal, isolated, vlan_aware, dhcp, no_dhcp;
};
#define O(member) offsetof(struct create_opts, member)

static const struct opt create_opts[] = {
	{ 0, "subnet", "CIDR", "IPv4 subnet; a free one is picked", OPT_STR, O(subnet) },
	{ 0, "ipv6", "CIDR|none", "IPv6 prefix of 64 bits; the machine's own", OPT_STR, O(ipv6) },
	{ 0, "nat", NULL, "packets leave with the host's address (the default)", OPT_FLAG, O(nat) },
	{ 0, "no-nat", NULL, "they keep their own", OPT_FLAG, O(no_nat) },
	{ 0, "internal", NULL, "the host and its zones only", OPT_FLAG, O(internal) },
	{ 0, "isolated", NULL, "zones do not reach each other", OPT_FLAG, O(isolated) },
	{ 0, "vlan-aware", NULL, "tell VLANs apart", OPT_FLAG, O(vlan_aware) },
	{ 0, "mtu", "N", "largest packet (1500)", OPT_STR, O(mtu) },
	{ 0, "dhcp", NULL, "give addresses and names by dnsmasq (the default)", OPT_FLAG, O(dhcp) },
	{ 0, "no-dhcp", NULL, "without", OPT_FLAG, O(no_dhcp) },
	{ 0 },
};

static int collect(const struct create_opts *o, struct strv *set, struct zerr *e)
{
	const struct {
		const char *key, *text;
		bool set;
	} rows[] = {
		{ "ipv4", o->subnet, o->subnet != NULL },
		{ "ipv6", o->ipv6, o->ipv6 != NULL },
		{ "mtu", o->mtu, o->mtu != NULL },
		{ "nat", o->nat ? "yes" : "no", o->nat || o->no_nat },
		{ "internal", "yes", o->internal },
		{ "isolated", "yes", o->isolated },
		{ "vlan_aware", "yes", o->vlan_aware },
		{ "dhcp", o->dhcp ? "yes" : "no", o->dhcp || o->no_dhcp },
	};

	if ((o->nat && o->no_nat) || (o->dhcp && o->no_dhcp))
		return zerr_as(e, ZERR_USAGE, "either --%s or --no-%s", o->dhcp ? "dhcp" : "nat",
			       o->dhcp ? "dhcp" : "nat");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].set && strv_addf(set, "%s=%s", rows[i].key, rows[i].text) < 0)
			return zerr_code(e, ENOMEM, "network");
	return 0;
}

static int create_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv set = { 0 };
	int r = collect(opts, &set, e);

	c->name = c->args[0];
	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_network_create(c->host, c->name, &set, e);
}

static int set_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv set = { 0 };
	int r = 0;

	(void)opts;
	c->name = c->args[0];
	for (int i = 1; r == 0 && i < c->n_args; i++)
		r = strv_add(&set, c->args[i]);
	if (r < 0)
		return zerr_code(e, ENOMEM, "network");
	r = cmd_host(c, e);
	return r < 0 ? r : zone_network_set(c->host, c->name, &set, e);
}

static int remove_one(struct zone_host *h, const char *name, struct zerr *e)
{
	return zone_network_remove(h, name, e);
}

static int up_one(struct zone_host *h, const char *name, struct zerr *e)
{
	return zone_network_hold(h, name, true, e);
}

static int down_one(struct zone_host *h, const char *name, struct zerr *e)
{
	return zone_network_hold(h, name, false, e);
}

/* All of the names are tried. */
static int each(struct cmd *c, int (*fn)(struct zone_host *, const char *, struct zerr *),
		struct zerr *e)
{
	const int r = cmd_host(c, e);
	int status = 0;

	for (int i = 0; r == 0 && i < c->n_args && !zone_signal(); i++) {
		struct zerr one = { 0 };

		if (fn(c->host, c->args[i], &one) < 0)
			status = status_combine(status, cmd_fail(c, c->args[i], &one));
	}
	return r < 0 ? r : status;
}

typedef int plug_fn(struct zone_host *h, const char *name, const char *nic, const struct strv *set,
		    struct strv *ret_live, struct zerr *e);

static int detach(struct zone_host *h, const char *name, const char *nic, const struct strv *set,
		  struct strv *ret_live, struct zerr *e)
{
	(void)set;
	return zone_network_detach(h, name, nic, ret_live, e);
}

static int plug(struct cmd *c, plug_fn *fn, struct zerr *e)
{
	AUTO_STRV struct strv set = { 0 }, live = { 0 };
	int r = 0;

	for (int i = 1; r == 0 && i < c->n_args; i++)
		r = strv_add(&set, c->args[i]);
	if (r < 0)
		return zerr_code(e, ENOMEM, "network");
	r = cmd_host(c, e);
	if (r == 0)
		r = fn(c->host, c->name, c->args[0], &set, &live, e);
	return r == 0 && !c->opt.quiet && live.n ? out_line(e, "%s: %s", c->args[0], live.v[0]) : r;
}

static int attach_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return plug(c, zone_network_attach, e);
}

static int detach_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return plug(c, detach, e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return each(c, remove_one, e);
}

static int up_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return each(c, up_one, e);
}

static int down_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return each(c, down_one, e);
}

const struct verb verb_network_create = {
	.name = "network create",
	.args = "NETWORK",
	.help = "make a network for zones",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 1,
	.max_args = 1,
	.opts = create_opts,
	.opts_size = sizeof(struct create_opts),
	.run = create_run,
};

const struct verb verb_network_set = {
	.name = "network set",
	.args = "NETWORK KEY=VALUE...",
	.help = "change a network",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 2,
	.max_args = -1,
	.run = set_run,
};

const struct verb verb_network_rm = {
	.name = "network rm",
	.args = "NETWORK...",
	.help = "remove networks that no zone is on",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 1,
	.max_args = -1,
	.run = rm_run,
};

const struct verb verb_network_up = {
	.name = "network up",
	.args = "NETWORK...",
	.help = "bring networks up, and keep them up without zones",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 1,
	.max_args = -1,
	.run = up_run,
};

const struct verb verb_network_down = {
	.name = "network down",
	.args = "NETWORK...",
	.help = "take networks down that no zone is on",
	.group = GROUP_NETWORK,
	.flags = VERB_NETWORK,
	.min_args = 1,
	.max_args = -1,
	.run = down_run,
};

const struct verb verb_network_attach = {
	.name = "network attach",
	.args = "NAME NIC [KEY=VALUE...]",
	.help = "give a zone one more interface, at once when it runs",
	.group = GROUP_NETWORK,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = -1,
	.run = attach_run,
};

const struct verb verb_network_detach = {
	.name = "network detach",
	.args = "NAME NIC",
	.help = "take an interface away from a zone",
	.group = GROUP_NETWORK,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.run = detach_run,
};
