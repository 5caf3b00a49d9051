/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone help: the verbs, one verb, one key, or all keys. */
#include <string.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

static void key_text(const struct zone_key *k, struct buf *out)
{
	buf_fmt(out, "%s = %s\n\n%s\n\n", k->name, k->type, k->help);
	if (k->missing && *k->missing)
		buf_fmt(out, "Without it: %s\n", k->missing);
	buf_fmt(out, "A change applies %s.\n", k->live ? "at once" : "at the next start");
}

static void keys_text(struct buf *out)
{
	static const char *const heads[] = { "KEY", "TYPE", "DEFAULT", "CHANGE" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 4 };
	struct zone_key k;

	for (unsigned i = 0; zone_key_at(i, &k); i++) {
		out_cell(&t, k.name);
		out_cell(&t, k.type);
		out_cell(&t, k.missing);
		out_cell(&t, k.live ? "at once" : "next start");
	}
	out_table(&t, out);
}

/* Neither a verb nor a key. */
static int unknown(const char *topic, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	struct zone_key k;
	const char *near;
	int r = verb_words(NULL, &words);

	for (unsigned i = 0; r == 0 && zone_key_at(i, &k); i++)
		r = strv_add(&words, k.name);
	if (r < 0)
		return zerr_code(e, -r, "help");
	near = str_nearest(topic, (const char *const *)words.v);
	r = zerr_as(e, ZERR_USAGE, "no verb or key is called \"%.80s\"", topic);
	if (near)
		return zerr_hint(e, r, "did you mean \"%s\"?", near);
	return zerr_hint(e, r, "\"zone help\" and \"zone help keys\" list them");
}

/* One verb, with the verbs of its group; a key; or "keys". */
static int topic_text(const char *topic, const char *sub, struct buf *out, struct zerr *e)
{
	const struct verb *v = verb_find(topic, sub);
	const bool group = !sub && verb_is_group(topic);
	struct zone_key key;

	if (v)
		help_verb(v, out);
	if (v && group)
		buf_char(out, '\n');
	if (group)
		help_group(topic, out);
	if (v || group)
		return 0;
	if (sub)
		return verb_unknown(topic, sub, e);
	if (str_eq(topic, "keys"))
		keys_text(out);
	else if (zone_key_find(topic, &key))
		key_text(&key, out);
	else
		return unknown(topic, e);
	return 0;
}

static int help_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	int r = 0;

	(void)opts;
	if (c->opt.json)
		help_json(&out);
	else if (c->n_args == 0)
		help_all(&out);
	else
		r = topic_text(c->args[0], c->n_args > 1 ? c->args[1] : NULL, &out, e);
	return r < 0 ? r : out_write(&out, e);
}

const struct verb verb_help = {
	.name = "help",
	.args = "[VERB|KEY|keys]",
	.help = "print help",
	.group = GROUP_HOST,
	.flags = VERB_ANYONE,
	.max_args = 2,
	.run = help_run,
};
