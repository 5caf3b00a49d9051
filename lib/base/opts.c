/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option parser: one pass over argv by the table. Must not print, exit or keep state. */
#include "base/opts.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool last_opt(const struct opt *o)
{
	return !o->letter && !o->name;
}

/* How the user wrote it: "--name" or "-x". */
struct spelling {
	char text[64];
};

static struct spelling spell_long(const char *name, size_t len)
{
	struct spelling s;

	(void)snprintf(s.text, sizeof(s.text), "--%.*s", (int)(len > 48 ? 48 : len), name);
	return s;
}

static struct spelling spell_letter(char letter)
{
	return (struct spelling){ .text = { '-', letter } };
}

/* The option of @table that is meant, or NULL: by long name when @len, else by letter. */
static const struct opt *find(const struct opt *table, const char *text, size_t len)
{
	for (const struct opt *o = table; o && !last_opt(o); o++) {
		if (len == 0 && o->letter && o->letter == *text)
			return o;
		if (len > 0 && o->name && strlen(o->name) == len && !strncmp(o->name, text, len))
			return o;
	}
	return NULL;
}

/* Look in both tables; *@ret_field is where the value goes. */
static const struct opt *find_both(const struct opt_parse *p, const char *text, size_t len,
				   char **ret_field)
{
	const struct opt *o = find(p->opts, text, len);
	char *base = p->out;

	if (!o) {
		o = find(p->also, text, len);
		base = p->also_out;
	}
	if (o)
		*ret_field = base + o->off;
	return o;
}

static int unknown_long(const struct opt_parse *p, const char *name, size_t len, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	const struct opt *const tables[] = { p->opts, p->also };
	char typed[40];
	const char *near = NULL;
	int r;

	for (int t = 0; t < 2; t++) {
		for (const struct opt *o = tables[t]; o && !last_opt(o); o++) {
			if (o->name)
				(void)strv_add(&words, o->name); /* no memory: no suggestion */
		}
	}
	(void)snprintf(typed, sizeof(typed), "%.*s", (int)(len > 39 ? 39 : len), name);
	if (words.n)
		near = str_nearest(typed, (const char *const *)words.v);
	r = zerr_as(e, ZERR_USAGE, "unknown option %s", spell_long(name, len).text);
	return near ? zerr_hint(e, r, "did you mean --%s?", near) : r;
}

static int unknown_letter(const struct opt_parse *p, char letter, struct zerr *e)
{
	const char other[] = { (char)(letter ^ 0x20), '\0' }; /* the other case of a letter */
	char *field = NULL;
	const int r = zerr_as(e, ZERR_USAGE, "unknown option -%c", letter);
	const struct opt *o = find_both(p, other, 0, &field);

	return o ? zerr_hint(e, r, "did you mean -%c?", o->letter) : r;
}

static bool word_in(const char *words, const char *s)
{
	const size_t n = strlen(s);

	for (const char *p = words; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL) {
		if (strcspn(p, "|") == n && !strncmp(p, s, n))
			return n > 0;
	}
	return false;
}

static int store_uint(void *field, const char *value)
{
	uint64_t n = 0;
	const int r = parse_u64(value, UINT_MAX, &n);

	if (r == 0)
		*(unsigned *)field = (unsigned)n;
	return r;
}

static int store_secs(void *field, const char *value)
{
	uint64_t n = 0;
	int r;

	if (str_eq(value, "infinity")) {
		*(int *)field = -1;
		return 0;
	}
	r = parse_u64(value, INT_MAX, &n);
	if (r == 0)
		*(int *)field = (int)n;
	return r;
}

static const char *expected(const struct opt *o)
{
	switch (o->type) {
	case OPT_UINT:
		return "a whole number";
	case OPT_SECS:
		return "whole seconds or \"infinity\"";
	case OPT_SIZE:
		return "a size such as 512M or 2G";
	case OPT_ENUM:
		return o->arg;
	case OPT_FLAG:
	case OPT_STR:
	case OPT_LIST:
		break;
	}
	return "text";
}

static int store_word(const struct opt *o, void *field, const char *value)
{
	if (!word_in(o->arg, value))
		return -EINVAL;
	*(const char **)field = value;
	return 0;
}

