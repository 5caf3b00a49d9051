/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone snapshot, in LXC's letters and as create, ls, restore, rm. */
#include <unistd.h>

#include "base/own.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

struct snapshot_opts {
	const char *name, *comment, *restore, *to, *remove, *diff;
	bool list, comments, restart;
};
#define O(member) offsetof(struct snapshot_opts, member)

#define OPT_NAME                                                                             \
	{                                                                                    \
		'N', "newname", "SNAP", "its name (the lowest free snapN)", OPT_STR, O(name) \
	}
#define OPT_COMMENT                                                                      \
	{                                                                                \
		'c', "comment", "TEXT", "a comment to keep with it", OPT_STR, O(comment) \
	}
#define OPT_COMMENTS                                                                  \
	{                                                                             \
		'C', "showcomments", NULL, "list comments too", OPT_FLAG, O(comments) \
	}
#define OPT_TO                                                            \
	{                                                                 \
		0, "to", "NEW", "restore into a new zone", OPT_STR, O(to) \
	}
#define OPT_RESTART                                                                      \
	{                                                                                \
		0, "restart", NULL, "stop a running zone, and start it again", OPT_FLAG, \
			O(restart)                                                       \
	}

static const struct opt snapshot_opts[] = {
	OPT_NAME,
	OPT_COMMENT,
	{ 'L', "list", NULL, "list them", OPT_FLAG, O(list) },
	OPT_COMMENTS,
	{ 'r', "restore", "SNAP", "put the zone back to it", OPT_STR, O(restore) },
	OPT_TO,
	OPT_RESTART,
	{ 'd', "destroy", "SNAP", "remove it, or ALL", OPT_STR, O(remove) },
	{ 0, "diff", "A", "what changed since snapshot A, or from A to B", OPT_STR, O(diff) },
	{ 0 },
};
static const struct opt create_opts[] = { OPT_NAME, OPT_COMMENT, { 0 } };
static const struct opt ls_opts[] = { OPT_COMMENTS, { 0 } };
static const struct opt restore_opts[] = {
	{ 'N', "newname", "NEW", "the same as --to", OPT_STR, O(to) },
	OPT_TO,
	OPT_RESTART,
	{ 0 },
};

static int create(struct cmd *c, const char *snapshot, const char *comment, struct zerr *e)
{
	AUTO_FREE char *name = NULL;
	int r = snapshot ? name_check_snapshot(snapshot, e) : 0;

	if (r == 0)
		r = cmd_host(c, e);
	if (r == 0)
		r = zone_snapshot_create(c->host, c->name, snapshot, comment, &name, e);
	return r < 0 ? r : out_line(e, "%s", name);
}

static void list_json(const char *zone, const struct zone_snapshots *s, struct buf *out)
{
	struct json j = { .out = out };

	json_arr(&j, NULL);
	for (size_t i = 0; i < s->n; i++) {
		const struct zone_snapshot *k = &s->v[i];

		json_obj(&j, NULL);
		json_str(&j, "zone", zone);
		json_str(&j, "name", k->name);
		out_json_time(&j, "created", k->created);
		json_str(&j, "comment", k->comment && *k->comment ? k->comment : NULL);
		json_str(&j, "backend", k->backend);
		json_opt(&j, "size_bytes", k->size_bytes);
		json_end_obj(&j);
	}
	json_end_arr(&j);
	buf_char(out, '\n');
}

static void list_text(const struct zone_snapshots *s, bool comments, struct buf *out)
{
	static const char *const heads[] = { "NAME", "CREATED", "SIZE", "COMMENT" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = comments ? 4 : 3 };

	for (size_t i = 0; i < s->n; i++) {
		const struct zone_snapshot *k = &s->v[i];
		char text[32];

		out_cell(&t, k->name);
		out_cell(&t, format_time(k->created, text));
		out_cell(&t, k->size_bytes == UINT64_MAX ? NULL : format_size(k->size_bytes, text));
		if (comments)
			out_cell(&t, k->comment);
	}
	out_table(&t, out);
}

static int list(struct cmd *c, bool comments, struct zerr *e)
{
	struct zone_snapshots s = { 0 };
	AUTO_BUF struct buf out = { 0 };
	int r = cmd_host(c, e);

	if (r == 0)
		r = zone_snapshot_list(c->host, c->name, &s, e);
	if (r < 0)
		return r;
	if (c->opt.json)
		list_json(c->name, &s, &out);
	else
		list_text(&s, comments, &out);
	zone_snapshots_done(&s);
	return out_write(&out, e);
}

static int restore(struct cmd *c, const char *snapshot, const char *to, bool restart,
		   struct zerr *e)
{
	int r = name_check_snapshot(snapshot, e);

	if (r == 0 && to)
		r = name_check_zone(to, e);
	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_snapshot_restore(c->host, c->name, snapshot, to, restart, e);
}

static int remove_one(struct cmd *c, const char *snapshot, struct zerr *e)
{
	int r = str_eq(snapshot, "ALL") ? 0 : name_check_snapshot(snapshot, e);

	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_snapshot_remove(c->host, c->name, snapshot, e);
}

