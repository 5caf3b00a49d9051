/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From argv to struct cmd: which verb, its options, names and operands. Touches no zone. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/verbs.h"

/* The names of -n, the operands, and what stands behind "--", copied to one vector: the verb's
 * options may have been anywhere between them. */
static int take_words(struct cmd *c, char **argv, int operands, int rest, int argc, struct zerr *e)
{
	const int named = (int)c->opt.names.n, behind = argc - rest;
	char **w = calloc((size_t)(named + operands + behind) + 2, sizeof(*w));

	if (!w)
		return zerr_code(e, ENOMEM, "arguments");
	c->words = w;
	c->args = w;
	for (int i = 0; i < named; i++)
		*w++ = c->opt.names.v[i];
	for (int i = 0; i < operands; i++)
		*w++ = argv[i];
	c->n_args = (int)(w - c->args);
	if (c->verb->flags & VERB_REST) {
		w++; /* stays NULL: the end of args */
		c->n_rest = behind;
		c->rest = behind > 0 ? w : NULL;
	} else {
		c->n_args += behind;
	}
	for (int i = 0; i < behind; i++)
		*w++ = argv[rest + i];
	return 0;
}

static int check_count(const struct cmd *c, struct zerr *e)
{
	const struct verb *v = c->verb;
	int r;

	if (c->n_args < v->min_args) {
		r = zerr_as(e, ZERR_USAGE, "something is missing");
		return zerr_hint(e, r, "zone %s %s", v->name, v->args);
	}
	if (v->max_args < 0 || c->n_args <= v->max_args)
		return 0;
	r = zerr_as(e, ZERR_USAGE, "unexpected \"%.100s\"", c->args[v->max_args]);
	if (v->flags & VERB_REST)
		return zerr_hint(e, r, "what follows NAME stands behind \"--\": zone %s %s",
				 v->name, v->args);
	return zerr_hint(e, r, "zone %s %s", v->name, v->args);
}

/* The first word is the name. Where it may be left out (with arguments for something else), NULL
 * says so too, as for LXC. */
static int take_name(struct cmd *c, struct zerr *e)
{
	const bool optional = c->verb->flags & VERB_NAME_OPTIONAL;
	int r = 0;

	if (c->opt.names.n > 1)
		return zerr_as(e, ZERR_USAGE, "only one zone at a time");
	if (c->n_args > 0) {
		c->name = *c->args++;
		c->n_args--;
		if (optional && str_eq(c->name, "NULL"))
			c->name = NULL;
		else
			r = name_check_zone(c->name, e);
	}
	if (r < 0)
		return r;
	if (!c->name && !(optional && c->rest)) {
		r = zerr_as(e, ZERR_USAGE, "the zone's NAME is missing");
		return zerr_hint(e, r, "zone %s %s", c->verb->name, c->verb->args);
	}
	return check_count(c, e);
}

/* Literal names are checked by the library; a pattern has nothing but what can match one. */
static int check_patterns(const struct cmd *c, struct zerr *e)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-*?[]!^:";

	for (int i = 0; i < c->n_args; i++)
		if (strpbrk(c->args[i], "*?[") && c->args[i][strspn(c->args[i], chars)] != '\0')
			return zerr_as(e, ZERR_USAGE,
				       "'%.100s' matches no name that a zone can have", c->args[i]);
	return 0;
}

static int check_names(const struct cmd *c, struct zerr *e)
{
	if (c->opt.all && c->n_args > 0)
		return zerr_as(e, ZERR_USAGE, "either --all or names");
	if (c->n_args == 0 && !c->opt.all && !(c->verb->flags & VERB_NAMES_OPTIONAL))
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "which zone?"), "zone %s %s, or --all",
				 c->verb->name, c->verb->args);
	return check_patterns(c, e);
}

static int parse_operands(struct cmd *c, char **argv, int operands, int rest, int argc,
			  struct zerr *e)
{
	const int r = take_words(c, argv, operands, rest, argc, e);

	if (r < 0)
		return r;
	if (c->verb->flags & VERB_NAME)
		return take_name(c, e);
	if (c->verb->flags & VERB_NAMES)
		return check_names(c, e);
	return check_count(c, e);
}

