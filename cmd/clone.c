/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone clone and zone rename. */
#include "cmd/verbs.h"

struct clone_opts {
	const char *from;
	bool full, reset;
};
#define O(member) offsetof(struct clone_opts, member)

static const struct opt clone_opts[] = {
	{ 0, "from", "SNAP", "as it is in this snapshot", OPT_STR, O(from) },
	{ 0, "full", NULL, "copy all, stand on nothing of the source", OPT_FLAG, O(full) },
	{ 0, "reset-identity", NULL, "new ssh host keys and the like inside", OPT_FLAG, O(reset) },
	{ 0 },
};

static int clone_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct clone_opts *o = opts;
	const struct zone_clone z = { .snapshot = o->from,
				      .full = o->full,
				      .reset_identity = o->reset };
	int r = name_check_zone(c->args[0], e);

	if (r == 0 && o->from)
		r = name_check_snapshot(o->from, e);
	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_clone(c->host, c->name, c->args[0], &z, e);
}

const struct verb verb_clone = {
	.name = "clone",
	.alias = "copy",
	.args = "NAME NEW",
	.help = "make a zone like another, running or not",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.opts = clone_opts,
	.opts_size = sizeof(struct clone_opts),
	.run = clone_run,
};

static int rename_run(struct cmd *c, void *opts, struct zerr *e)
{
	int r = name_check_zone(c->args[0], e);

	(void)opts;
	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_rename(c->host, c->name, c->args[0], e);
}

const struct verb verb_rename = {
	.name = "rename",
	.args = "NAME NEW",
	.help = "give a stopped zone another name",
	.group = GROUP_MAKE,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.run = rename_run,
};
