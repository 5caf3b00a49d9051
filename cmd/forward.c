/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone forward add, ls, rm: ports of the host that lead to zones. */
#include "cmd/each.h"
#include "cmd/out.h"

static int add_run(struct cmd *c, void *opts, struct zerr *e)
{
	const int r = cmd_host(c, e);

	(void)opts;
	return r < 0 ? r : zone_forward_add(c->host, c->name, c->args[0], c->args[1], e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	int r = cmd_host(c, e);

	(void)opts;
	for (int i = 0; r == 0 && i < c->n_args; i++)
		r = zone_forward_remove(c->host, c->name, c->args[i], e);
	return r;
}

static void add_json(struct json *j, const struct zone_forward *f)
{
	json_obj(j, NULL);
	json_str(j, "zone", f->zone);
	json_str(j, "port", f->port);
	json_str(j, "protocol", f->udp ? "udp" : "tcp");
	json_str(j, "address", f->address);
	json_u64(j, "first_port", f->first);
	json_u64(j, "last_port", f->last);
	json_u64(j, "zone_port", f->to);
	json_end_obj(j);
}

static void add_cells(struct out_table *t, const struct zone_forward *f)
{
	out_cell(t, f->zone);
	out_cell(t, f->udp ? "udp" : "tcp");
	out_cell(t, f->address ? f->address : "*");
	if (f->last > f->first) {
		out_cell_fmt(t, "%u-%u", f->first, f->last);
		out_cell_fmt(t, "%u-%u", f->to, f->to + (f->last - f->first));
	} else {
		out_cell_fmt(t, "%u", f->first);
		out_cell_fmt(t, "%u", f->to);
	}
}

static int print(const struct cmd *c, const struct zone_forwards *all, struct zerr *e)
{
	static const char *const heads[] = { "ZONE", "PROTOCOL", "ADDRESS", "PORT", "ZONE-PORT" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 5 };
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	if (c->opt.json)
		json_arr(&j, NULL);
	for (size_t i = 0; i < all->n; i++) {
		if (c->opt.json)
			add_json(&j, &all->v[i]);
		else
			add_cells(&t, &all->v[i]);
	}
	if (c->opt.json) {
		json_end_arr(&j);
		buf_char(&out, '\n');
	} else {
		out_table(&t, &out);
	}
	return out_write(&out, e);
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	struct zone_forwards all = { 0 };
	int status = 0, r = each_names(c, &names, e);

	(void)opts;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct zerr one = { 0 };

		if (zone_forward_list(c->host, names.v[i], &all, &one) < 0)
			status = status_combine(status, cmd_fail(c, names.v[i], &one));
	}
	if (r == 0 && (status == 0 || all.n > 0))
		r = print(c, &all, e);
	zone_forwards_done(&all);
	return r < 0 ? r : status;
}

const struct verb verb_forward_add = {
	.name = "forward add",
	.args = "NAME [ADDRESS:]PORT[-PORT][/udp] ZONEPORT",
	.help = "lead a port of the host to a zone",
	.group = GROUP_NETWORK,
	.flags = VERB_NAME,
	.min_args = 2,
	.max_args = 2,
	.run = add_run,
};

const struct verb verb_forward_ls = {
	.name = "forward ls",
	.alias = "forward list",
	.args = "[NAME...]",
	.help = "list forwarded ports",
	.group = GROUP_NETWORK,
	.flags = VERB_NAMES | VERB_NAMES_OPTIONAL,
	.max_args = -1,
	.run = ls_run,
};

const struct verb verb_forward_rm = {
	.name = "forward rm",
	.args = "NAME [ADDRESS:]PORT[-PORT][/udp]...",
	.help = "lead ports there no longer",
	.group = GROUP_NETWORK,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = -1,
	.run = rm_run,
};
