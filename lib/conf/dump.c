/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The specification as paths and values, for `get`, JSON and comparisons. What is printed here can
 * be set again and gives the same.
 */
#include <string.h>

#include "base/own.h"
#include "conf/keys.h"

struct dump {
	const struct zone_spec *spec;
	bool set_only;
	struct strv *out;
};

static int dump_one(const struct dump *d, const struct key *k, const char *path)
{
	AUTO_BUF struct buf text = { 0 };
	int r = key_text(d->spec, k, path, &text);
	const char *value = text.p ? text.p : "";
	/* The type says that there is a NIC, however plain. */
	const bool always = k->group == GROUP_NIC && str_ends(k->name, ".type");

	if (r < 0 || (d->set_only && !always && str_eq(value, k->missing)))
		return 0;
	if (text.failed)
		return -ENOMEM;
	r = strv_add(d->out, path);
	return r < 0 ? r : strv_add(d->out, value);
}

/* All members of a family. */
static int dump_pairs(const struct dump *d, const struct key *k)
{
	const struct pairs *p = (const struct pairs *)((const char *)d->spec + k->off);
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n; i++) {
		AUTO_FREE char *path = str_fmt("%.*s%s", k->skip, k->name, p->v[i].name);

		if (!path)
			return -ENOMEM;
		if (conf_key_find(path) == k)
			r = dump_one(d, k, path);
	}
	return r;
}

/* The rows from @k on that belong to one block. */
static int dump_member(const struct dump *d, const struct key *k, const char *name)
{
	const enum key_group group = (enum key_group)k->group;
	int r = 0;

	for (; r == 0 && k->name && k->group == group; k++) {
		const size_t head = strcspn(k->name, "."), len = key_group_len(k, k->name);
		AUTO_FREE char *path =
			str_fmt("%.*s.%s%s", (int)head, k->name, name, k->name + len);

		r = path ? dump_one(d, k, path) : -ENOMEM;
	}
	return r;
}

static int dump_group(const struct dump *d, const struct key *k)
{
	const enum key_group g = (enum key_group)k->group;
	int r = 0;

	for (size_t i = 0; r == 0 && i < group_count(d->spec, g); i++)
		r = dump_member(d, k, group_name(d->spec, g, i));
	return r;
}

int conf_dump(const struct zone_spec *s, bool set_only, struct strv *ret)
{
	const struct dump d = { .spec = s, .set_only = set_only, .out = ret };
	enum key_group before = GROUP_ZONE;
	size_t len;
	int r = 0;

	for (const struct key *k = conf_keys; r == 0 && k->name; k++) {
		if (k->group != GROUP_ZONE)
			r = k->group != before ? dump_group(&d, k) : 0;
		else if (key_part(k, k->name, &len))
			r = dump_pairs(&d, k);
		else
			r = dump_one(&d, k, k->name);
		before = (enum key_group)k->group;
	}
	return r;
}

int conf_get(const struct zone_spec *s, const char *path, struct buf *ret, struct zerr *e)
{
	const struct key *k = conf_key_find(path);
	const int r = k ? key_text(s, k, path, ret) : conf_key_unknown(path, e);

	if (r == 0 && ret->failed)
		return zerr_code(e, ENOMEM, "print %.200s", path);
	return k && r < 0 ? zerr_set(e, -r, "%.200s: not set", path) : r;
}
