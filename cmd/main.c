/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone(8): finds the verb, runs it, prints the one error line and leaves with its status.
 * Everything about zones is behind zone.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/complete.h"
#include "cmd/each.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

static int show_help(const struct cmd *c, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };

	if (c->opt.version)
		return out_line(e, "zone %s", ZONE_VERSION);
	if (c->group)
		help_group(c->group, &text);
	else if (c->verb)
		help_verb(c->verb, &text);
	else
		help_all(&text);
	return out_write(&text, e);
}

static int run(struct cmd *c, int argc, char **argv, struct zerr *e)
{
	int r = cmd_parse(c, argc, argv, e);

	if (r < 0)
		return r;
	if (c->opt.help || c->opt.version)
		return show_help(c, e);
	if (!(c->verb->flags & VERB_ANYONE) && geteuid() != 0)
		return zerr_hint(e, zerr_as(e, ZERR_PERM, "not permitted: needs root"),
				 "run it with sudo");
	zone_catch_signals();
	return c->verb->run ? c->verb->run(c, c->opts, e) : each_run(c, c->opts, e);
}

int main(int argc, char **argv)
{
	struct cmd c = { 0 };
	struct zerr e = { 0 };
	int r, status;

	if (argc > 1 && argv[1][0] == '.')
		return zone_internal(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return complete_main(argc - 2, argv + 2);

	/* A reader that went away is an error of the write, not the end in the middle of things. */
	(void)signal(SIGPIPE, SIG_IGN);
	c.opt.path = getenv("ZONE_PATH");
	if (c.opt.path && !*c.opt.path)
		c.opt.path = NULL;
	c.started = now_ms();
	r = run(&c, argc, argv, &e);
	if (r >= 0) {
		status = r;
		r = out_flush(&e);
	}
	if (r < 0)
		status = e.code == EPIPE && ferror(stdout) ? ZERR_FAILED : cmd_fail(&c, c.name, &e);
	progress_clear(&c.progress);
	cmd_done(&c);
	return status;
}
