/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a bundle. The confined child decodes, checks and unpacks; it has no path to anything: its
 * root is an empty tmpfs for the texts, and the trees it unpacks into come as descriptors of mounts
 * that nobody has attached, from which no ".." leads out. Sums are compared before it ends well;
 * what the parent made until then is not installed.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "image/archive.h"
#include "image/bundle.h"
#include "image/decode.h"
#include "image/member.h"

#define CAPS_IMPORT                                                                               \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | \
	 1ULL << CAP_SETFCAP)

/* ---- the child ------------------------------------------------------------------------------ */

struct importer {
	struct archive_stream *s;
	struct archive_disk *d; /* of the present state */
	struct confined_stats *stats;
	int meta;	  /* its root */
	int tree;	  /* the present directory, while there is a state */
	char prefix[128]; /* of the present state; with d or tree */
	bool states, complete;
};

static void importer_done(struct importer *x)
{
	archive_disk_close(x->d);
	archive_stream_close(x->s);
	(void)own_close(x->meta);
	(void)own_close(x->tree);
}

static int end_state(struct importer *x, struct zerr *e)
{
	const int r = x->d ? archive_disk_finish(x->d, e) : 0;

	archive_disk_close(x->d);
	x->d = NULL;
	x->tree = own_close(x->tree);
	return r == 0 && fchdir(x->meta) < 0 ? zerr_sys(e, "import") : r;
}

/* Ask for the tree of the state called @prefix. */
static int begin_state(struct importer *x, const char *prefix, struct zerr *e)
{
	struct bundle_message m = { .kind = BUNDLE_STATE };
	int fds[BUNDLE_FDS];
	int r = end_state(x, e);

	if (r == 0 && x->states && !*x->prefix)
		return zerr_set(e, EPROTO, "there is something behind the present root");
	(void)snprintf(x->prefix, sizeof(x->prefix), "%s", prefix);
	memcpy(m.name, x->prefix, sizeof(m.name));
	x->states = true;
	if (r == 0)
		r = bundle_send(CONFINED_TALK, &m, NULL, 0, e);
	if (r == 0)
		r = bundle_receive(CONFINED_TALK, &m, fds, e);
	if (r < 0)
		return r;
	x->tree = fds[0];
	if (m.kind != BUNDLE_TREE || fchdir(x->tree) < 0)
		return zerr_set(e, EPROTO, "import: no root to unpack into");
	return archive_disk_open(false, x->stats, &x->d, e);
}

/* The directory that @name is in, and where its last component begins. fd or -errno. */
static int open_parent(int root, const char *name, const char **ret_base)
{
	const char *slash = strrchr(name, '/');
	AUTO_FREE char *parent = slash ? strndup(name, (size_t)(slash - name)) : strdup(".");

	*ret_base = slash ? slash + 1 : name;
	return parent ? fs_open_below(root, parent, O_RDONLY | O_DIRECTORY, 0) : -ENOMEM;
}

