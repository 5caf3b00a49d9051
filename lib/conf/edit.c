/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Set and remove keys in a file's text. The text is parsed before and after, and may differ in
 * nothing but what was asked for: whatever the rewriting does wrong is an error here and never a
 * file on disk.
 */
#include <string.h>

#include "conf/keys.h"
#include "conf/rewrite.h"
#include "conf/scan.h"

/* The value as a list of one or, for lists, of its words. */
static int split_value(const struct edit *ed, struct strv *ret)
{
	const int r = ed->key->type == KEY_LIST ? strv_split(ret, ed->value, ", ")
						: strv_add(ret, ed->value);

	return r < 0 ? zerr_code(ed->e, -r, "read the value") : 0;
}

/* Find the key (or NIC or mount, to remove it whole); check the value by storing it in @probe. */
static int prepare(struct edit *ed, struct zone_spec *probe)
{
	AUTO_STRV struct strv values = { 0 };
	const size_t first = strcspn(ed->path, ".");
	bool titled = false;
	int r;

	ed->key = conf_key_find(ed->path);
	if (!ed->key) {
		if (!ed->value && ed->path[first] && key_block(ed->path, first, &titled) &&
		    titled && !strchr(ed->path + first + 1, '.'))
			return 0;
		return conf_key_unknown(ed->path, ed->e);
	}
	if (!ed->value)
		return 0;
	r = split_value(ed, &values);
	if (r == 0)
		r = key_store(probe, ed->key, ed->path, &values, ed->e);
	return zerr_in(ed->e, r, "%.200s", ed->path);
}

/* What of the path may change: all of the key's NIC or mount, else the key alone. */
static bool concerns(const struct edit *ed, const char *path)
{
	const bool group = !ed->key || ed->key->group != GROUP_ZONE;
	const size_t len = group && ed->key ? key_group_len(ed->key, ed->path) : strlen(ed->path);

	return strncmp(path, ed->path, len) == 0 && path[len] == (group ? '.' : '\0');
}

/* The next pair of @v from @i on that the edit should not touch. */
static size_t untouched(const struct edit *ed, const struct strv *v, size_t i)
{
	while (i < v->n && concerns(ed, v->v[i]))
		i += 2;
	return i;
}

static int compare(const struct edit *ed, const struct zone_spec *before,
		   const struct zone_spec *after)
{
	AUTO_STRV struct strv was = { 0 }, is = { 0 };
	size_t i, k;
	int r;

	r = conf_dump(before, true, &was);
	if (r == 0)
		r = conf_dump(after, true, &is);
	if (r < 0)
		return zerr_code(ed->e, -r, "edit");
	i = untouched(ed, &was, 0);
	k = untouched(ed, &is, 0);
	while (i < was.n && k < is.n && strcmp(was.v[i], is.v[k]) == 0 &&
	       strcmp(was.v[i + 1], is.v[k + 1]) == 0) {
		i = untouched(ed, &was, i + 2);
		k = untouched(ed, &is, k + 2);
	}
	return i < was.n || k < is.n ? -EINVAL : 0;
}

/* True when both have the same value for the key. */
static bool same_value(const struct edit *ed, const struct zone_spec *a, const struct zone_spec *b)
{
	AUTO_BUF struct buf x = { 0 }, y = { 0 };
	const int r = key_text(a, ed->key, ed->path, &x), q = key_text(b, ed->key, ed->path, &y);

	return r == q && !x.failed && !y.failed && strcmp(x.p ? x.p : "", y.p ? y.p : "") == 0;
}

/* Parse the new text and look for what should not have happened. */
static int check_result(const struct edit *ed, const struct zone_spec *before,
			const struct zone_spec *probe)
{
	AUTO_SPEC struct zone_spec after;
	int r;

	spec_init(&after);
	r = conf_parse(&after, ed->text->p, REWRITE_LABEL, ed->e);
	if (r < 0)
		return r;
	r = compare(ed, before, &after);
	if (r == 0 && ed->value && !same_value(ed, &after, probe))
		r = -EINVAL;
	return r == -EINVAL ? zerr_set(ed->e, EINVAL,
				       "%.200s: cannot be changed by line in this file", ed->path)
			    : r;
}

/* Whether the text sets the key, be it to its default. */
static int is_set(const struct edit *ed, bool *ret)
{
	AUTO_SCAN struct scan s = { 0 };
	const int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

	*ret = r == 0 && scan_find(&s, ed->path);
	return r;
}

int conf_edit(struct buf *text, const char *path, const char *value, bool *ret_changed,
	      struct zerr *e)
{
	AUTO_SPEC struct zone_spec before, probe;
	AUTO_BUF struct buf work = { 0 };
	struct edit ed = { .path = path, .value = value, .text = &work, .e = e };
	bool set = false;
	struct buf old;
	int r;

	spec_init(&before);
	spec_init(&probe);
	if (text->len > 0)
		buf_add(&work, text->p, text->len);
	else
		buf_fmt(&work, "format = %d\n", CONF_FORMAT);
	if (work.failed)
		return zerr_code(e, ENOMEM, "edit");
	if (strlen(work.p) != work.len)
		return zerr_as(e, ZERR_USAGE, "%s: not a text file", REWRITE_LABEL);
	r = conf_parse(&before, work.p, REWRITE_LABEL, e);
	if (r == 0)
		r = prepare(&ed, &probe);
	if (r == 0)
		r = is_set(&ed, &set);
	if (r < 0)
		return r;
	if (value && set && same_value(&ed, &before, &probe)) {
		*ret_changed = false;
		return 0;
	}
	r = rewrite(&ed);
	if (r == 0)
		r = check_result(&ed, &before, &probe);
	if (r < 0)
		return r;
	old = *text;
	*text = work;
	work = old;
	*ret_changed = true;
	return 0;
}
