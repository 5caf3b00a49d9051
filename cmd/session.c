/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One invocation's host handle, and the one way an error is printed. */
#include <stdio.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

static void on_log(int level, const char *text, void *arg)
{
	struct cmd *c = arg;
	AUTO_BUF struct buf line = { 0 };

	if (c->opt.quiet || (level > 1 && !c->opt.verbose))
		return;
	buf_str(&line, level == 0 ? "warning: " : "note: ");
	out_clean(&line, text);
	progress_clear(&c->progress);
	if (!line.failed)
		(void)fprintf(stderr, "%s\n", line.p); /* nowhere to report that to */
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct cmd *c = arg;

	progress_update(&c->progress, what, done, total);
}

int cmd_ms(int seconds)
{
	if (seconds < 0)
		return -1;
	return seconds > INT_MAX / 1000 ? INT_MAX : seconds * 1000;
}

int cmd_open(struct cmd *c, bool quiet, struct zone_host **ret, struct zerr *e)
{
	const struct zone_options o = {
		.path = c->opt.path,
		.lock_wait_ms = cmd_ms(c->opt.lock_wait),
		.log = on_log,
		.progress = quiet || c->opt.quiet ? NULL : on_progress,
		.arg = c,
	};

	return zone_host_open(&o, ret, e);
}

int cmd_host(struct cmd *c, struct zerr *e)
{
	return c->host ? 0 : cmd_open(c, false, &c->host, e);
}

int cmd_status(const struct verb *v, const struct zerr *e)
{
	const int status = e->status > 0 ? e->status : ZERR_FAILED;

	if (!v || !(v->flags & VERB_COMMAND) || status == 126 || status == 127)
		return status;
	if ((v->flags & VERB_STATE) && (status == ZERR_MISSING || status == ZERR_STATE))
		return status;
	return 125;
}

int cmd_fail(struct cmd *c, const char *name, const struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };

	buf_str(&text, "zone: ");
	if (c->verb)
		buf_fmt(&text, "%s%s", c->verb->name, name ? " " : ": ");
	if (name) {
		out_clean(&text, name);
		buf_str(&text, ": ");
	}
	out_clean(&text, e->msg);
	buf_char(&text, '\n');
	if (*e->hint) {
		buf_str(&text, "hint: ");
		out_clean(&text, e->hint);
		buf_char(&text, '\n');
	}
	progress_clear(&c->progress);
	if (!text.failed)
		(void)fwrite(text.p, 1, text.len, stderr); /* nowhere to report that to */
	return cmd_status(c->verb, e);
}
