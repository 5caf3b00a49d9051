/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading archives by libarchive (archive_write.c is its other user). Names are bytes: the
 * unpacking child runs in the C locale, because in a UTF-8 one libarchive 3.6 composes the
 * characters of pax names (NFC), which are then other names; a name that is not ASCII gives a
 * warning there and stays as it is. Must not decide what is allowed (member.h) nor know about
 * compression but the gzip and bzip2 that libarchive has built in.
 */
#include "image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/own.h"
#include "image/archive_sum.h"
#include "image/member.h"
#include "image/target.h"

#define TAIL_MAX (64U << 20) /* of padding behind the archive's end */
#define ACL_ALL	 (ARCHIVE_ENTRY_ACL_TYPE_POSIX1E | ARCHIVE_ENTRY_ACL_TYPE_NFS4)

/* ---- sums ----------------------------------------------------------------------------------- */

static uint64_t mix_xattrs(struct archive_entry *en)
{
	const char *key;
	const void *value;
	size_t len;
	uint64_t sum = 0;

	(void)archive_entry_xattr_reset(en);
	while (archive_entry_xattr_next(en, &key, &value, &len) == ARCHIVE_OK)
		if (member_check_xattr(key, value, len) != MEMBER_XATTR_SKIP)
			sum += digest_mix(digest_mix(1, key, strlen(key)), value, len);
	return sum;
}

static uint64_t mix_acl(struct archive_entry *en)
{
	int type, permset, tag, id;
	const char *who;
	uint64_t sum = 0;

	(void)archive_entry_acl_reset(en, ACL_ALL);
	while (archive_entry_acl_next(en, ACL_ALL, &type, &permset, &tag, &id, &who) ==
	       ARCHIVE_OK) {
		const int entry[] = { type, permset, tag, id };

		sum += digest_mix(2, entry, sizeof(entry));
	}
	return sum;
}

