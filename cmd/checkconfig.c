/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone checkconfig: what this host can do. For everybody, with fewer results. */
#include <stdio.h>
#include <unistd.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

struct checkconfig_opts {
	unsigned zones;
};

static const struct opt checkconfig_opts[] = {
	{ 0, "zones", "N", "what has to be raised for so many zones (1000)", OPT_UINT,
	  offsetof(struct checkconfig_opts, zones) },
	{ 0 },
};
static const struct checkconfig_opts checkconfig_defaults = { .zones = 1000 };

static void checks_json(const struct zone_checks *checks, struct buf *out)
{
	struct json j = { .out = out };

	json_arr(&j, NULL);
	for (size_t i = 0; i < checks->n; i++) {
		const struct zone_check *k = &checks->v[i];

		json_obj(&j, NULL);
		json_str(&j, "id", k->id);
		json_str(&j, "what", k->what);
		json_str(&j, "status", k->status);
		json_str(&j, "needed", k->needed);
		json_str(&j, "detail", k->detail);
		json_end_obj(&j);
	}
	json_end_arr(&j);
	buf_char(out, '\n');
}

static void checks_text(const struct zone_checks *checks, struct buf *out)
{
	static const char *const heads[] = { "STATUS", "NEEDED", "WHAT", "DETAIL" };
	AUTO_TABLE struct out_table t = { .heads = heads,
					  .columns = 4,
					  .colour = out_colour(STDOUT_FILENO) };

	for (size_t i = 0; i < checks->n; i++) {
		out_cell(&t, checks->v[i].status);
		out_cell(&t, checks->v[i].needed);
		out_cell(&t, checks->v[i].what);
		out_cell(&t, checks->v[i].detail);
	}
	out_table(&t, out);
}

static int checkconfig_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct zone_checks checks = { 0 };
	AUTO_BUF struct buf out = { 0 };
	size_t lacking = 0;
	int r = zone_checkconfig(((const struct checkconfig_opts *)opts)->zones, &checks, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < checks.n; i++)
		lacking +=
			str_eq(checks.v[i].needed, "must") && str_eq(checks.v[i].status, "missing");
	if (c->opt.json)
		checks_json(&checks, &out);
	else
		checks_text(&checks, &out);
	zone_checks_done(&checks);
	r = out_write(&out, e);
	if (r == 0 && geteuid() != 0 && !c->opt.quiet)
		(void)fputs("note: root sees more\n", stderr);
	return r < 0 ? r : lacking > 0 ? ZERR_HOST : 0;
}

const struct verb verb_checkconfig = {
	.name = "checkconfig",
	.args = "",
	.help = "try what this host can do",
	.group = GROUP_HOST,
	.flags = VERB_ANYONE,
	.opts = checkconfig_opts,
	.defaults = &checkconfig_defaults,
	.opts_size = sizeof(struct checkconfig_opts),
	.run = checkconfig_run,
};
