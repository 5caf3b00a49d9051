/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone device add, rm: device nodes of the host for a zone. */
#include "cmd/out.h"
#include "cmd/verbs.h"

typedef int change_fn(struct zone_host *h, const char *name, const char *path,
		      struct strv *ret_live, struct zerr *e);

static int change(struct cmd *c, change_fn *fn, struct zerr *e)
{
	AUTO_STRV struct strv live = { 0 };
	int r = cmd_host(c, e);

	if (r == 0)
		r = fn(c->host, c->name, c->args[0], &live, e);
	return r == 0 && !c->opt.quiet && live.n ? out_line(e, "%s: %s", c->args[0], live.v[0]) : r;
}

static int add_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return change(c, zone_device_add, e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return change(c, zone_device_remove, e);
}

const struct verb verb_device_add = {
	.name = "device add",
	.args = "NAME PATH",
	.help = "give a zone a device node of the host",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.run = add_run,
};

const struct verb verb_device_rm = {
	.name = "device rm",
	.args = "NAME PATH",
	.help = "take a device node away from a zone",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.run = rm_run,
};