int archive_sum_begin(struct digest *d, struct archive_entry *en, const char *name)
{
	const char *link = archive_entry_hardlink(en);
	const bool file = archive_entry_filetype(en) == AE_IFREG && !link;
	const struct digest_head head = {
		.name = name,
		.link = link,
		.target = archive_entry_symlink(en),
		.mode = link ? 0 : archive_entry_mode(en),
		.uid = (uint64_t)archive_entry_uid(en),
		.gid = (uint64_t)archive_entry_gid(en),
		.size = file ? (uint64_t)archive_entry_size(en) : 0,
		.seconds = (uint64_t)archive_entry_mtime(en),
		.nanoseconds = (uint64_t)archive_entry_mtime_nsec(en),
		.extra = link ? 0 : mix_xattrs(en) + mix_acl(en),
	};

	return digest_begin(d, &head);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct archive_stream {
	struct archive *a;
	struct archive_entry *en;
	const struct archive_input *in;
	struct zerr err; /* of in->next */
	bool with_sums;
	struct buf sums;
	struct digest digest; /* of the present member */
	char *name;	      /* its */
};

static la_ssize_t on_read(struct archive *a, void *arg, const void **ret)
{
	struct archive_stream *s = arg;
	const ssize_t n = s->in->next(s->in->arg, ret, &s->err);

	if (n < 0)
		archive_set_error(a, s->err.code, "%s", s->err.msg);
	return n < 0 ? -1 : n;
}

static int read_failed(const struct archive_stream *s, struct zerr *e)
{
	if (s->err.code) {
		*e = s->err;
		return -e->code;
	}
	if (archive_errno(s->a) == ENOMEM)
		return zerr_code(e, ENOMEM, "archive");
	return zerr_set(e, EPROTO, "damaged or not a tar archive: %s", archive_error_string(s->a));
}

/* Only what is built in: other filters would be programs to run. */
static int stream_start(struct archive_stream *s, struct zerr *e)
{
	s->a = archive_read_new();
	if (!s->a)
		return zerr_code(e, ENOMEM, "archive");
	if (archive_read_support_format_tar(s->a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(s->a) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(s->a) != ARCHIVE_OK ||
	    archive_read_open2(s->a, s, NULL, on_read, NULL, NULL) != ARCHIVE_OK)
		return read_failed(s, e);
	return 0;
}

int archive_stream_open(const struct archive_input *in, bool sums, struct archive_stream **ret,
			struct zerr *e)
{
	struct archive_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return zerr_code(e, ENOMEM, "archive");
	s->in = in;
	s->with_sums = sums;
	r = stream_start(s, e);
	if (r < 0) {
		archive_stream_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void archive_stream_close(struct archive_stream *s)
{
	if (!s)
		return;
	if (s->a)
		(void)archive_read_free(s->a);
	digest_drop(&s->digest);
	buf_done(&s->sums);
	free(s->name);
	free(s);
}

static void stream_close_p(struct archive_stream **s)
{
	archive_stream_close(*s);
}
#define AUTO_STREAM __attribute__((cleanup(stream_close_p)))

/* What nobody has read of the present member counts, too. */
static int stream_sum(struct archive_stream *s, struct zerr *e)
{
	const void *block;
	size_t len;
	la_int64_t at;
	int n = ARCHIVE_OK;

	if (!s->digest.hash)
		return 0;
	while ((n = archive_read_data_block(s->a, &block, &len, &at)) == ARCHIVE_OK)
		digest_data(&s->digest, (uint64_t)at, block, len);
	if (n != ARCHIVE_EOF)
		return zerr_in(e, read_failed(s, e), "member '%s'", s->name);
	return digest_end(&s->digest, s->name, &s->sums) < 0 ? zerr_code(e, ENOMEM, "archive") : 0;
}

/* A warning concerns a name's character set: see above. */
int archive_stream_next(struct archive_stream *s, struct archive_member *ret, struct zerr *e)
{
	int n = stream_sum(s, e);

	if (n < 0)
		return n;
	n = archive_read_next_header(s->a, &s->en);
	if (n == ARCHIVE_EOF)
		return 0;
	if (n != ARCHIVE_OK && n != ARCHIVE_WARN)
		return s->name ? zerr_in(e, read_failed(s, e), "behind member '%s'", s->name)
			       : read_failed(s, e);
	*ret = (struct archive_member){
		.name = archive_entry_pathname(s->en),
		.link = archive_entry_hardlink(s->en),
		.directory = archive_entry_filetype(s->en) == AE_IFDIR,
		.regular = archive_entry_filetype(s->en) == AE_IFREG,
	};
	if (!s->with_sums)
		return 1;
	if (str_set(&s->name, ret->name ? ret->name : "") < 0)
		return zerr_code(e, ENOMEM, "archive");
	for (size_t len = strlen(s->name); len && s->name[len - 1] == '/'; len--)
		s->name[len - 1] = '\0'; /* of directories, which the writer puts there */
	return archive_sum_begin(&s->digest, s->en, s->name) < 0 ? zerr_code(e, ENOMEM, "archive")
								 : 1;
}

int archive_stream_text(struct archive_stream *s, size_t max, struct buf *ret, struct zerr *e)
{
	const char *name = archive_entry_pathname(s->en);
	const void *block;
	size_t len;
	la_int64_t at;
	int n;

	if (archive_entry_filetype(s->en) != AE_IFREG || archive_entry_hardlink(s->en))
		return member_refuse(e, EINVAL, name, "is no regular file");
	while ((n = archive_read_data_block(s->a, &block, &len, &at)) == ARCHIVE_OK) {
		digest_data(&s->digest, (uint64_t)at, block, len);
		if ((uint64_t)at != ret->len || len > max - ret->len)
			return member_refuse(e, EFBIG, name, "is larger than %zu bytes", max);
		buf_add(ret, block, len);
	}
	if (n != ARCHIVE_EOF)
		return zerr_in(e, read_failed(s, e), "member '%s'", name);
	return ret->failed ? zerr_code(e, ENOMEM, "archive") : 0;
}

/* Behind the archive's end: checksums are verified only when everything was read. */
int archive_stream_drain(struct archive_stream *s, struct zerr *e)
{
	const void *block;
	uint64_t total = 0;
	ssize_t n;

	while ((n = s->in->next(s->in->arg, &block, e)) > 0) {
		total += (uint64_t)n;
		if (total > TAIL_MAX)
			return zerr_set(e, EPROTO, "the archive goes on behind its end");
	}
	return (int)n;
}

const struct buf *archive_stream_sums(const struct archive_stream *s)
{
	return &s->sums;
}

int archive_list(const struct archive_input *in, archive_member_fn *fn, void *arg, struct zerr *e)
{
	AUTO_STREAM struct archive_stream *s = NULL;
	struct archive_member m;
	int n = archive_stream_open(in, false, &s, e);

	while (n == 0 && (n = archive_stream_next(s, &m, e)) > 0) {
		n = member_check_name(m.name, e);
		if (n == 0)
			n = fn(arg, m.name, m.directory, e);
		if (n > 0)
			n = 0;
	}
	return n;
}

/* ---- unpack --------------------------------------------------------------------------------- */

struct archive_disk {
	struct archive *a;
	struct target target;
	bool through_links;
	struct confined_stats *stats;
};

static int write_failed(const struct archive_disk *d, const char *name, struct zerr *e)
{
	const int code = archive_errno(d->a);
	const bool known = code > 0 && code < 4096;

	if (!known)
		return member_refuse(e, EIO, name, "%s", archive_error_string(d->a));
	return member_refuse(e, code, name, "%s (%s)", strerror(code), archive_error_string(d->a));
}

static int acl_check(const char *name, struct archive_entry *en, struct zerr *e)
{
	int type, permset, tag, id, r = 0;
	const char *who;

	(void)archive_entry_acl_reset(en, ACL_ALL);
	while (r == 0 &&
	       archive_entry_acl_next(en, ACL_ALL, &type, &permset, &tag, &id, &who) == ARCHIVE_OK)
		if (tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP)
			r = member_check_ids(name, id, id, e);
	return r;
}

/* Every rule but the names' own. 0, 1 for a member to leave out, or -errno. */
static int type_check(const char *name, struct archive_entry *en, struct zerr *e)
{
	const unsigned type = archive_entry_filetype(en);
	const bool device = type == AE_IFBLK || type == AE_IFCHR;
	int r;

	if (archive_entry_hardlink(en)) {
		archive_entry_unset_size(en); /* the first name has brought the data */
		return member_check_name(archive_entry_hardlink(en), e);
	}
	if (device) {
		r = member_check_device(name, type == AE_IFBLK, archive_entry_rdevmajor(en),
					archive_entry_rdevminor(en), e);
		return r < 0 ? r : 1;
	}
	if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK && type != AE_IFIFO)
		return member_refuse(e, EINVAL, name, "is of a kind that no image has");
	if (type != AE_IFDIR && target_is_root(name))
		return member_refuse(e, EINVAL, name, "is the root and no directory");
	r = member_check_ids(name, archive_entry_uid(en), archive_entry_gid(en), e);
	return r < 0 ? r : acl_check(name, en, e);
}

static int entry_check(const struct archive_disk *d, const char *name, struct archive_entry *en,
		       struct zerr *e)
{
	int r = member_check_name(name, e);

	if (r == 0)
		r = type_check(name, en, e);
	if (r || d->through_links)
		return r;
	r = target_parent(&d->target, name, e);
	if (r == 0 && archive_entry_hardlink(en))
		r = target_parent(&d->target, archive_entry_hardlink(en), e);
	return r;
}

static int put_data(struct archive_disk *d, struct archive_stream *s, const char *name,
		    struct zerr *e)
{
	const void *block;
	size_t len;
	la_int64_t at;
	int n;

	while ((n = archive_read_data_block(s->a, &block, &len, &at)) == ARCHIVE_OK) {
		digest_data(&s->digest, (uint64_t)at, block, len);
		if (archive_write_data_block(d->a, block, len, at) < ARCHIVE_OK)
			return write_failed(d, name, e);
		atomic_fetch_add(&d->stats->bytes, len);
		n = target_space(&d->target, len, e);
		if (n < 0)
			return n;
	}
	return n == ARCHIVE_EOF ? 0 : zerr_in(e, read_failed(s, e), "member '%s'", name);
}

static int set_xattrs(const struct archive_disk *d, const char *name, struct archive_entry *en,
		      struct zerr *e)
{
	const unsigned type = archive_entry_filetype(en);
	const char *key;
	const void *value;
	size_t len;
	int r;

	if (archive_entry_hardlink(en) || (type != AE_IFREG && type != AE_IFDIR))
		return 0; /* of these no attribute that we keep may be set */
	(void)archive_entry_xattr_reset(en);
	while (archive_entry_xattr_next(en, &key, &value, &len) == ARCHIVE_OK) {
		const enum member_xattr verdict = member_check_xattr(key, value, len);

		if (verdict == MEMBER_XATTR_BAD)
			return member_refuse(e, EINVAL, name, "%s names an id above %d", key,
					     MEMBER_ID_MAX);
		if (verdict == MEMBER_XATTR_SKIP)
			continue;
		r = target_xattr(name, key, value, len, e);
		if (r < 0)
			return r;
		atomic_fetch_add(&d->stats->skipped_xattrs, (unsigned)r);
	}
	return 0;
}

int archive_disk_put(struct archive_disk *d, struct archive_stream *s, const char *name,
		     const char *link, struct zerr *e)
{
	struct archive_entry *en = s->en;
	int n;

	if (name != archive_entry_pathname(en))
		archive_entry_set_pathname(en, name);
	if (link && link != archive_entry_hardlink(en))
		archive_entry_set_hardlink(en, link);
	name = archive_entry_pathname(en);
	n = entry_check(d, name, en, e);
	if (n)
		return n < 0 ? n : 0;
	atomic_fetch_add(&d->stats->entries, 1);
	if (target_is_root(name)) {
		d->target.attributes = *archive_entry_stat(en);
		d->target.root_named = true; /* libarchive passes over the attributes of "." */
	}
	if (archive_write_header(d->a, en) < ARCHIVE_OK)
		return write_failed(d, name, e);
	if (archive_entry_filetype(en) == AE_IFREG && archive_entry_size(en) > 0)
		n = put_data(d, s, name, e);
	if (n == 0 && archive_write_finish_entry(d->a) < ARCHIVE_OK)
		n = write_failed(d, name, e);
	if (n == 0)
		n = set_xattrs(d, name, en, e);
	return n < 0 ? n : target_space(&d->target, 4096, e);
}

int archive_disk_open(bool through_links, struct confined_stats *stats, struct archive_disk **ret,
		      struct zerr *e)
{
	struct archive_disk *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return zerr_code(e, ENOMEM, "archive");
	d->target.root = -1;
	d->through_links = through_links;
	d->stats = stats;
	r = target_open(&d->target, e);
	if (r == 0 && !(d->a = archive_write_disk_new()))
		r = zerr_code(e, ENOMEM, "archive");
	if (r < 0) {
		archive_disk_close(d);
		return r;
	}
	(void)umask(022); /* of directories that the archive does not name */
	(void)archive_write_disk_set_options(d->a, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
							   ARCHIVE_EXTRACT_TIME |
							   ARCHIVE_EXTRACT_ACL);
	*ret = d;
	return 0;
}

int archive_disk_finish(struct archive_disk *d, struct zerr *e)
{
	if (archive_write_close(d->a) < ARCHIVE_OK) /* modes and times of directories */
		return write_failed(d, ".", e);
	return target_finish(&d->target, e);
}

void archive_disk_close(struct archive_disk *d)
{
	if (!d)
		return;
	if (d->a)
		(void)archive_write_free(d->a);
	target_done(&d->target);
	free(d);
}

static void disk_close_p(struct archive_disk **d)
{
	archive_disk_close(*d);
}

static int unpack_member(const struct archive_unpack *u, struct archive_disk *d,
			 struct archive_stream *s, const struct archive_member *m, struct zerr *e)
{
	int n = member_check_name(m->name, e);

	if (n == 0)
		n = u->before ? type_check(m->name, s->en, e) : 0;
	if (n == 0 && u->before)
		n = u->before(u->arg, m->name, m->directory, e);
	if (n)
		return n < 0 ? n : 0;
	return archive_disk_put(d, s, m->name, m->link, e);
}

int archive_unpack(const struct archive_input *in, const struct archive_unpack *u, struct zerr *e)
{
	AUTO_STREAM struct archive_stream *s = NULL;
	__attribute__((cleanup(disk_close_p))) struct archive_disk *d = NULL;
	struct archive_member m;
	int n = archive_disk_open(u->through_links, u->stats, &d, e);

	if (n == 0)
		n = archive_stream_open(in, false, &s, e);
	while (n == 0 && (n = archive_stream_next(s, &m, e)) > 0)
		n = unpack_member(u, d, s, &m, e);
	if (n == 0)
		n = archive_disk_finish(d, e);
	return n < 0 ? n : archive_stream_drain(s, e);
}
