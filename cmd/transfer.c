/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone export, zone import: a zone as one file. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

struct export_opts {
	const char *output;
	bool snapshots;
};
#define X(member) offsetof(struct export_opts, member)

static const struct opt export_opts[] = {
	{ 'o', "output", "FILE", "where to, - for standard output", OPT_STR, X(output) },
	{ 0, "snapshots", NULL, "with its snapshots", OPT_FLAG, X(snapshots) },
	{ 0 },
};

/* Into a pipe when standard output is one. */
static const char *output_of(const struct export_opts *o)
{
	struct stat st;

	if (o->output)
		return o->output;
	return fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		       ? "-"
		       : NULL;
}

static int export_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct export_opts *o = opts;
	const struct zone_export x = { .path = output_of(o), .snapshots = o->snapshots };
	AUTO_FREE char *path = NULL;

	if (str_eq(x.path, "-") && isatty(STDOUT_FILENO))
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "not onto a terminal"),
				 "-o FILE, or a pipe");
	int r = cmd_host(c, e);
	if (r == 0)
		r = zone_export(c->host, c->name, &x, &path, e);
	return r == 0 && path ? out_line(e, "%s", path) : r;
}

const struct verb verb_export = {
	.name = "export",
	.args = "NAME",
	.help = "write a zone as one file",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.opts = export_opts,
	.opts_size = sizeof(struct export_opts),
	.run = export_run,
};

struct import_opts {
	const char *backend;
	bool trust;
	struct strv set;
};
#define I(member) offsetof(struct import_opts, member)

static const struct opt import_opts[] = {
	{ 'B', "backend", "BACKEND", "how its root is stored (as it was)", OPT_STR, I(backend) },
	{ 's', "set", "KEY=VALUE", "a key of its configuration; may be repeated", OPT_LIST,
	  I(set) },
	{ 0, "trust", NULL, "take host-only keys from the file, too", OPT_FLAG, I(trust) },
	{ 0 },
};

static int import_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct import_opts *o = opts;
	const struct zone_import i = { .backend = o->backend, .trust = o->trust, .set = &o->set };
	const char *name = c->n_args > 1 ? c->args[1] : NULL;
	AUTO_FREE char *made = NULL;
	int r = name ? name_check_zone(name, e) : 0;

	if (r == 0)
		r = cmd_host(c, e);
	if (r == 0)
		r = zone_import(c->host, c->args[0], name, &i, &made, e);
	return r < 0 ? r : out_line(e, "%s", made);
}

const struct verb verb_import = {
	.name = "import",
	.args = "FILE [NAME]",
	.help = "make a zone from an exported one",
	.group = GROUP_SNAPSHOT,
	.min_args = 1,
	.max_args = 2,
	.opts = import_opts,
	.opts_size = sizeof(struct import_opts),
	.run = import_run,
};
