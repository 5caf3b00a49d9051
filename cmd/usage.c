/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Help texts, made from the tables: the list of verbs, one verb, and the tables themselves
 * as JSON. */
#include <string.h>

#include "base/json.h"
#include "cmd/verbs.h"

static const char *const group_titles[] = {
	[GROUP_MAKE] = "Make and remove", [GROUP_LIFE] = "Life",
	[GROUP_INSIDE] = "Inside",	  [GROUP_LOOK] = "Look",
	[GROUP_CONFIG] = "Configuration", [GROUP_SNAPSHOT] = "Snapshots",
	[GROUP_IMAGE] = "Images",	  [GROUP_NETWORK] = "Networks",
	[GROUP_HOST] = "The host",
};

static void help_line(const struct verb *v, struct buf *out)
{
	buf_fmt(out, "  %-17s %s", v->name, v->help);
	if (v->alias)
		buf_fmt(out, " (also: %s)", v->alias);
	buf_char(out, '\n');
}

void help_all(struct buf *out)
{
	buf_str(out, "Usage: zone [options] VERB [options] NAME... [-- ARGS]\n");
	for (size_t i = 0; verbs[i]; i++) {
		if (i == 0 || verbs[i]->group != verbs[i - 1]->group)
			buf_fmt(out, "\n%s:\n", group_titles[verbs[i]->group]);
		help_line(verbs[i], out);
	}
	buf_str(out, "\nOptions:\n");
	opts_help(global_opts, out);
	buf_str(out,
		"\n\"zone help VERB\" and \"zone help KEY\" say more; \"zone help keys\" lists the "
		"keys.\n");
}

void help_verb(const struct verb *v, struct buf *out)
{
	buf_fmt(out, "Usage: zone %s [options]%s%s\n\n%s", v->name, *v->args ? " " : "", v->args,
		v->help);
	if (v->alias)
		buf_fmt(out, " (also: %s)", v->alias);
	buf_char(out, '\n');
	if (v->opts) {
		buf_str(out, "\nOptions:\n");
		opts_help(v->opts, out);
	}
	buf_str(out, "\nCommon options:\n");
	opts_help(verb_common(v), out);
}

void help_group(const char *group, struct buf *out)
{
	const size_t len = strlen(group);

	buf_fmt(out, "Usage: zone %s VERB [options] ...\n\n", group);
	for (size_t i = 0; verbs[i]; i++)
		if (strncmp(verbs[i]->name, group, len) == 0 && verbs[i]->name[len] == ' ')
			help_line(verbs[i], out);
}

static void json_opts(struct json *j, const char *key, const struct opt *opts)
{
	json_arr(j, key);
	for (const struct opt *o = opts; o && (o->letter || o->name); o++) {
		const char letter[] = { o->letter, '\0' };

		json_obj(j, NULL);
		json_str(j, "letter", o->letter ? letter : NULL);
		json_str(j, "name", o->name);
		json_str(j, "arg", o->type == OPT_FLAG ? NULL : o->arg);
		json_str(j, "help", o->help);
		json_end_obj(j);
	}
	json_end_arr(j);
}

static void json_verb(struct json *j, const struct verb *v)
{
	json_obj(j, NULL);
	json_str(j, "name", v->name);
	json_str(j, "alias", v->alias);
	json_str(j, "args", v->args);
	json_str(j, "help", v->help);
	json_opts(j, "options", v->opts);
	json_end_obj(j);
}

static void json_key(struct json *j, const struct zone_key *k)
{
	json_obj(j, NULL);
	json_str(j, "name", k->name);
	json_str(j, "type", k->type);
	json_str(j, "default", k->missing);
	json_bool(j, "live", k->live);
	json_str(j, "help", k->help);
	json_end_obj(j);
}

void help_json(struct buf *out)
{
	struct json j = { .out = out };
	struct zone_key key;

	json_obj(&j, NULL);
	json_opts(&j, "global_options", global_opts);
	json_opts(&j, "common_options", verb_common(&verb_start));
	json_arr(&j, "verbs");
	for (size_t i = 0; verbs[i]; i++)
		json_verb(&j, verbs[i]);
	json_end_arr(&j);
	json_arr(&j, "keys");
	for (unsigned i = 0; zone_key_at(i, &key); i++)
		json_key(&j, &key);
	json_end_arr(&j);
	json_end_obj(&j);
	buf_char(out, '\n');
}