static int remove_name(int root, const char *name, struct zerr *e)
{
	const char *base;
	int r = member_check_name(name, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int parent = open_parent(root, name, &base);
	if (parent < 0)
		return member_refuse(e, -parent, name, "cannot be removed: %s", strerror(-parent));
	return fs_remove(parent, base, e);
}

static int remove_gone(struct importer *x, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_CLOSE int root = fs_open_below(x->tree, ".", O_RDONLY | O_DIRECTORY, 0);
	int r = archive_stream_text(x->s, BUNDLE_LIST_MAX, &text, e);

	if (r == 0 && root < 0)
		return zerr_code(e, -root, "import");
	for (const char *p = text.p; r == 0 && p && p < text.p + text.len; p += strlen(p) + 1)
		r = remove_name(root, p, e);
	return r;
}

/* A text goes where the parent reads it. */
static int keep_text(struct importer *x, const char *name, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = archive_stream_text(x->s, BUNDLE_TEXT_MAX, &text, e);

	return r < 0 ? r : fs_write(x->meta, name, text.p, text.len, 0600, false, e);
}

/* How much of @name is the prefix of a state, "" or "snapshots/NAME/". Length, or -EINVAL with
 * message. */
static int state_prefix(const char *name, struct zerr *e)
{
	char snapshot[64];
	const size_t head = strlen(BUNDLE_SNAPSHOTS);

	if (!str_starts(name, BUNDLE_SNAPSHOTS))
		return 0;
	const size_t len = strcspn(name + head, "/");
	if (name[head + len] != '/' || len >= sizeof(snapshot))
		return member_refuse(e, EINVAL, name, "is no part of an export");
	(void)snprintf(snapshot, sizeof(snapshot), "%.*s", (int)len, name + head);
	const int r = name_check_snapshot(snapshot, e);
	return r < 0 ? member_refuse(e, EINVAL, name, "is no snapshot's") : (int)(head + len + 1);
}

static int put(struct importer *x, const struct archive_member *m, size_t skip, struct zerr *e)
{
	AUTO_FREE char *name = strdup(m->name[skip] ? m->name + skip : ".");
	AUTO_FREE char *link = NULL;

	if (m->link) {
		if (strncmp(m->link, m->name, skip) != 0)
			return member_refuse(e, EINVAL, m->name, "is a link out of its root");
		link = strdup(m->link + skip);
	}
	if (!name || (m->link && !link))
		return zerr_code(e, ENOMEM, "import");
	return archive_disk_put(x->d, x->s, name, link, e);
}

static int in_state(struct importer *x, const struct archive_member *m, size_t prefix,
		    struct zerr *e)
{
	AUTO_FREE char *state = strndup(m->name, prefix);
	const char *rest = m->name + prefix;
	const bool same = x->states && state && str_eq(state, x->prefix);
	int r = 0;

	if (!state)
		return zerr_code(e, ENOMEM, "import");
	if (prefix && str_eq(rest, BUNDLE_RECORD)) {
		if (same)
			return member_refuse(e, EINVAL, m->name, "comes too late");
		return keep_text(x, BUNDLE_RECORD, e);
	}
	if (!str_eq(rest, BUNDLE_GONE) && !str_starts(rest, BUNDLE_ROOT))
		return member_refuse(e, EINVAL, m->name, "is no part of an export");
	if (!same)
		r = begin_state(x, state, e);
	if (r < 0)
		return r;
	return str_eq(rest, BUNDLE_GONE) ? remove_gone(x, e)
					 : put(x, m, prefix + strlen(BUNDLE_ROOT), e);
}

/* The first line that is not the same in both tells the member. */
static int refuse_sums(const struct buf *ours, const struct buf *theirs, struct zerr *e)
{
	const char *a = ours->p ? ours->p : "", *b = theirs->p ? theirs->p : "";

	while (*a) {
		const size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			break;
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
	const char *name = strstr(a, "  ");
	if (!name)
		return zerr_set(e, EPROTO, "members are missing: the export was altered");
	AUTO_FREE char *line = strndup(name + 2, strcspn(name + 2, "\n"));
	return member_refuse(e, EPROTO, line, "is not what was exported: its sum is another");
}

static int check_sums(struct importer *x, struct zerr *e)
{
	AUTO_BUF struct buf theirs = { 0 };
	const struct buf *ours = archive_stream_sums(x->s);
	int r = archive_stream_text(x->s, BUNDLE_LIST_MAX, &theirs, e);

	if (r == 0 && (ours->len != theirs.len || memcmp(ours->p, theirs.p, ours->len) != 0))
		r = refuse_sums(ours, &theirs, e);
	x->complete = r == 0;
	return r;
}

static int take(struct importer *x, const struct archive_member *m, struct zerr *e)
{
	int r = member_check_name(m->name, e);

	if (r < 0)
		return r;
	if (x->complete)
		return member_refuse(e, EPROTO, m->name, "comes behind the end");
	if (str_eq(m->name, BUNDLE_HEAD) || str_eq(m->name, BUNDLE_CONF))
		return x->states ? member_refuse(e, EPROTO, m->name, "comes too late")
				 : keep_text(x, m->name, e);
	if (str_eq(m->name, BUNDLE_SUMS))
		return check_sums(x, e);
	const int prefix = state_prefix(m->name, e);
	return prefix < 0 ? prefix : in_state(x, m, (size_t)prefix, e);
}

static ssize_t next_block(void *arg, const void **ret, struct zerr *e)
{
	return decode_next(arg, ret, e);
}

static int import_child(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	AUTO_DECODE struct decode *d = decode_open(fd, &stats->done, e);
	const struct archive_input in = { .next = next_block, .arg = d };
	__attribute__((cleanup(importer_done))) struct importer x = {
		.stats = stats,
		.meta = fs_open_below(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0),
		.tree = -1
	};
	struct archive_member m;
	int r = d ? 0 : -e->code;

	(void)arg;
	if (r == 0 && x.meta < 0)
		r = zerr_code(e, -x.meta, "import");
	if (r == 0)
		r = archive_stream_open(&in, true, &x.s, e);
	while (r == 0 && (r = archive_stream_next(x.s, &m, e)) > 0)
		r = take(&x, &m, e);
	if (r == 0)
		r = end_state(&x, e);
	if (r == 0 && !(x.complete && x.states))
		r = zerr_set(e, EPROTO, "the export is truncated%s%s%s", *x.prefix ? " in " : "",
			     x.prefix, x.states ? "" : ": there is no root in it");
	return r == 0 ? archive_stream_drain(x.s, e) : r;
}

/* ---- the parent ----------------------------------------------------------------------------- */

int import_begin(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
		 struct zerr *e)
{
	struct stat st;
	const struct confined c = { .what = "import",
				    .caps = CAPS_IMPORT,
				    .locale = "C",
				    .fd = fd,
				    .run = import_child,
				    .progress = progress,
				    .progress_arg = arg,
				    .total = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
						     ? (uint64_t)st.st_size
						     : 0 };

	return bundle_start(&c, ret, e);
}

int import_next(struct image_bundle *b, char ret_snapshot[static 64], struct zerr *e)
{
	struct bundle_message m;
	int fds[BUNDLE_FDS];
	int r = confined_wait(&b->child, e);

	if (r <= 0) {
		if (r == 0 && b->child.stats && atomic_load(&b->child.stats->skipped_xattrs))
			log_warn("import: %llu user.* attributes were left out, the file system "
				 "takes none",
				 atomic_load(&b->child.stats->skipped_xattrs));
		return r;
	}
	r = bundle_receive(b->child.talk, &m, fds, e);
	for (int i = 0; i < BUNDLE_FDS; i++)
		(void)own_close(fds[i]);
	if (r < 0)
		return r == -EPIPE ? zerr_set(e, EPROTO, "the importer has gone") : r;
	const size_t head = strlen(BUNDLE_SNAPSHOTS), len = strlen(m.name);
	if (m.kind != BUNDLE_STATE)
		return zerr_set(e, EPROTO, "the importer sent nonsense");
	ret_snapshot[0] = '\0';
	if (len == 0)
		return 1;
	if (!str_starts(m.name, BUNDLE_SNAPSHOTS) || len < head + 2 || len - head > 64)
		return zerr_set(e, EPROTO, "the importer sent nonsense");
	(void)snprintf(ret_snapshot, 64, "%.*s", (int)(len - head - 1), m.name + head);
	r = name_check_snapshot(ret_snapshot, e);
	return r < 0 ? r : 1;
}

int import_text(struct image_bundle *b, const char *name, struct buf *ret, struct zerr *e)
{
	const int r = fs_read(b->meta, name, BUNDLE_TEXT_MAX, ret);

	return r == -ENOENT ? zerr_set(e, EPROTO, "no export of a zone: it has no %s", name)
	       : r < 0	    ? zerr_code(e, -r, "%s", name)
			    : 0;
}

int import_state(struct image_bundle *b, int tree, struct zerr *e)
{
	const struct bundle_message m = { .kind = BUNDLE_TREE };
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					       MOUNT_ATTR_NOEXEC };

	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return zerr_sys(e, "import: root");
	return bundle_send(b->child.talk, &m, &tree, 1, e);
}