/*
 * argv[0] is the first word of the verb. Where there are verbs of two words the second is the first
 * operand, common options skipped: so "snapshot --json ls web" is found, and in "snapshot -n ls"
 * the ls is a zone. Its word is taken out of argv. c->verb stays as it is when there is no such
 * verb.
 */
static void find_second(struct cmd *c, int *argc, char **argv)
{
	struct common scratch = { 0 };
	struct zerr e = { 0 };
	const struct verb *second = NULL;
	const struct opt_parse p = { .opts = verb_common(&verb_snapshot),
				     .out = &scratch,
				     .stop_at_operand = true };
	char **copy = calloc((size_t)*argc + 1, sizeof(*copy));
	int operands, rest;

	if (!copy)
		return;
	memcpy(copy, argv, (size_t)*argc * sizeof(*copy));
	if (opts_parse(&p, *argc - 1, copy + 1, &operands, &rest, &e) == 0) {
		c->opt.help = scratch.help;
		second = operands > 0 ? verb_find(argv[0], copy[1]) : NULL;
	}
	for (int i = 1; second && i < *argc; i++) {
		if (argv[i] != copy[1])
			continue;
		memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(*argv));
		*argc -= 1;
		c->verb = second;
		break;
	}
	strv_done(&scratch.names);
	free(copy);
}

static int find_verb(struct cmd *c, int *argc, char **argv, struct zerr *e)
{
	const bool group = verb_is_group(argv[0]);

	c->verb = verb_find(argv[0], NULL);
	if (group)
		find_second(c, argc, argv);
	if (c->verb)
		return 0;
	if (!group)
		return verb_unknown(NULL, argv[0], e);
	if (c->opt.help) {
		c->group = argv[0];
		return 0;
	}
	if (*argc > 1 && argv[1][0] != '-')
		return verb_unknown(argv[0], argv[1], e);
	return zerr_hint(e, zerr_as(e, ZERR_USAGE, "%s what?", argv[0]),
			 "\"zone help %s\" lists it", argv[0]);
}

int cmd_parse(struct cmd *c, int argc, char **argv, struct zerr *e)
{
	struct opt_parse p = { .opts = global_opts, .out = &c->opt, .stop_at_operand = true };
	int operands, rest, r;

	c->opt.lock_wait = 10;
	c->opt.jobs = 1;
	argc--;
	argv++;
	r = opts_parse(&p, argc, argv, &operands, &rest, e);
	if (r < 0 || c->opt.version || c->opt.help)
		return r;
	if (operands == 0)
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "no verb given"),
				 "\"zone help\" lists them");
	argc = operands;
	r = find_verb(c, &argc, argv, e);
	if (r < 0 || c->opt.help)
		return r;
	if (c->verb->opts) {
		c->opts = calloc(1, c->verb->opts_size);
		if (!c->opts)
			return zerr_code(e, ENOMEM, "options");
		if (c->verb->defaults)
			memcpy(c->opts, c->verb->defaults, c->verb->opts_size);
	}
	p = (struct opt_parse){ .opts = c->verb->opts ? c->verb->opts : verb_common(c->verb),
				.out = c->verb->opts ? c->opts : &c->opt };
	if (c->verb->opts) {
		p.also = verb_common(c->verb);
		p.also_out = &c->opt;
	}
	r = opts_parse(&p, argc - 1, argv + 1, &operands, &rest, e);
	if (r < 0 || c->opt.help)
		return r;
	return parse_operands(c, argv + 1, operands, rest, argc - 1, e);
}

/* The lists among a verb's own options. */
static void done_lists(const struct verb *v, void *opts)
{
	for (const struct opt *o = v->opts; o->letter || o->name; o++)
		if (o->type == OPT_LIST)
			strv_done((struct strv *)((char *)opts + o->off));
}

void cmd_done(struct cmd *c)
{
	if (c->opts)
		done_lists(c->verb, c->opts);
	free(c->opts);
	free(c->words);
	strv_done(&c->opt.names);
	if (c->host)
		zone_host_close(c->host);
	*c = (struct cmd){ 0 };
}