/* Convert and store. @value is NULL for flags only. */
static int store(const struct opt *o, char *field, const char *value, const char *spelt,
		 struct zerr *e)
{
	int r = 0;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		break;
	case OPT_STR:
		*(const char **)field = value;
		break;
	case OPT_UINT:
		r = store_uint(field, value);
		break;
	case OPT_SECS:
		r = store_secs(field, value);
		break;
	case OPT_SIZE:
		r = parse_size(value, (uint64_t *)field);
		break;
	case OPT_LIST:
		r = strv_add((struct strv *)field, value);
		break;
	case OPT_ENUM:
		r = store_word(o, field, value);
		break;
	}
	if (r == -ENOMEM)
		return zerr_code(e, ENOMEM, "option %s", spelt);
	if (r == -ERANGE)
		return zerr_as(e, ZERR_USAGE, "option %s: '%.80s' is too large", spelt, value);
	if (r < 0)
		return zerr_as(e, ZERR_USAGE, "option %s: '%.80s' is not %s", spelt, value,
			       expected(o));
	return 0;
}

/* Where the parser is. */
struct cursor {
	const struct opt_parse *p;
	int argc;
	char **argv;
	int i;	      /* the word being looked at */
	int operands; /* moved to the front so far */
	struct zerr *e;
};

/* The value of @o: @inline_value, or the next word (which is consumed). NULL and an error. */
static const char *take_value(struct cursor *c, const struct opt *o, const char *inline_value,
			      const char *spelt)
{
	if (inline_value)
		return inline_value;
	if (c->i + 1 < c->argc && !str_eq(c->argv[c->i + 1], "--"))
		return c->argv[++c->i];
	zerr_as(c->e, ZERR_USAGE, "option %s needs %s", spelt, o->arg ? o->arg : "an argument");
	return NULL;
}

static int parse_long(struct cursor *c, const char *name)
{
	const size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct spelling spelt = spell_long(name, len);
	char *field = NULL;
	const struct opt *o = len ? find_both(c->p, name, len, &field) : NULL;

	if (!o)
		return unknown_long(c->p, name, len, c->e);
	if (o->type == OPT_FLAG) {
		if (value)
			return zerr_as(c->e, ZERR_USAGE, "option %s takes no argument", spelt.text);
		return store(o, field, NULL, spelt.text, c->e);
	}
	value = take_value(c, o, value, spelt.text);
	return value ? store(o, field, value, spelt.text, c->e) : -EINVAL;
}

static int parse_cluster(struct cursor *c, const char *letters)
{
	for (; *letters; letters++) {
		const struct spelling spelt = spell_letter(*letters);
		char *field = NULL;
		const struct opt *o = find_both(c->p, letters, 0, &field);
		const char *value;
		int r;

		if (!o)
			return unknown_letter(c->p, *letters, c->e);
		if (o->type != OPT_FLAG) { /* the rest of the word is its value */
			value = take_value(c, o, letters[1] ? letters + 1 : NULL, spelt.text);
			return value ? store(o, field, value, spelt.text, c->e) : -EINVAL;
		}
		r = store(o, field, NULL, spelt.text, c->e);
		if (r < 0)
			return r;
	}
	return 0;
}

int opts_parse(const struct opt_parse *p, int argc, char **argv, int *ret_operands, int *ret_rest,
	       struct zerr *e)
{
	struct cursor c = { .p = p, .argc = argc, .argv = argv, .e = e };

	for (; c.i < argc; c.i++) {
		char *word = argv[c.i];
		int r;

		if (str_eq(word, "--")) {
			c.i++;
			break;
		}
		if (word[0] != '-' || !word[1]) { /* "-" alone is an operand: standard input */
			argv[c.operands++] = word;
			if (!p->stop_at_operand)
				continue;
			while (++c.i < argc)
				argv[c.operands++] = argv[c.i];
			break;
		}
		r = word[1] == '-' ? parse_long(&c, word + 2) : parse_cluster(&c, word + 1);
		if (r < 0)
			return r;
	}
	*ret_operands = c.operands;
	*ret_rest = c.i;
	return 0;
}

/* The left column of @o. */
static void help_left(const struct opt *o, struct buf *out)
{
	if (o->letter)
		buf_fmt(out, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		buf_str(out, "      ");
	if (o->name)
		buf_fmt(out, "--%s", o->name);
	if (o->type != OPT_FLAG)
		buf_fmt(out, " %s", o->arg ? o->arg : "ARG");
}

#define HELP_LEFT_MAX 32 /* longer ones get a line of their own */

void opts_help(const struct opt *opts, struct buf *out)
{
	size_t width = 0;

	for (const struct opt *o = opts; !last_opt(o); o++) {
		AUTO_BUF struct buf left = { 0 };

		help_left(o, &left);
		if (left.len <= HELP_LEFT_MAX && left.len > width)
			width = left.len;
	}
	for (const struct opt *o = opts; !last_opt(o); o++) {
		const size_t start = out->len;

		help_left(o, out);
		if (out->len - start > width)
			buf_fmt(out, "\n%*s", (int)width, "");
		else
			buf_fmt(out, "%*s", (int)(width - (out->len - start)), "");
		buf_fmt(out, "   %s\n", o->help);
	}
}
