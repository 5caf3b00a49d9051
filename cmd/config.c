/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone get, set, unset. */
#include <string.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

/* @pairs as "key=value" lines or one object. */
static int print_pairs(const struct cmd *c, const struct strv *pairs, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	if (c->opt.json)
		json_obj(&j, NULL);
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		if (c->opt.json) {
			json_str(&j, pairs->v[i], pairs->v[i + 1]);
			continue;
		}
		out_text(&out, pairs->v[i]);
		buf_char(&out, '=');
		out_text(&out, pairs->v[i + 1]);
		buf_char(&out, '\n');
	}
	if (c->opt.json) {
		json_end_obj(&j);
		buf_char(&out, '\n');
	}
	return out_write(&out, e);
}

static int get_run(struct cmd *c, void *opts, struct zerr *e)
{
	const char *key = c->n_args > 0 ? c->args[0] : NULL;
	AUTO_STRV struct strv pairs = { 0 };
	AUTO_BUF struct buf value = { 0 };
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_get(c->host, c->name, key, &pairs, e);
	if (r < 0)
		return r;
	if (!key || c->opt.json || pairs.n != 2)
		return print_pairs(c, &pairs, e);
	out_text(&value, pairs.v[1]);
	buf_char(&value, '\n');
	return out_write(&value, e);
}

/* All assignments at once; what became of each is printed. */
static int assign(struct cmd *c, struct zerr *e)
{
	AUTO_STRV struct strv live = { 0 };
	int r = cmd_host(c, e);

	if (r == 0)
		r = zone_set(c->host, c->name, c->args, c->n_args, &live, e);
	for (size_t i = 0; r == 0 && !c->opt.quiet && i < live.n && i < (size_t)c->n_args; i++)
		r = out_line(e, "%.*s: %s", (int)strcspn(c->args[i], "="), c->args[i], live.v[i]);
	return r;
}

static int set_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	for (int i = 0; i < c->n_args; i++)
		if (!strchr(c->args[i], '='))
			return zerr_hint(
				e,
				zerr_as(e, ZERR_USAGE, "\"%.100s\" is not KEY=VALUE", c->args[i]),
				"zone unset %s %.100s removes a key", c->name, c->args[i]);
	return assign(c, e);
}

static int unset_run(struct cmd *c, void *opts, struct zerr *e)
{
	(void)opts;
	for (int i = 0; i < c->n_args; i++)
		if (strchr(c->args[i], '='))
			return zerr_as(e, ZERR_USAGE, "\"%.100s\" is not a key", c->args[i]);
	return assign(c, e);
}

const struct verb verb_get = {
	.name = "get",
	.args = "NAME [KEY]",
	.help = "print the configuration of a zone, or one key",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.max_args = 1,
	.run = get_run,
};

const struct verb verb_set = {
	.name = "set",
	.args = "NAME KEY=VALUE...",
	.help = "change keys, all or none",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = -1,
	.run = set_run,
};

const struct verb verb_unset = {
	.name = "unset",
	.args = "NAME KEY...",
	.help = "put keys back to their defaults",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.min_args = 1,
	.max_args = -1,
	.run = unset_run,
};
