/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone run: one command in a new zone of an image, or on a throw-away layer over a stopped zone. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/own.h"
#include "cmd/foreground.h"
#include "cmd/start.h"
#include "cmd/tty.h"

struct run_opts {
	bool rm, keep;
	struct strv set;
};
#define O(member) offsetof(struct run_opts, member)

static const struct opt run_opts[] = {
	{ 0, "rm", NULL, "leave nothing behind (the default)", OPT_FLAG, O(rm) },
	{ 0, "keep", NULL, "keep the new zone, or the changes to ZONE", OPT_FLAG, O(keep) },
	{ 's', "set", "KEY=VALUE", "a key, for this run only; may be repeated", OPT_LIST, O(set) },
	{ 0 },
};

enum { NAME_RANDOM = 6 };

/* "run-" and six of [a-z0-9]. */
static int random_name(char out[static 16], struct zerr *e)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char bytes[NAME_RANDOM];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return zerr_sys(e, "random name");
	(void)strcpy(out, "run-");
	for (size_t i = 0; i < NAME_RANDOM; i++)
		out[4 + i] = digits[bytes[i] % (sizeof(digits) - 1)];
	out[4 + NAME_RANDOM] = '\0';
	return 0;
}

/* The download template's arguments for DIST/RELEASE[/ARCH[/VARIANT]]. */
static int image_args(const char *image, struct strv *ret, struct zerr *e)
{
	static const char *const flags[] = { "-d", "-r", "-a", "--variant" };
	AUTO_STRV struct strv parts = { 0 };
	int r = strv_split(&parts, image, "/");

	if (r == 0 && (parts.n < 2 || parts.n > 4 || strstr(image, "//") || *image == '/' ||
		       str_ends(image, "/")))
		return zerr_as(e, ZERR_USAGE, "\"%.100s\" is not DIST/RELEASE[/ARCH[/VARIANT]]",
			       image);
	for (size_t i = 0; r == 0 && i < parts.n; i++) {
		r = strv_add(ret, flags[i]);
		if (r == 0)
			r = strv_add(ret, parts.v[i]);
	}
	return r < 0 ? zerr_code(e, -r, "image") : 0;
}

/* Passed on to the stub, which passes it to the command. The third one ends the zone. */
static void run_signal(struct cmd *c, struct foreground *f, int sig, unsigned count)
{
	struct zerr e = { 0 };
	char number[12];

	(void)snprintf(number, sizeof(number), "%d", sig);
	(void)zone_kill(c->host, f->name, count < 3 ? number : NULL, &e); /* may have ended */
}

/* Start the command in @name and stay. Its status, or -errno and @e. */
static int run_in(struct cmd *c, const char *name, bool scratch, const struct run_opts *o,
		  struct zerr *e)
{
	const bool console = tty_is_ours();
	const struct zone_start s = {
		.wait = ZONE_WAIT_RUNNING,
		.timeout_ms = START_TIMEOUT * 1000,
		.set = &o->set,
		.argv = c->rest,
		.stub = true,
		.stdio = { console ? -1 : 0, console ? -1 : 1, console ? -1 : 2 },
		.scratch = scratch,
	};
	struct foreground f = {
		.name = name, .console = console, .escape = -1, .signal = run_signal
	};
	int r = zone_log_end(c->host, name, &f.log, e);

	if (r == 0)
		r = zone_start(c->host, name, &s, e);
	return r < 0 ? r : foreground(c, &f, e);
}

static int run_image(struct cmd *c, const struct run_opts *o, struct zerr *e)
{
	AUTO_STRV struct strv args = { 0 };
	struct zone_create z = { .template = "download" };
	struct zerr undo = { 0 };
	char name[16];
	int r = image_args(c->args[0], &args, e);

	if (r == 0)
		r = random_name(name, e);
	if (r < 0)
		return r;
	z.template_argc = (int)args.n;
	z.template_argv = args.v;
	r = zone_create(c->host, name, &z, e);
	if (r < 0)
		return r;
	progress_clear(&c->progress);
	r = run_in(c, name, false, o, e);
	if (o->keep) {
		(void)fprintf(stderr, "note: kept as %s\n", name);
		return r;
	}
	zone_hold_signals(true);
	if (zone_destroy(c->host, name, true, true, &undo) < 0)
		(void)cmd_fail(c, name, &undo); /* the command's status is worth more */
	return r;
}

static int run_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct run_opts *o = opts;
	int r;

	if (o->rm && o->keep)
		return zerr_as(e, ZERR_USAGE, "either --rm or --keep");
	c->name = c->args[0];
	if (!c->rest)
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "the command is missing"), "zone %s %s",
				 c->verb->name, c->verb->args);
	if (!strchr(c->name, '/')) {
		r = name_check_zone(c->name, e);
		if (r < 0)
			return zerr_hint(e, r, "an image has a slash: DIST/RELEASE");
	}
	r = cmd_host(c, e);
	if (r < 0)
		return r;
	if (strchr(c->name, '/'))
		return run_image(c, o, e);
	r = run_in(c, c->name, !o->keep, o, e);
	return e->status == ZERR_MISSING ? zerr_hint(e, r, "an image has a slash: DIST/RELEASE")
					 : r;
}

const struct verb verb_run = {
	.name = "run",
	.args = "IMAGE|ZONE -- CMD...",
	.help = "run a command in a new zone, or on a throw-away layer over a stopped one",
	.group = GROUP_INSIDE,
	.flags = VERB_PATTERNS | VERB_REST | VERB_COMMAND,
	.min_args = 1,
	.max_args = 1,
	.opts = run_opts,
	.opts_size = sizeof(struct run_opts),
	.run = run_run,
};
