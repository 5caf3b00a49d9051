/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only user of libarchive. Names are bytes: the unpacking child runs in the C locale, because
 * in a UTF-8 one libarchive 3.6 composes the characters of pax names (NFC), which are then other
 * names; a name that is not ASCII gives a warning there and stays as it is. Must not decide what is
 * allowed (member.h) nor know about compression but the gzip and bzip2 that libarchive has built
 * in.
 */
#include "image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "image/member.h"
#include "image/target.h"

#define TAIL_MAX (64U << 20) /* of padding behind the archive's end */
#define NULLS	 65536

struct reader {
	struct archive *a;
	const struct archive_input *in;
	struct zerr err; /* of in->next */
};

struct unpacker {
	const struct archive_unpack *u;
	struct archive *disk;
	struct target target;
};

static la_ssize_t on_read(struct archive *a, void *arg, const void **ret)
{
	struct reader *r = arg;
	const ssize_t n = r->in->next(r->in->arg, ret, &r->err);

	if (n < 0)
		archive_set_error(a, r->err.code, "%s", r->err.msg);
	return n < 0 ? -1 : n;
}

static int read_failed(const struct reader *r, struct zerr *e)
{
	if (r->err.code) {
		*e = r->err;
		return -e->code;
	}
	if (archive_errno(r->a) == ENOMEM)
		return zerr_code(e, ENOMEM, "archive");
	return zerr_set(e, EPROTO, "damaged or not a tar archive: %s", archive_error_string(r->a));
}

static void reader_done(struct reader *r)
{
	if (r->a)
		(void)archive_read_free(r->a);
}
#define AUTO_READER __attribute__((cleanup(reader_done)))

