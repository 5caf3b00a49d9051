/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing archives by libarchive (archive_read.c is its other user). Must not decide what is
 * written: the caller chooses, and what no zone can use is left out.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/own.h"
#include "image/archive.h"
#include "image/archive_sum.h"
#include "image/member.h"

#define NULLS 65536

struct archive_writer {
	struct archive *tar;
	const struct archive_output *out;
	struct confined_stats *stats;
	struct zerr err; /* of out->write */
	bool with_sums;
	struct buf sums;
	struct digest digest; /* of the present member */
	char *name;	      /* its; libarchive puts a slash behind a directory's */
};

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t len)
{
	struct archive_writer *w = arg;

	if (w->out->write(w->out->arg, data, len, &w->err) < 0) {
		archive_set_error(a, w->err.code, "%s", w->err.msg);
		return -1;
	}
	return (la_ssize_t)len;
}

static int pack_failed(const struct archive_writer *w, struct archive *a, const char *name,
		       struct zerr *e)
{
	if (w->err.code) {
		*e = w->err;
		return -e->code;
	}
	return member_refuse(e, archive_errno(a) > 0 ? archive_errno(a) : EIO, name, "%s",
			     archive_error_string(a));
}

static int writer_start(struct archive_writer *w, enum archive_form form, struct zerr *e)
{
	w->tar = archive_write_new();
	if (!w->tar)
		return zerr_code(e, ENOMEM, "archive");
	if ((form == ARCHIVE_FULL
		     ? archive_write_set_format_pax(w->tar)
		     : archive_write_set_format_pax_restricted(w->tar)) != ARCHIVE_OK ||
	    archive_write_set_options(w->tar, "xattrheader=SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(w->tar, 1 << 20) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(w->tar, 1) != ARCHIVE_OK ||
	    archive_write_open2(w->tar, w, NULL, on_write, NULL, NULL) != ARCHIVE_OK)
		return pack_failed(w, w->tar, "", e);
	return 0;
}

int archive_writer_open(const struct archive_output *out, enum archive_form form,
			struct confined_stats *stats, struct archive_writer **ret, struct zerr *e)
{
	struct archive_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return zerr_code(e, ENOMEM, "archive");
	w->out = out;
	w->stats = stats;
	w->with_sums = form == ARCHIVE_FULL;
	r = writer_start(w, form, e);
	if (r < 0) {
		archive_writer_close(w);
		return r;
	}
	*ret = w;
	return 0;
}

void archive_writer_close(struct archive_writer *w)
{
	if (!w)
		return;
	if (w->tar)
		(void)archive_write_free(w->tar);
	digest_drop(&w->digest);
	buf_done(&w->sums);
	free(w->name);
	free(w);
}

const struct buf *archive_writer_sums(const struct archive_writer *w)
{
	return &w->sums;
}

int archive_writer_finish(struct archive_writer *w, struct zerr *e)
{
	return archive_write_close(w->tar) == ARCHIVE_OK ? 0 : pack_failed(w, w->tar, "", e);
}

static int put_header(struct archive_writer *w, struct archive_entry *en, struct zerr *e)
{
	const char *name = archive_entry_pathname(en);

	if (w->with_sums &&
	    (str_set(&w->name, name) < 0 || archive_sum_begin(&w->digest, en, w->name) < 0))
		return zerr_code(e, ENOMEM, "archive");
	atomic_fetch_add(&w->stats->entries, 1);
	return archive_write_header(w->tar, en) < ARCHIVE_WARN ? pack_failed(w, w->tar, name, e)
							       : 0;
}

static int end_member(struct archive_writer *w, struct zerr *e)
{
	return digest_end(&w->digest, w->name, &w->sums) < 0 ? zerr_code(e, ENOMEM, "archive") : 0;
}

static void entry_free_p(struct archive_entry **en)
{
	if (*en)
		archive_entry_free(*en);
}
#define AUTO_ENTRY __attribute__((cleanup(entry_free_p)))

int archive_writer_text(struct archive_writer *w, const char *name, const void *data, size_t len,
			struct zerr *e)
{
	AUTO_ENTRY struct archive_entry *en = archive_entry_new();
	int r;

	if (!en)
		return zerr_code(e, ENOMEM, "archive");
	archive_entry_set_pathname(en, name);
	archive_entry_set_filetype(en, AE_IFREG);
	archive_entry_set_perm(en, 0600);
	archive_entry_set_size(en, (la_int64_t)len);
	archive_entry_set_mtime(en, 0, 0);
	r = put_header(w, en, e);
	if (r == 0 && len && archive_write_data(w->tar, data, len) < 0)
		r = pack_failed(w, w->tar, name, e);
	digest_data(&w->digest, 0, data, len);
	return r < 0 ? r : end_member(w, e);
}

struct packer { /* of one tree */
	struct archive_writer *w;
	struct archive *disk;
	struct archive_entry_linkresolver *links;
	const char *prefix;
	archive_choose_fn *choose;
	void *arg;
};

/* The archive's writer wants holes as zeros; it finds them again by the entry's map. */
static int pack_data(struct packer *p, const char *name, struct zerr *e)
{
	static const char nulls[NULLS];
	struct archive *tar = p->w->tar;
	la_int64_t done = 0, at;
	const void *block;
	size_t len;
	int r;

	while ((r = archive_read_data_block(p->disk, &block, &len, &at)) == ARCHIVE_OK) {
		for (size_t n; done < at; done += (la_int64_t)n) {
			n = at - done > NULLS ? NULLS : (size_t)(at - done);
			if (archive_write_data(tar, nulls, n) < 0)
				return pack_failed(p->w, tar, name, e);
		}
		if (len && archive_write_data(tar, block, len) < 0)
			return pack_failed(p->w, tar, name, e);
		digest_data(&p->w->digest, (uint64_t)at, block, len);
		done += (la_int64_t)len;
		atomic_fetch_add(&p->w->stats->done, len);
	}
	return r == ARCHIVE_EOF ? 0 : pack_failed(p->w, p->disk, name, e);
}

/* "./a/b" → "PREFIXa/b"; "." → "PREFIX" without its slash, but for "./". */
static int set_name(const struct packer *p, struct archive_entry *en, const char *name,
		    struct zerr *e)
{
	AUTO_FREE char *full = str_fmt("%s%s", p->prefix, name);
	const size_t len = full ? strlen(full) : 0;

	if (!full)
		return zerr_code(e, ENOMEM, "archive");
	if (!*name && len > 2)
		full[len - 1] = '\0';
	archive_entry_set_pathname(en, full);
	return 0;
}

static int pack_entry(struct packer *p, struct archive_entry *en, struct zerr *e)
{
	const unsigned type = archive_entry_filetype(en);
	const char *name = archive_entry_pathname(en);
	struct archive_entry *spare = NULL;
	int r;

	name += strncmp(name, "./", 2) == 0 ? 2 : str_eq(name, ".");
	if (type == AE_IFSOCK || type == AE_IFCHR || type == AE_IFBLK)
		return 0;
	if (p->choose && !p->choose(p->arg, name, type == AE_IFDIR,
				    type != AE_IFDIR && archive_entry_nlink(en) > 1))
		return 0;
	r = member_check_ids(name, archive_entry_uid(en), archive_entry_gid(en), e);
	if (r == 0)
		r = set_name(p, en, name, e);
	if (r < 0)
		return r;
	archive_entry_unset_atime(en);
	archive_entry_unset_ctime(en);
	archive_entry_unset_birthtime(en);
	archive_entry_linkify(p->links, &en, &spare);
	name = archive_entry_pathname(en);
	r = put_header(p->w, en, e);
	if (r == 0 && archive_entry_size(en) > 0 && !archive_entry_hardlink(en))
		r = pack_data(p, name, e);
	return r < 0 ? r : end_member(p->w, e);
}

static int pack_next(struct packer *p, struct zerr *e)
{
	AUTO_ENTRY struct archive_entry *en = archive_entry_new();
	int r;

	if (!en)
		return zerr_code(e, ENOMEM, "archive");
	const int n = archive_read_next_header2(p->disk, en);
	if (n == ARCHIVE_EOF)
		return 1;
	if (n < ARCHIVE_WARN)
		return pack_failed(p->w, p->disk, archive_entry_pathname(en), e);
	r = pack_entry(p, en, e);
	if (r == 0)
		(void)archive_read_disk_descend(p->disk);
	return r;
}

static void packer_done(struct packer *p)
{
	if (p->links)
		archive_entry_linkresolver_free(p->links);
	if (p->disk)
		(void)archive_read_free(p->disk);
}

int archive_writer_tree(struct archive_writer *w, const char *prefix, archive_choose_fn *choose,
			void *arg, struct zerr *e)
{
	__attribute__((cleanup(packer_done))) struct packer p = {
		.w = w, .prefix = prefix, .choose = choose, .arg = arg
	};
	int r = 0;

	p.disk = archive_read_disk_new();
	p.links = archive_entry_linkresolver_new();
	if (!p.disk || !p.links)
		return zerr_code(e, ENOMEM, "archive");
	archive_entry_linkresolver_set_strategy(p.links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	(void)archive_read_disk_set_symlink_physical(p.disk);
	(void)archive_read_disk_set_behavior(p.disk, ARCHIVE_READDISK_NO_FFLAGS |
							     ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS);
	if (archive_read_disk_open(p.disk, ".") != ARCHIVE_OK)
		return pack_failed(w, p.disk, ".", e);
	while (r == 0)
		r = pack_next(&p, e);
	return r < 0 ? r : 0;
}

static void writer_close_p(struct archive_writer **w)
{
	archive_writer_close(*w);
}

int archive_pack(const struct archive_output *out, struct confined_stats *stats, struct zerr *e)
{
	__attribute__((cleanup(writer_close_p))) struct archive_writer *w = NULL;
	int r = archive_writer_open(out, ARCHIVE_PLAIN, stats, &w, e);

	if (r == 0)
		r = archive_writer_tree(w, "./", NULL, NULL, e);
	return r == 0 ? archive_writer_finish(w, e) : r;
}
