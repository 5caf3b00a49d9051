/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By the key table alone: no key is named here that says what is host-only. */
#include "core/hostkeys.h"

#include "base/log.h"
#include "base/own.h"

static bool is_host_only(const char *path)
{
	const struct key *k = conf_key_find(path);

	return k && k->root_only;
}

static int set(struct buf *text, const char *path, const char *value, struct zerr *e)
{
	bool changed;
	const int r = conf_edit(text, path, value, &changed, e);

	if (r != -ENOENT)
		return r;
	*e = (struct zerr){ 0 };
	return 0;
}

static bool same_in(const struct strv *all, const char *path, const char *value)
{
	for (size_t i = 0; i + 1 < all->n; i += 2)
		if (str_eq(all->v[i], path))
			return str_eq(all->v[i + 1], value);
	return false;
}

static int drop(struct buf *text, const struct strv *had, const struct strv *has,
		struct strv *dropped, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i + 1 < had->n && r == 0; i += 2) {
		const char *path = had->v[i], *value = had->v[i + 1];

		if (!is_host_only(path) || same_in(has, path, value))
			continue;
		r = set(text, path, NULL, e);
		if (r == 0 && dropped && strv_addf(dropped, "%s=%s", path, value) < 0)
			r = zerr_code(e, ENOMEM, "configuration");
	}
	return r;
}

int hostkeys_replace(struct buf *text, const struct zone_spec *present, struct strv *dropped,
		     struct zerr *e)
{
	AUTO_STRV struct strv had = { 0 }, has = { 0 };
	AUTO_SPEC struct zone_spec spec;

	spec_init(&spec);
	int r = conf_parse(&spec, text->p ? text->p : "", "zone.conf", e);

	if (r == 0 &&
	    (conf_dump(&spec, true, &had) < 0 || (present && conf_dump(present, true, &has) < 0)))
		r = zerr_code(e, ENOMEM, "configuration");
	if (r == 0)
		r = drop(text, &had, &has, dropped, e);
	for (size_t i = 0; i + 1 < has.n && r == 0; i += 2)
		if (is_host_only(has.v[i]) && !same_in(&had, has.v[i], has.v[i + 1]))
			r = set(text, has.v[i], has.v[i + 1], e);
	return r;
}

void hostkeys_tell(const struct strv *dropped, const char *name)
{
	for (size_t i = 0; i < dropped->n; i++)
		log_note("not taken: %s (zone set %s %s)", dropped->v[i], name, dropped->v[i]);
}

int hostkeys_rehome(struct buf *text, const struct zone_spec *place, struct zerr *e)
{
	const struct {
		const char *key, *value;
	} rows[] = { { "root.backend", place->backend },
		     { "root.fs", place->root_fs },
		     { "lvm.vg", place->lvm_vg },
		     { "lvm.pool", place->lvm_pool } };
	int r = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == 0; i++)
		r = set(text, rows[i].key, rows[i].value, e);
	return r;
}