/* Only what is built in: other filters would be programs to run. */
static int reader_open(struct reader *r, struct zerr *e)
{
	r->a = archive_read_new();
	if (!r->a)
		return zerr_code(e, ENOMEM, "archive");
	if (archive_read_support_format_tar(r->a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(r->a) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(r->a) != ARCHIVE_OK ||
	    archive_read_open2(r->a, r, NULL, on_read, NULL, NULL) != ARCHIVE_OK)
		return read_failed(r, e);
	return 0;
}

/* 1 with the next member, 0 at the end. A warning concerns a name's character set: see above. */
static int reader_next(struct reader *r, struct archive_entry **ret, struct zerr *e)
{
	const int n = archive_read_next_header(r->a, ret);

	if (n == ARCHIVE_OK || n == ARCHIVE_WARN)
		return 1;
	return n == ARCHIVE_EOF ? 0 : read_failed(r, e);
}

/* Behind the archive's end: checksums are verified only when everything was read. */
static int reader_drain(struct reader *r, struct zerr *e)
{
	const void *block;
	uint64_t total = 0;
	ssize_t n;

	while ((n = r->in->next(r->in->arg, &block, e)) > 0) {
		total += (uint64_t)n;
		if (total > TAIL_MAX)
			return zerr_set(e, EPROTO, "the archive goes on behind its end");
	}
	return (int)n;
}

int archive_list(const struct archive_input *in, archive_member_fn *fn, void *arg, struct zerr *e)
{
	AUTO_READER struct reader r = { .in = in };
	struct archive_entry *en;
	int n = reader_open(&r, e);

	while (n == 0 && (n = reader_next(&r, &en, e)) > 0) {
		const char *name = archive_entry_pathname(en);

		n = member_check_name(name, e);
		if (n == 0)
			n = fn(arg, name, archive_entry_filetype(en) == AE_IFDIR, e);
		if (n > 0)
			n = 0;
	}
	return n;
}

/* ---- unpack --------------------------------------------------------------------------------- */

static int write_failed(const struct unpacker *u, const char *name, struct zerr *e)
{
	const int code = archive_errno(u->disk);
	const bool known = code > 0 && code < 4096;

	if (!known)
		return member_refuse(e, EIO, name, "%s", archive_error_string(u->disk));
	return member_refuse(e, code, name, "%s (%s)", strerror(code),
			     archive_error_string(u->disk));
}

static int acl_check(const char *name, struct archive_entry *en, struct zerr *e)
{
	const int all = ARCHIVE_ENTRY_ACL_TYPE_POSIX1E | ARCHIVE_ENTRY_ACL_TYPE_NFS4;
	int type, permset, tag, id, r = 0;
	const char *who;

	(void)archive_entry_acl_reset(en, all);
	while (r == 0 &&
	       archive_entry_acl_next(en, all, &type, &permset, &tag, &id, &who) == ARCHIVE_OK)
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

static int entry_check(const struct unpacker *u, const char *name, struct archive_entry *en,
		       struct zerr *e)
{
	int r = member_check_name(name, e);

	if (r == 0)
		r = type_check(name, en, e);
	if (r == 0 && u->u->before)
		r = u->u->before(u->u->arg, name, archive_entry_filetype(en) == AE_IFDIR, e);
	if (r || u->u->through_links)
		return r;
	r = target_parent(&u->target, name, e);
	if (r == 0 && archive_entry_hardlink(en))
		r = target_parent(&u->target, archive_entry_hardlink(en), e);
	return r;
}

static int unpack_data(struct unpacker *u, struct reader *r, const char *name, struct zerr *e)
{
	const void *block;
	size_t len;
	la_int64_t at;
	int n;

	while ((n = archive_read_data_block(r->a, &block, &len, &at)) == ARCHIVE_OK) {
		if (archive_write_data_block(u->disk, block, len, at) < ARCHIVE_OK)
			return write_failed(u, name, e);
		atomic_fetch_add(&u->u->stats->bytes, len);
		n = target_space(&u->target, len, e);
		if (n < 0)
			return n;
	}
	return n == ARCHIVE_EOF ? 0 : zerr_in(e, read_failed(r, e), "member '%s'", name);
}

static int set_xattrs(const struct unpacker *u, const char *name, struct archive_entry *en,
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
		atomic_fetch_add(&u->u->stats->skipped_xattrs, (unsigned)r);
	}
	return 0;
}

static int unpack_entry(struct unpacker *u, struct reader *r, struct archive_entry *en,
			struct zerr *e)
{
	const char *name = archive_entry_pathname(en);
	int n = entry_check(u, name, en, e);

	if (n)
		return n < 0 ? n : 0;
	atomic_fetch_add(&u->u->stats->entries, 1);
	if (target_is_root(name)) {
		u->target.attributes = *archive_entry_stat(en);
		u->target.root_named = true; /* libarchive passes over the attributes of "." */
	}
	if (archive_write_header(u->disk, en) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (archive_entry_filetype(en) == AE_IFREG && archive_entry_size(en) > 0)
		n = unpack_data(u, r, name, e);
	if (n == 0 && archive_write_finish_entry(u->disk) < ARCHIVE_OK)
		n = write_failed(u, name, e);
	if (n == 0)
		n = set_xattrs(u, name, en, e);
	return n < 0 ? n : target_space(&u->target, 4096, e);
}

static void unpacker_done(struct unpacker *u)
{
	if (u->disk)
		(void)archive_write_free(u->disk);
	target_done(&u->target);
}

static int unpack_all(struct unpacker *u, struct reader *r, struct zerr *e)
{
	struct archive_entry *en;
	int n = reader_open(r, e);

	while (n == 0 && (n = reader_next(r, &en, e)) > 0)
		n = unpack_entry(u, r, en, e);
	if (n < 0)
		return n;
	if (archive_write_close(u->disk) < ARCHIVE_OK) /* modes and times of directories */
		return write_failed(u, ".", e);
	n = target_finish(&u->target, e);
	return n < 0 ? n : reader_drain(r, e);
}

int archive_unpack(const struct archive_input *in, const struct archive_unpack *u, struct zerr *e)
{
	__attribute__((cleanup(unpacker_done))) struct unpacker up = { .u = u, .target.root = -1 };
	AUTO_READER struct reader r = { .in = in };
	const int n = target_open(&up.target, e);

	if (n < 0)
		return n;
	(void)umask(022); /* of directories that the archive does not name */
	up.disk = archive_write_disk_new();
	if (!up.disk)
		return zerr_code(e, ENOMEM, "archive");
	(void)archive_write_disk_set_options(up.disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
							      ARCHIVE_EXTRACT_TIME |
							      ARCHIVE_EXTRACT_ACL);
	return unpack_all(&up, &r, e);
}

/* ---- pack ----------------------------------------------------------------------------------- */

struct packer {
	struct archive *disk, *tar;
	struct archive_entry_linkresolver *links;
	const struct archive_output *out;
	struct confined_stats *stats;
	struct zerr err; /* of out->write */
};

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t len)
{
	struct packer *p = arg;

	if (p->out->write(p->out->arg, data, len, &p->err) < 0) {
		archive_set_error(a, p->err.code, "%s", p->err.msg);
		return -1;
	}
	return (la_ssize_t)len;
}

static int pack_failed(const struct packer *p, struct archive *a, const char *name, struct zerr *e)
{
	if (p->err.code) {
		*e = p->err;
		return -e->code;
	}
	return member_refuse(e, archive_errno(a) > 0 ? archive_errno(a) : EIO, name, "%s",
			     archive_error_string(a));
}

/* The archive's writer wants holes as zeros; it finds them again by the entry's map. */
static int pack_data(struct packer *p, const char *name, struct zerr *e)
{
	static const char nulls[NULLS];
	la_int64_t done = 0, at;
	const void *block;
	size_t len;
	int r;

	while ((r = archive_read_data_block(p->disk, &block, &len, &at)) == ARCHIVE_OK) {
		for (size_t n; done < at; done += (la_int64_t)n) {
			n = at - done > NULLS ? NULLS : (size_t)(at - done);
			if (archive_write_data(p->tar, nulls, n) < 0)
				return pack_failed(p, p->tar, name, e);
		}
		if (len && archive_write_data(p->tar, block, len) < 0)
			return pack_failed(p, p->tar, name, e);
		done += (la_int64_t)len;
		atomic_fetch_add(&p->stats->done, len);
	}
	return r == ARCHIVE_EOF ? 0 : pack_failed(p, p->disk, name, e);
}

static int pack_entry(struct packer *p, struct archive_entry *en, struct zerr *e)
{
	const char *name = archive_entry_pathname(en);
	const unsigned type = archive_entry_filetype(en);
	struct archive_entry *spare = NULL;
	int r;

	if (type == AE_IFSOCK || type == AE_IFCHR || type == AE_IFBLK)
		return 0;
	r = member_check_ids(name, archive_entry_uid(en), archive_entry_gid(en), e);
	if (r < 0)
		return r;
	archive_entry_unset_atime(en);
	archive_entry_unset_ctime(en);
	archive_entry_unset_birthtime(en);
	archive_entry_linkify(p->links, &en, &spare);
	atomic_fetch_add(&p->stats->entries, 1);
	if (archive_write_header(p->tar, en) < ARCHIVE_WARN)
		return pack_failed(p, p->tar, name, e);
	return archive_entry_size(en) > 0 && !archive_entry_hardlink(en) ? pack_data(p, name, e)
									 : 0;
}

static void packer_done(struct packer *p)
{
	if (p->links)
		archive_entry_linkresolver_free(p->links);
	if (p->disk)
		(void)archive_read_free(p->disk);
	if (p->tar)
		(void)archive_write_free(p->tar);
}

static int packer_open(struct packer *p, struct zerr *e)
{
	p->disk = archive_read_disk_new();
	p->tar = archive_write_new();
	p->links = archive_entry_linkresolver_new();
	if (!p->disk || !p->tar || !p->links)
		return zerr_code(e, ENOMEM, "archive");
	archive_entry_linkresolver_set_strategy(p->links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	(void)archive_read_disk_set_symlink_physical(p->disk);
	(void)archive_read_disk_set_behavior(p->disk, ARCHIVE_READDISK_NO_FFLAGS |
							      ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS);
	if (archive_write_set_format_pax_restricted(p->tar) != ARCHIVE_OK ||
	    archive_write_set_options(p->tar, "xattrheader=SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(p->tar, 1 << 20) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(p->tar, 1) != ARCHIVE_OK ||
	    archive_write_open2(p->tar, p, NULL, on_write, NULL, NULL) != ARCHIVE_OK)
		return pack_failed(p, p->tar, "", e);
	if (archive_read_disk_open(p->disk, ".") != ARCHIVE_OK)
		return pack_failed(p, p->disk, ".", e);
	return 0;
}

int archive_pack(const struct archive_output *out, struct confined_stats *stats, struct zerr *e)
{
	__attribute__((cleanup(packer_done))) struct packer p = { .out = out, .stats = stats };
	int n, r = packer_open(&p, e);

	while (r == 0) {
		struct archive_entry *en = archive_entry_new();

		if (!en)
			return zerr_code(e, ENOMEM, "archive");
		n = archive_read_next_header2(p.disk, en);
		if (n == ARCHIVE_EOF) {
			archive_entry_free(en);
			break;
		}
		if (n < ARCHIVE_WARN)
			r = pack_failed(&p, p.disk, archive_entry_pathname(en), e);
		else
			r = pack_entry(&p, en, e);
		if (r == 0)
			(void)archive_read_disk_descend(p.disk);
		archive_entry_free(en);
	}
	if (r == 0 && archive_write_close(p.tar) != ARCHIVE_OK)
		r = pack_failed(&p, p.tar, "", e);
	return r;
}
