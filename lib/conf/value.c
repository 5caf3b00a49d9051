/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between text and the specification's fields: the only place that knows how each kind of value is
 * kept. Text comes from a file or a command line, it makes no difference.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"

_Static_assert(sizeof(enum init_mode) == sizeof(int) && sizeof(enum journal_link) == sizeof(int) &&
		       sizeof(enum restart_policy) == sizeof(int) &&
		       sizeof(enum health_action) == sizeof(int) &&
		       sizeof(enum security_level) == sizeof(int),
	       "enums are stored through int");

int check_enum(const char *words, const char *word)
{
	const size_t len = strlen(word);

	for (int i = 0; *words; i++) {
		const size_t n = strcspn(words, "|");

		if (n == len && strncmp(words, word, n) == 0)
			return i;
		words += n + (words[n] == '|');
	}
	return -EINVAL;
}

/* The words of "a|b|c" counted from 0. */
static void add_word(struct buf *b, const char *words, int i)
{
	while (i-- > 0)
		words += strcspn(words, "|") + 1;
	buf_add(b, words, strcspn(words, "|"));
}

static int check_type(const struct key *k, const char *v, struct zerr *e)
{
	uint64_t n;
	bool b;

	switch (k->type) {
	case KEY_BOOL:
		return parse_bool(v, &b) == 0
			       ? 0
			       : zerr_as(e, ZERR_USAGE, "neither true nor false: %.80s", v);
	case KEY_UINT:
		return parse_u64(v, UINT32_MAX, &n) == 0
			       ? 0
			       : zerr_as(e, ZERR_USAGE, "not a number: %.80s", v);
	case KEY_SIZE:
		return parse_size(v, &n) == 0
			       ? 0
			       : zerr_as(e, ZERR_USAGE,
					 "not a size (bytes, or with K, M, G or T): %.80s", v);
	case KEY_SECS: /* bounded so that milliseconds fit an int */
		return parse_u64(v, INT_MAX / 1000, &n) == 0
			       ? 0
			       : zerr_as(e, ZERR_USAGE, "not a number of seconds: %.80s", v);
	case KEY_ENUM:
		return check_enum(k->values, v) >= 0
			       ? 0
			       : zerr_as(e, ZERR_USAGE, "not one of %s: %.80s", k->values, v);
	case KEY_STR:
	case KEY_LIST:
		return 0;
	}
	return zerr_set(e, EINVAL, "key of an unknown type");
}

static int check_part(const struct key *k, const char *path, struct zerr *e)
{
	char name[512] = "";
	const char *part;
	size_t len;

	part = k->check_name ? key_part(k, path, &len) : NULL;
	if (!part)
		return 0;
	memcpy(name, part, len < sizeof(name) ? len : sizeof(name) - 1);
	return k->check_name(name, e);
}

static int check_values(const struct key *k, const char *path, const struct strv *values,
			struct zerr *e)
{
	int r = check_part(k, path, e);

	if (r == 0 && k->type != KEY_LIST && values->n != 1)
		return zerr_as(e, ZERR_USAGE, "takes one value");
	for (size_t i = 0; r == 0 && i < values->n; i++) {
		r = check_text(values->v[i], k->max ? k->max : TEXT_MAX, k->place == PLACE_PAIR, e);
		if (r == 0)
			r = check_type(k, values->v[i], e);
		if (r == 0 && k->check)
			r = k->check(values->v[i], e);
	}
	return r;
}

/* The structure that @k's offset counts from, or NULL when there is no such block. */
static void *key_base(const struct zone_spec *s, const struct key *k, const char *path)
{
	size_t len = 0;
	const char *name = k->group != GROUP_ZONE ? key_part(k, path, &len) : NULL;

	if (k->group == GROUP_ZONE)
		return (void *)s;
	return group_find(s, (enum key_group)k->group, name, len);
}

static int list_copy(struct strv *dst, const struct strv *src)
{
	int r = 0;

	strv_done(dst);
	*dst = (struct strv){ 0 };
	for (size_t i = 0; r == 0 && i < src->n; i++)
		r = strv_add(dst, src->v[i]);
	return r;
}

