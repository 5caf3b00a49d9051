/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount.NAME: parts of the host, and tmpfs, inside of a zone. Each is a detached tree, made on the
 * host's side, whose flags the zone cannot change (mount_lock()).
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/trees.h"

static int make_tmpfs(const struct mount_spec *m, uid_t base, struct zerr *e)
{
	char size[24];

	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)m->size);
	return tree_tmpfs(
		base, m->size ? size : "50%", "0755",
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (m->readonly ? MOUNT_ATTR_RDONLY : 0), e);
}

/* mount.NAME.options: "nosuid,nodev,noexec,noatime". */
static int set_options(int tree, const char *options, struct zerr *e)
{
	static const struct {
		const char *word;
		unsigned attr;
	} words[] = { { "nosuid", MOUNT_ATTR_NOSUID },
		      { "nodev", MOUNT_ATTR_NODEV },
		      { "noexec", MOUNT_ATTR_NOEXEC },
		      { "noatime", MOUNT_ATTR_NOATIME },
		      { "ro", MOUNT_ATTR_RDONLY } };
	struct mount_attr a = { 0 };
	AUTO_STRV struct strv given = { 0 };

	if (!options)
		return 0;
	if (strv_split(&given, options, ", ") < 0)
		return zerr_code(e, ENOMEM, "options");
	for (size_t i = 0; i < given.n; i++) {
		size_t k = 0;

		while (k < sizeof(words) / sizeof(words[0]) && !str_eq(words[k].word, given.v[i]))
			k++;
		if (k == sizeof(words) / sizeof(words[0]))
			return zerr_hint(
				e, zerr_as(e, ZERR_USAGE, "options: '%s' is not known", given.v[i]),
				"there are nosuid, nodev, noexec, noatime and ro");
		if (words[k].attr == MOUNT_ATTR_NOATIME)
			a.attr_clr |= MOUNT_ATTR__ATIME;
		a.attr_set |= words[k].attr;
	}
	return mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof(a)) < 0
		       ? zerr_sys(e, "options %s", options)
		       : 0;
}

int usermount_tree(const struct mount_spec *m, uid_t base, int userns, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (str_eq(m->source, "tmpfs")) {
		fd = make_tmpfs(m, base, e);
	} else {
		AUTO_CLOSE int from = open(m->source, O_PATH | O_CLOEXEC);

		if (from < 0 && errno == ENOENT && m->optional)
			return -ENOENT;
		fd = from < 0 ? zerr_sys(e, "%s", m->source)
			      : mount_clone_tree(from, m->noidmap ? -1 : userns, m->readonly, e);
	}
	r = fd < 0 ? fd : set_options(fd, m->options, e);
	return r < 0 ? zerr_in(e, r, "mount.%s", m->name) : own_take_fd(&fd);
}

int usermounts_make(struct boot *b, struct zerr *e)
{
	const struct zone_spec *s = &b->z->spec;

	if (s->mounts_n > MOUNTS_MAX)
		return zerr_as(e, ZERR_USAGE, "mount: more than %d entries", MOUNTS_MAX);
	for (size_t i = 0; i < s->mounts_n; i++) {
		const struct mount_spec *m = &s->mounts[i];

		if (!m->source || !m->target)
			return zerr_as(e, ZERR_USAGE, "mount.%s: needs source and target", m->name);
		const int fd = usermount_tree(m, b->base, b->userns, e);
		if (fd < 0 && e->code)
			return fd;
		b->gift.mount[i] = fd < 0 ? -1 : fd;
	}
	return b->userns < 0 || s->mounts_n == 0 ? 0 : mount_lock(b->gift.mount, s->mounts_n, e);
}
