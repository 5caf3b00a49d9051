/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry of backends: the only place that knows all of them. Must not look at what is on disk
 * to guess one; it is named in the configuration. */
#include "storage/storage.h"

#include <stddef.h>

#include "storage/backends.h"

/* Best first. The last one works everywhere. */
static const struct storage_ops *const backends[] = { &storage_btrfs, &storage_overlay,
						      &storage_lvm, &storage_loop, &storage_dir };

#define BACKENDS (sizeof(backends) / sizeof(*backends))

const char *const *storage_names(void)
{
	static const char *names[BACKENDS + 1];

	for (size_t i = 0; i < BACKENDS; i++)
		names[i] = backends[i]->name;
	return names;
}

const struct storage_ops *storage_find(const char *name, struct zerr *e)
{
	AUTO_BUF struct buf list = { 0 };
	const char *near = str_nearest(name, storage_names());

	for (size_t i = 0; i < BACKENDS; i++) {
		if (str_eq(name, backends[i]->name))
			return backends[i];
		buf_fmt(&list, "%s%s", i ? ", " : "", backends[i]->name);
	}
	(void)zerr_as(e, ZERR_USAGE, "unknown storage backend %s (known: %s)", name,
		      list.p ? list.p : "");
	if (near)
		(void)zerr_hint(e, -e->code, "did you mean %s?", near);
	return NULL;
}

const struct storage_ops *storage_best(struct volume *v)
{
	struct zerr ignored; /* another one will do */

	for (size_t i = 0; i + 1 < BACKENDS; i++) {
		if (backends[i]->best && backends[i]->probe(v, &ignored) == 0)
			return backends[i];
	}
	return backends[BACKENDS - 1];
}

int storage_check_fits(uint64_t has, uint64_t size, struct zerr *e)
{
	char a[16], b[16];

	if (size == 0 || has <= size)
		return 0;
	return zerr_as(e, ZERR_USAGE, "%s are in it, and %s is less: a root does not shrink",
		       format_size(has, a), format_size(size, b));
}

int storage_release(int dir, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < BACKENDS && r == 0; i++)
		if (backends[i]->release)
			r = backends[i]->release(dir, e);
	return r;
}

bool storage_lost(int dir)
{
	for (size_t i = 0; i < BACKENDS; i++)
		if (backends[i]->lost && backends[i]->lost(dir))
			return true;
	return false;
}
