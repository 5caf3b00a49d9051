/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link between the zone's journal and the host's: a directory of the host, called by the zone's
 * machine id and owned by its base, is mounted where the zone's journald writes. The id is the
 * zone's own word, so a directory that is not this zone's already is never given to it.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/trees.h"

#define HOST_JOURNAL "/var/log/journal"
#define ID_LEN	     32

static bool is_id(const char *s)
{
	return strspn(s, "0123456789abcdef") == ID_LEN;
}

/* The id in @dir/machine-id, or "". */
static void read_id(int dir, const char *name, char ret[static ID_LEN + 1])
{
	AUTO_BUF struct buf text = { 0 };

	ret[0] = '\0';
	if (dir >= 0 && fs_read(dir, name, 64, &text) == 0 && text.len >= ID_LEN && is_id(text.p))
		(void)snprintf(ret, ID_LEN + 1, "%.32s", text.p);
}

/* What init will find, or be told: a fresh zone gets the id of its manifest. */
static void zone_id(const struct boot *b, char ret[static ID_LEN + 1])
{
	AUTO_CLOSE int etc =
		fs_open_below(b->gift.tree[TREE_ROOT], "etc", O_RDONLY | O_DIRECTORY, 0);

	const enum fresh fresh = b->identity.fresh;
	read_id(fresh == FRESH_NEW || fresh == FRESH_CLONE ? -1 : etc, "machine-id", ret);
	if (!*ret)
		(void)snprintf(ret, ID_LEN + 1, "%.32s", b->identity.machine_id);
}

/* The zone's directory of the host's journal, made when missing; neither the host's own nor another
 * machine's. */
static int open_dir(int journal, const char *id, uid_t base, struct zerr *e)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int etc = fs_open_dir("/etc", &ignored);
	AUTO_CLOSE int there = fs_open_below(journal, id, O_RDONLY | O_DIRECTORY, 0);
	char hosts[ID_LEN + 1];
	struct stat st;

	read_id(etc, "machine-id", hosts);
	if (there == -ENOENT && !str_eq(hosts, id)) {
		there = fs_subdir(journal, id, 0755, e);
		/* of two that have the id it is the first one's */
		if (there >= 0 &&
		    (fstat(there, &st) < 0 || (st.st_uid == 0 && fchown(there, base, base) < 0)))
			return zerr_sys(e, HOST_JOURNAL "/%s", id);
	}
	if (str_eq(hosts, id) || (there >= 0 && (fstat(there, &st) < 0 || st.st_uid != base)))
		return zerr_hint(e, zerr_set(e, EPERM, HOST_JOURNAL "/%s is not this zone's", id),
				 "two machines have that id, or the zone had other ids before");
	return there < 0 ? zerr_code(e, -there, HOST_JOURNAL "/%s", id) : own_take_fd(&there);
}

int journal_prepare(struct boot *b, struct zerr *e)
{
	const enum journal_link link = b->z->spec.journal;
	struct mount_attr safe = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					       MOUNT_ATTR_NOEXEC };
	struct zerr missing = { 0 };
	char id[ID_LEN + 1];

	if (link == JOURNAL_NONE)
		return 0;
	AUTO_CLOSE int journal = fs_open_dir(HOST_JOURNAL, &missing);
	if (journal < 0 && link == JOURNAL_AUTO)
		return 0;
	if (journal < 0)
		return zerr_hint(
			e,
			zerr_as(e, ZERR_HOST,
				"journal.link: the host keeps no journal in " HOST_JOURNAL),
			"make that directory, or set journal.link=auto");
	zone_id(b, id);
	AUTO_CLOSE int dir = open_dir(journal, id, b->base, e);
	if (dir < 0)
		return zerr_in(e, dir, "journal.link");
	/* not idmapped: what the zone makes there belongs to its own ids, never to the host's root
	 */
	const int tree = mount_clone_tree(dir, -1, false, e);
	if (tree < 0)
		return tree;
	b->gift.tree[TREE_JOURNAL] = tree;
	(void)snprintf(b->hand->journal, sizeof(b->hand->journal), "var/log/journal/%s", id);
	return mount_setattr(tree, "", AT_EMPTY_PATH, &safe, sizeof(safe)) < 0
		       ? zerr_sys(e, "journal.link")
		       : 0;
}
