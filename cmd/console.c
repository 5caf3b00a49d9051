/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone console: attach to a zone's console, or print its log. */
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/escape.h"
#include "cmd/out.h"
#include "cmd/tty.h"
#include "cmd/verbs.h"

enum { HISTORY_MAX = 64 * 1024 };

struct console_opts {
	unsigned tty;
	const char *escape;
	bool read_only, force, log;
};
#define O(member) offsetof(struct console_opts, member)

static const struct opt console_opts[] = {
	{ 't', "tty", "N", "0 is /dev/console, 1... those of console.ttys (0)", OPT_UINT, O(tty) },
	{ 'e', "escape", "CHAR", "the escape key: ^a, or none (^a)", OPT_STR, O(escape) },
	{ 0, "read-only", NULL, "look only", OPT_FLAG, O(read_only) },
	{ 0, "force", NULL, "take over from another writer", OPT_FLAG, O(force) },
	{ 0, "log", NULL, "print its log and end", OPT_FLAG, O(log) },
	{ 0 },
};
static const struct console_opts console_defaults = { .escape = "^a" };

static int print_log(struct cmd *c, unsigned tty, struct zerr *e)
{
	AUTO_BUF struct buf raw = { 0 }, text = { 0 };
	const int r = zone_log_read(c->host, c->name, tty, UINT64_MAX, SIZE_MAX, &raw, e);

	if (r < 0 || !out_is_terminal(STDOUT_FILENO))
		return r < 0 ? r : out_write(&raw, e);
	out_log(&text, raw.p, raw.len);
	return out_write(&text, e);
}

/* What the user should know, before the terminal is raw. */
static void greet(const struct cmd *c, const struct console_opts *o, bool writer, int key)
{
	char name[8];

	if (c->opt.quiet)
		return;
	if (!writer && !o->read_only)
		(void)fprintf(stderr,
			      "note: the console of %s has another writer, this is read-only; "
			      "--force takes over\n",
			      c->name);
	if (out_is_terminal(STDIN_FILENO) && key >= 0)
		(void)fprintf(stderr, "note: console of %s; %s q leaves\n", c->name,
			      escape_name(key, name));
}

static int attach(struct cmd *c, const struct console_opts *o, int key, struct zerr *e)
{
	const int flags =
		(o->read_only ? ZONE_CONSOLE_READONLY : 0) | (o->force ? ZONE_CONSOLE_FORCE : 0);
	AUTO_BUF struct buf first = { 0 };
	struct zerr log = { 0 };
	uint64_t history = 0;
	bool writer = false;
	AUTO_CLOSE int fd = zone_console(c->host, c->name, o->tty, flags, &writer, &history, e);
	const struct tty_pump p = {
		.in = STDIN_FILENO,
		.to = fd,
		.from = fd,
		.out = STDOUT_FILENO,
		.pidfd = -1,
		.escape = key,
		.mute = !writer,
		.raw = true,
		.eof = TTY_EOF_NONE,
		.first = &first,
		.send = tty_console_send,
		.resize = writer ? zone_console_resize : NULL,
	};

	if (fd < 0)
		return fd;
	/* a console without its history is better than none */
	(void)zone_log_read(c->host, c->name, o->tty, history, HISTORY_MAX, &first, &log);
	greet(c, o, writer, key);
	return tty_pump(&p, e);
}

static int console_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct console_opts *o = opts;
	int key, r;

	if (o->read_only && o->force)
		return zerr_as(e, ZERR_USAGE, "either --read-only or --force");
	r = escape_parse(o->escape, &key, e);
	if (r == 0)
		r = cmd_host(c, e);
	if (r < 0)
		return r;
	if (o->log)
		return print_log(c, o->tty, e);
	r = attach(c, o, key, e);
	if (r < 0)
		return r;
	if (out_is_terminal(STDERR_FILENO) && !c->opt.quiet)
		(void)fputs(r == TTY_GONE ? "\nnote: the zone has stopped\n" : "\n", stderr);
	return r == TTY_SIGNAL ? zerr_set(e, EINTR, "interrupted") : 0;
}

const struct verb verb_console = {
	.name = "console",
	.args = "NAME",
	.help = "attach to the console of a zone",
	.group = GROUP_INSIDE,
	.flags = VERB_NAME,
	.opts = console_opts,
	.opts_size = sizeof(struct console_opts),
	.defaults = &console_defaults,
	.run = console_run,
};