/* @values have passed the checks, so parsing cannot fail. */
static int put(void *base, const struct key *k, const char *path, const struct strv *values)
{
	void *field = (char *)base + k->off;
	const char *v = values->n > 0 ? values->v[0] : "";
	uint64_t n = 0;
	bool b = false;

	switch ((enum key_place)k->place) {
	case PLACE_STR:
		return str_set(field, v);
	case PLACE_LIST:
		return list_copy(field, values);
	case PLACE_PAIR:
		return pairs_set(field, path + k->skip, v);
	case PLACE_BOOL:
		return parse_bool(v, field);
	case PLACE_NOT:
		(void)parse_bool(v, &b); /* checked */
		*(bool *)field = !b;
		return 0;
	case PLACE_UINT:
		(void)parse_u64(v, UINT32_MAX, &n); /* checked */
		*(unsigned *)field = (unsigned)n;
		return 0;
	case PLACE_SIZE:
		return parse_size(v, field);
	case PLACE_ENUM:
		*(int *)field = check_enum(k->values, v);
		return 0;
	}
	return -EINVAL;
}

int key_store(struct zone_spec *s, const struct key *k, const char *path, const struct strv *values,
	      struct zerr *e)
{
	char name[64] = "";
	const char *part;
	size_t len;
	int r;

	r = check_values(k, path, values, e);
	if (r < 0)
		return r;
	if (k->group != GROUP_ZONE) {
		part = key_part(k, path, &len);
		memcpy(name, part, len); /* at most 63: its check saw to that */
		r = group_add(s, (enum key_group)k->group, name, e);
		if (r < 0)
			return r;
	}
	r = put(key_base(s, k, path), k, path, values);
	return r < 0 ? zerr_code(e, -r, "remember the value") : 0;
}

/* The shortest exact form. */
static void add_size(struct buf *b, uint64_t n)
{
	const char *unit = "KMGT";
	int i = -1;

	while (n > 0 && n % 1024 == 0 && i < 3) {
		n /= 1024;
		i++;
	}
	buf_fmt(b, "%llu%.*s", (unsigned long long)n, i < 0 ? 0 : 1, i < 0 ? "" : unit + i);
}

static void add_list(struct buf *b, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_fmt(b, "%s%s", i > 0 ? "," : "", v->v[i]);
}

/* Add what is set to @b. False when nothing is. */
static bool add_set(struct buf *b, const void *base, const struct key *k, const char *path)
{
	const void *field = (const char *)base + k->off;
	const char *text = NULL;
	uint64_t n = 0;

	switch ((enum key_place)k->place) {
	case PLACE_BOOL:
	case PLACE_NOT:
		buf_str(b, *(const bool *)field == (k->place == PLACE_BOOL) ? "true" : "false");
		return true;
	case PLACE_ENUM:
		add_word(b, k->values, *(const int *)field);
		return true;
	case PLACE_LIST:
		add_list(b, field);
		return ((const struct strv *)field)->n > 0;
	case PLACE_UINT:
	case PLACE_SIZE:
		n = k->place == PLACE_UINT ? *(const unsigned *)field : *(const uint64_t *)field;
		if (n == 0 && !k->missing)
			return false;
		if (k->place == PLACE_SIZE)
			add_size(b, n);
		else
			buf_fmt(b, "%llu", (unsigned long long)n);
		return true;
	case PLACE_PAIR:
		text = pairs_get(field, path + k->skip);
		break;
	case PLACE_STR:
		text = *(char *const *)field;
		break;
	}
	if (text)
		buf_str(b, text);
	return text;
}

int key_text(const struct zone_spec *s, const struct key *k, const char *path, struct buf *ret)
{
	const void *base = key_base(s, k, path);

	if (!base)
		return -ENOENT; /* a NIC that is not there has no type either */
	if (add_set(ret, base, k, path))
		return 0;
	if (!k->missing)
		return -ENOENT;
	buf_str(ret, k->missing);
	return 0;
}