static void changes_json(const struct zone_changes *s, struct buf *out)
{
	static const char *const words[] = { "removed", "added", "changed" };
	struct json j = { .out = out };

	json_arr(&j, NULL);
	for (size_t i = 0; i < s->n; i++) {
		json_obj(&j, NULL);
		json_str(&j, "change", words[s->v[i].kind]);
		json_str(&j, "path", s->v[i].path);
		json_end_obj(&j);
	}
	json_end_arr(&j);
	buf_char(out, '\n');
}

static int diff(struct cmd *c, const char *a, const char *b, struct zerr *e)
{
	struct zone_changes s = { 0 };
	AUTO_BUF struct buf out = { 0 };
	int r = name_check_snapshot(a, e);

	if (r == 0 && b)
		r = name_check_snapshot(b, e);
	if (r == 0)
		r = cmd_host(c, e);
	if (r == 0)
		r = zone_snapshot_diff(c->host, c->name, a, b, &s, e);
	if (r < 0)
		return r;
	if (c->opt.json)
		changes_json(&s, &out);
	for (size_t i = 0; i < s.n && !c->opt.json; i++) {
		zerr_clean(s.v[i].path); /* names are the zone's */
		buf_fmt(&out, "%c %s\n", "DAM"[s.v[i].kind], s.v[i].path);
	}
	zone_changes_done(&s);
	return out_write(&out, e);
}

/* Which options go together. */
static int check_letters(const struct snapshot_opts *o, int operands, struct zerr *e)
{
	const int what = o->list + !!o->restore + !!o->remove + !!o->diff;

	if (what > 1)
		return zerr_as(e, ZERR_USAGE, "only one of -L, -r, -d and --diff");
	if (operands && !o->diff)
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "one operand too many"),
				 "-N names the snapshot");
	if (o->to && o->name)
		return zerr_as(e, ZERR_USAGE, "either --to or -N");
	if ((o->to || o->restart) && !o->restore)
		return zerr_as(e, ZERR_USAGE, "%s goes with -r SNAP", o->to ? "--to" : "--restart");
	if (o->comment && what > 0)
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "-c goes with a new snapshot"),
				 "-C lists comments");
	return 0;
}

static int snapshot_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct snapshot_opts *o = opts;
	const int r = check_letters(o, c->n_args, e);

	if (r < 0)
		return r;
	if (o->diff)
		return diff(c, o->diff, c->n_args ? c->args[0] : NULL, e);
	if (o->restore)
		return restore(c, o->restore, o->to ? o->to : o->name, o->restart, e);
	if (o->remove)
		return remove_one(c, o->remove, e);
	if (o->list || o->comments)
		return list(c, o->comments, e);
	return create(c, o->name, o->comment, e);
}

static int create_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct snapshot_opts *o = opts;

	if (o->name && c->n_args > 0)
		return zerr_as(e, ZERR_USAGE, "two names for the snapshot");
	return create(c, c->n_args > 0 ? c->args[0] : o->name, o->comment, e);
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct snapshot_opts *o = opts;

	return list(c, o->comments, e);
}

static int restore_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct snapshot_opts *o = opts;

	return restore(c, c->args[0], o->to, o->restart, e);
}

static int diff_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	return diff(c, c->args[0], c->n_args > 1 ? c->args[1] : NULL, e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	int r = 0;

	(void)opts;
	for (int i = 0; r == 0 && i < c->n_args; i++)
		r = remove_one(c, c->args[i], e);
	return r;
}

const struct verb verb_snapshot = {
	.name = "snapshot",
	.args = "NAME [B]",
	.help = "make, list, compare, restore or remove snapshots of a zone",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.max_args = 1,
	.opts = snapshot_opts,
	.opts_size = sizeof(struct snapshot_opts),
	.run = snapshot_run,
};

const struct verb verb_snapshot_create = {
	.name = "snapshot create",
	.args = "NAME [SNAP]",
	.help = "make a snapshot and print its name",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.max_args = 1,
	.opts = create_opts,
	.opts_size = sizeof(struct snapshot_opts),
	.run = create_run,
};

const struct verb verb_snapshot_ls = {
	.name = "snapshot ls",
	.alias = "snapshot list",
	.args = "NAME",
	.help = "list the snapshots of a zone",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.opts = ls_opts,
	.opts_size = sizeof(struct snapshot_opts),
	.run = ls_run,
};

const struct verb verb_snapshot_restore = {
	.name = "snapshot restore",
	.args = "NAME SNAP",
	.help = "put a zone back to a snapshot",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 1,
	.opts = restore_opts,
	.opts_size = sizeof(struct snapshot_opts),
	.run = restore_run,
};

const struct verb verb_snapshot_rm = {
	.name = "snapshot rm",
	.args = "NAME SNAP...",
	.help = "remove snapshots, or ALL",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = -1,
	.run = rm_run,
};

const struct verb verb_snapshot_diff = {
	.name = "snapshot diff",
	.args = "NAME A [B]",
	.help = "what changed from snapshot A to B, or since A",
	.group = GROUP_SNAPSHOT,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = 2,
	.run = diff_run,
};
