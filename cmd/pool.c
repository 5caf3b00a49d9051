/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone pool create, ls, rm. */
#include "base/own.h"
#include "cmd/out.h"
#include "cmd/verbs.h"

struct pool_opts {
	bool btrfs, lvm, loop;
	const char *fs;
	uint64_t size;
};
#define O(member) offsetof(struct pool_opts, member)

static const struct opt create_opts[] = {
	{ 0, "btrfs", NULL, "a btrfs, on a device or in a file", OPT_FLAG, O(btrfs) },
	{ 0, "lvm", NULL, "a thin pool, on a device, in a file or in a volume group", OPT_FLAG,
	  O(lvm) },
	{ 0, "loop", NULL, "a directory whose zones have a file each", OPT_FLAG, O(loop) },
	{ 0, "size", "SIZE", "of a file that is made, or of the thin pool in a group", OPT_SIZE,
	  O(size) },
	{ 0, "fs", "ext4|xfs|btrfs", "file system of its zones, with --lvm or --loop", OPT_ENUM,
	  O(fs) },
	{ 0 },
};

static int create_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct pool_opts *o = opts;
	const struct zone_pool_create p = { .backend = o->btrfs ? "btrfs"
						       : o->lvm ? "lvm"
								: "loop",
					    .source = c->n_args > 1 ? c->args[1] : NULL,
					    .size = o->size,
					    .fs = o->fs };
	int r;

	if (o->btrfs + o->lvm + o->loop != 1)
		return zerr_as(e, ZERR_USAGE, "one of --btrfs, --lvm and --loop");
	if (o->fs && o->btrfs)
		return zerr_as(e, ZERR_USAGE, "--fs: on a btrfs there is no other");
	if (o->size && o->loop)
		return zerr_as(e, ZERR_USAGE, "--size: a directory has none");
	c->name = c->args[0];
	r = name_check_zone(c->name, e);
	if (r == 0)
		r = cmd_host(c, e);
	return r < 0 ? r : zone_pool_create(c->host, c->args[0], &p, e);
}

static void list_json(const struct zone_pools *s, struct buf *out)
{
	struct json j = { .out = out };

	json_arr(&j, NULL);
	for (size_t i = 0; i < s->n; i++) {
		const struct zone_pool *p = &s->v[i];

		json_obj(&j, NULL);
		json_str(&j, "name", p->name);
		json_str(&j, "backend", p->backend);
		json_str(&j, "state", p->state);
		json_str(&j, "source", p->source);
		json_str(&j, "path", p->path);
		json_opt(&j, "size_bytes", p->size_bytes);
		json_opt(&j, "used_bytes", p->used_bytes);
		json_strv(&j, "zones", &p->zones);
		json_end_obj(&j);
	}
	json_end_arr(&j);
	buf_char(out, '\n');
}

static void list_text(const struct zone_pools *s, struct buf *out)
{
	static const char *const heads[] = { "NAME", "BACKEND", "STATE", "SIZE",
					     "USED", "ZONES",	"SOURCE" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 7 };

	for (size_t i = 0; i < s->n; i++) {
		const struct zone_pool *p = &s->v[i];
		const uint64_t sizes[] = { p->size_bytes, p->used_bytes };
		char text[32];

		out_cell(&t, p->name);
		out_cell(&t, p->backend);
		out_cell(&t, p->state);
		for (int k = 0; k < 2; k++)
			out_cell(&t, sizes[k] == UINT64_MAX ? NULL : format_size(sizes[k], text));
		(void)snprintf(text, sizeof(text), "%zu", p->zones.n);
		out_cell(&t, text);
		out_cell(&t, p->source);
	}
	out_table(&t, out);
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct zone_pools s = { 0 };
	AUTO_BUF struct buf out = { 0 };
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_pool_list(c->host, &s, e);
	if (r == 0 && c->opt.json)
		list_json(&s, &out);
	else if (r == 0)
		list_text(&s, &out);
	zone_pools_done(&s);
	return r < 0 ? r : out_write(&out, e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	int r = cmd_host(c, e);

	(void)opts;
	for (int i = 0; i < c->n_args && r == 0; i++) {
		c->name = c->args[i];
		r = zone_pool_remove(c->host, c->name, e);
	}
	return r;
}

const struct verb verb_pool_create = {
	.name = "pool create",
	.args = "POOL [SOURCE]",
	.help = "prepare a store for zones",
	.group = GROUP_HOST,
	.min_args = 1,
	.max_args = 2,
	.opts = create_opts,
	.opts_size = sizeof(struct pool_opts),
	.run = create_run,
};

const struct verb verb_pool_ls = {
	.name = "pool ls",
	.alias = "pool list",
	.args = "",
	.help = "list the pools",
	.group = GROUP_HOST,
	.run = ls_run,
};

const struct verb verb_pool_rm = {
	.name = "pool rm",
	.args = "POOL...",
	.help = "remove pools in which no zone lives",
	.group = GROUP_HOST,
	.min_args = 1,
	.max_args = -1,
	.run = rm_run,
};
