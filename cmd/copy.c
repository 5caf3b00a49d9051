/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone push, zone pull: copy files into a zone and out of it. */
#include "cmd/verbs.h"

static int copy(struct cmd *c, bool push, struct zerr *e)
{
	const int r = cmd_host(c, e);

	if (r < 0)
		return r;
	return zone_copy_files(c->host, c->name, push, c->args, c->n_args - 1,
			       c->args[c->n_args - 1], e);
}

static int push_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return copy(c, true, e);
}

static int pull_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return copy(c, false, e);
}

const struct verb verb_push = {
	.name = "push",
	.args = "NAME SRC... DST",
	.help = "copy files into a zone; - is standard input",
	.group = GROUP_INSIDE,
	.flags = VERB_NAME,
	.min_args = 2,
	.max_args = -1,
	.run = push_run,
};

const struct verb verb_pull = {
	.name = "pull",
	.args = "NAME SRC... DST",
	.help = "copy files out of a zone; - is standard output",
	.group = GROUP_INSIDE,
	.flags = VERB_NAME,
	.min_args = 2,
	.max_args = -1,
	.run = pull_run,
};
