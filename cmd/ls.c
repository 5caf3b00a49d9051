/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone ls: names, or a table of zones. Waits for no lock. */
#include <unistd.h>

#include "cmd/each.h"
#include "cmd/out.h"
#include "cmd/row.h"

struct ls_opts {
	bool fancy, single, running, stopped, frozen, active;
	const char *columns, *groups;
};
#define O(member) offsetof(struct ls_opts, member)

static const struct opt ls_opts[] = {
	{ 'f', "fancy", NULL, "a table", OPT_FLAG, O(fancy) },
	{ '1', "single", NULL, "one name per line", OPT_FLAG, O(single) },
	{ 'F', "fancy-format", "COLS", "a table of these columns, separated by commas", OPT_STR,
	  O(columns) },
	{ 0, "running", NULL, "running ones only", OPT_FLAG, O(running) },
	{ 0, "stopped", NULL, "stopped ones only", OPT_FLAG, O(stopped) },
	{ 0, "frozen", NULL, "frozen ones only", OPT_FLAG, O(frozen) },
	{ 0, "active", NULL, "running and frozen ones only", OPT_FLAG, O(active) },
	{ 'g', "groups", "GROUPS", "those in one of these groups, separated by commas", OPT_STR,
	  O(groups) },
	{ 0 },
};

#define LS_DEFAULT_COLUMNS "NAME,STATE,AUTOSTART,GROUPS,IPV4,IPV6,UNPRIVILEGED"

struct listing {
	const struct ls_opts *o;
	struct strv groups;
	const struct row_field *columns[ROW_COLUMNS_MAX];
	const char *heads[ROW_COLUMNS_MAX];
	bool must_exist; /* names were given: a missing one is an error */
	int needs;	 /* ZONE_LS_* */
	bool plain;	 /* names alone, nothing about them is asked */
	struct out_table table;
	struct strv names;
	struct buf text; /* JSON */
	struct json json;
};

static bool by_state(const struct ls_opts *o)
{
	return o->running || o->stopped || o->frozen || o->active;
}

static bool wanted(const struct listing *l, const struct zone_info *i)
{
	const struct ls_opts *o = l->o;
	const bool running = str_eq(i->state, "RUNNING"), frozen = str_eq(i->state, "FROZEN");
	bool member = l->groups.n == 0;

	for (size_t g = 0; g < l->groups.n; g++)
		member |= strv_has(&i->groups, l->groups.v[g]);
	if (!member)
		return false;
	if (!by_state(o))
		return true;
	return (o->running && running) || (o->frozen && frozen) ||
	       (o->active && (running || frozen)) || (o->stopped && str_eq(i->state, "STOPPED"));
}

static void add(struct cmd *c, struct listing *l, const struct zone_info *i)
{
	if (c->opt.json) {
		json_obj(&l->json, NULL);
		row_json(&l->json, i);
		json_end_obj(&l->json);
	} else if (l->table.columns > 0) {
		for (size_t n = 0; n < l->table.columns; n++)
			row_cell(&l->table, l->columns[n], i);
	} else {
		l->table.failed |= strv_add(&l->names, i->name) < 0;
	}
}

static int list_one(struct cmd *c, struct listing *l, const char *name)
{
	struct zone_info i = { 0 };
	struct zerr e = { 0 };

	if (l->plain) {
		l->table.failed |= strv_add(&l->names, name) < 0;
		return 0;
	}
	if (zone_info_row(c->host, name, l->needs, &i, &e) < 0) {
		/* one that was destroyed since the names were read */
		if (e.status == ZERR_MISSING && !l->must_exist)
			return 0;
		return cmd_fail(c, name, &e);
	}
	if (wanted(l, &i))
		add(c, l, &i);
	zone_info_done(&i);
	return 0;
}

static int print_listing(struct cmd *c, struct listing *l, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };

	if (l->table.failed)
		return zerr_code(e, ENOMEM, "list");
	if (c->opt.json) {
		json_end_arr(&l->json);
		buf_char(&l->text, '\n');
		return out_write(&l->text, e);
	}
	if (l->table.columns > 0)
		out_table(&l->table, &out);
	else
		out_names(&l->names,
			  l->o->single || !out_is_terminal(STDOUT_FILENO)
				  ? 0
				  : out_columns(STDOUT_FILENO),
			  &out);
	return out_write(&out, e);
}

static int plan_columns(struct listing *l, const char *list, struct zerr *e)
{
	const int n = row_columns(list, l->columns, e);

	for (int i = 0; i < n; i++) {
		l->heads[i] = l->columns[i]->head;
		l->needs |= l->columns[i]->needs;
	}
	l->table = (struct out_table){ .heads = l->heads,
				       .columns = n < 0 ? 0 : (size_t)n,
				       .colour = out_colour(STDOUT_FILENO) };
	return n < 0 ? n : 0;
}

/* What is asked of every zone. */
static int plan(const struct cmd *c, struct listing *l, struct zerr *e)
{
	const struct ls_opts *o = l->o;
	const bool filtered = o->groups || by_state(o);
	int r = 0;

	if (o->columns || o->fancy)
		r = plan_columns(l, o->columns ? o->columns : LS_DEFAULT_COLUMNS, e);
	if (r == 0 && o->groups && strv_split(&l->groups, o->groups, ", ") < 0)
		r = zerr_code(e, ENOMEM, "groups");
	if (o->groups)
		l->needs |= ZONE_LS_CONFIG;
	if (c->opt.json)
		l->needs = ZONE_LS_ALL;
	l->must_exist = c->n_args > 0;
	l->plain = !c->opt.json && l->table.columns == 0 && !filtered && !l->must_exist;
	l->json.out = &l->text;
	return r;
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct listing l = { .o = opts };
	AUTO_STRV struct strv names = { 0 };
	int r = plan(c, &l, e), status = 0;

	if (r == 0)
		r = each_names(c, &names, e);
	if (r == 0) {
		if (c->opt.json)
			json_arr(&l.json, NULL);
		for (size_t i = 0; i < names.n; i++)
			status = status_combine(status, list_one(c, &l, names.v[i]));
		r = print_listing(c, &l, e);
	}
	strv_done(&l.groups);
	strv_done(&l.names);
	out_table_done(&l.table);
	buf_done(&l.text);
	return r < 0 ? r : status;
}

const struct verb verb_ls = {
	.name = "ls",
	.alias = "list",
	.args = "[PATTERN...]",
	.help = "list zones",
	.group = GROUP_LOOK,
	.flags = VERB_PATTERNS,
	.max_args = -1,
	.opts = ls_opts,
	.opts_size = sizeof(struct ls_opts),
	.run = ls_run,
};
