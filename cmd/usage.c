/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Help texts, made from the tables: the list of verbs, one verb, and the raw table for the check of the
 * man page. */
#include <string.h>

#include "cmd/verbs.h"

static const char *const group_titles[] = {
	[GROUP_MAKE] = "Make and remove",
	[GROUP_LIFE] = "Life",
	[GROUP_INSIDE] = "Inside",
	[GROUP_LOOK] = "Look",
	[GROUP_CONFIG] = "Configuration",
	[GROUP_SNAPSHOT] = "Snapshots",
	[GROUP_IMAGE] = "Images",
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
	buf_str(out, "\n\"zone help VERB\" and \"zone help KEY\" say more; \"zone help keys\" lists the "
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

static void table_opts(const char *verb, const struct opt *opts, struct buf *out)
{
	for (const struct opt *o = opts; o && (o->letter || o->name); o++) {
		buf_fmt(out, "option\t%s\t", verb);
		if (o->letter)
			buf_fmt(out, "-%c", o->letter);
		buf_fmt(out, "\t%s%s\t%s\n", o->name ? "--" : "", o->name ? o->name : "",
			o->arg ? o->arg : "");
	}
}

void help_table(struct buf *out)
{
	struct zone_key key;

	table_opts("", global_opts, out);
	table_opts("*", verb_common(&verb_start), out);
	for (size_t i = 0; verbs[i]; i++) {
		buf_fmt(out, "verb\t%s\t%s\t%s\n", verbs[i]->name,
			verbs[i]->alias ? verbs[i]->alias : "", verbs[i]->args);
		table_opts(verbs[i]->name, verbs[i]->opts, out);
	}
	for (unsigned i = 0; zone_key_at(i, &key); i++)
		buf_fmt(out, "key\t%s\t%s\t%s\t%s\n", key.name, key.type,
			key.missing ? key.missing : "", key.live ? "live" : "next start");
}
