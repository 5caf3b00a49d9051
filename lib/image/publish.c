/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Publishing: a build is made in TREE/.tmp, moved to its place by one rename, and entered in the
 * indices, which are written and signed beside and renamed last. Existing products and builds stay.
 * The source is only ever read in confined children. An interrupted publish leaves .tmp, which the
 * next one removes.
 */
#include "image/publish.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "image/internal.h"
#include "image/publish_sign.h"
#include "image/ref.h"
#include "image/rootfs.h"
#include "image/unpack.h"

#define TMP	 ".tmp"
#define LIFETIME (30 * 86400)
#define JSON_MAX (64U << 20)
#define STREAMS	 "streams/v1"
#define CLASSIC	 "meta/1.0"

struct publish {
	const struct image_publish *p;
	image_progress *progress;
	void *arg;
	struct signer signer;
	int tree, lock, tmp;
	int root; /* the source */
	int out;  /* TREE/.tmp/build */
	struct publish_build build;
	struct strv dropped; /* builds that go, relative to the tree */
	bool entered;	     /* images.json names the build: no way back */
};

static void publish_done(struct publish *p)
{
	own_close(p->out);
	own_close(p->root);
	own_close(p->tmp);
	own_close(p->lock);
	own_close(p->tree);
	publish_build_done(&p->build);
	strv_done(&p->dropped);
}

/* ---- the steps ------------------------------------------------------------------------------ */

static int up_stage(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	int r;

	p->tree = fs_make_dir(p->p->tree, 0755, e);
	if (p->tree < 0)
		return p->tree;
	p->lock = fs_lock(p->tree, ".lock", -1, e); /* one publisher at a time */
	if (p->lock < 0)
		return p->lock;
	r = fs_remove(p->tree, TMP, e);
	if (r < 0)
		return r;
	p->tmp = fs_subdir(p->tree, TMP, 0700, e);
	if (p->tmp < 0)
		return p->tmp;
	p->out = fs_subdir(p->tmp, "build", 0755, e);
	return p->out < 0 ? p->out : 0;
}

static int down_stage(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;

	return p->tmp >= 0 ? fs_remove(p->tree, TMP, e) : 0;
}

/* Before the long work: the key can sign. And a signed tree must stay one: clients that know the
 * key would refuse it otherwise. */
static int up_key(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	AUTO_CLOSE int images = fs_open_below(p->tree, STREAMS "/images.json.gpg", O_PATH, 0);
	int r;

	if (p->signer.key || images < 0)
		return sign_try(&p->signer, e);
	r = zerr_as(e, ZERR_USAGE, "%s is a signed tree", p->p->tree);
	return zerr_hint(e, r, "name the key: --sign KEYID");
}

/* A directory as it is, a tarball unpacked. */
static int up_source(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (p->p->source_fd >= 0) {
		p->root = fcntl(p->p->source_fd, F_DUPFD_CLOEXEC, 0);
		return p->root < 0 ? zerr_sys(e, "source") : 0;
	}
	fd = host_open(p->p->source, O_RDONLY, e);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return zerr_sys(e, "%s", p->p->source);
	if (S_ISDIR(st.st_mode)) {
		p->root = own_take_fd(&fd);
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return zerr_as(e, ZERR_USAGE, "%s: neither a file nor a directory", p->p->source);
	p->root = fs_subdir(p->tmp, "rootfs", 0755, e);
	if (p->root < 0)
		return p->root;
	return unpack_tar(fd, p->root, p->progress, p->arg, e);
}

/* What the caller has named. 0 or -ENOMEM. */
static int take_given(const struct image_publish *p, struct image *i)
{
	const struct {
		char **to;
		const char *from;
	} given[] = {
		{ &i->ref.dist, p->dist }, { &i->ref.release, p->release },
		{ &i->ref.arch, p->arch }, { &i->ref.variant, p->variant ? p->variant : "default" },
		{ &i->build, p->build },
	};

	for (size_t n = 0; n < sizeof(given) / sizeof(given[0]); n++)
		if (str_set(given[n].to, given[n].from) < 0)
			return -ENOMEM;
	return 0;
}

static int set_names(struct publish *p, struct zerr *e)
{
	struct image *i = &p->build.image;
	AUTO_OS struct rootfs_os os = { 0 };
	int r;

	if (take_given(p->p, i) < 0 || rootfs_os(p->root, &os) < 0 ||
	    str_set(&p->build.description, os.pretty) < 0)
		return zerr_code(e, ENOMEM, "image");
	if ((!i->ref.dist && !os.id) || (!i->ref.release && !os.codename && !os.version)) {
		r = zerr_as(e, ZERR_USAGE, "its os-release does not tell what it is");
		return zerr_hint(e, r, "name it: -d DIST -r RELEASE");
	}
	if (rootfs_identify(p->root, NULL, NULL, &i->ref) < 0)
		return zerr_code(e, ENOMEM, "image");
	if (str_eq(i->ref.dist, os.id) && str_eq(i->ref.release, os.codename) &&
	    str_set(&p->build.version, os.version) < 0)
		return zerr_code(e, ENOMEM, "image");
	return 0;
}

/* NULL is fine: it is found out later. */
static int check_names(const char *dist, const char *release, const char *arch, const char *variant,
		       const char *build, struct zerr *e)
{
	const char *const words[] = { dist, release, arch, variant };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i] && !image_word_ok(words[i]))
			return zerr_as(e, ZERR_USAGE, "%s: not possible in an image's name",
				       words[i]);
	if (build && !image_build_ok(build))
		return zerr_as(e, ZERR_USAGE, "%s: a build is named YYYYMMDD_HH:MM", build);
	return 0;
}

static int up_names(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	struct image *i = &p->build.image;
	AUTO_FREE char *product = NULL;
	AUTO_FREE char *dir = NULL;
	AUTO_CLOSE int there = -1;
	int r = set_names(p, e);

	if (r < 0)
		return r;
	i->created = now_seconds();
	i->expiry = i->created + LIFETIME;
	if (!i->build)
		i->build = build_name(i->created);
	product = publish_product_dir(&i->ref);
	dir = product && i->build ? str_fmt("%s/%s", product, i->build) : NULL;
	if (!dir)
		return zerr_code(e, ENOMEM, "image");
	there = fs_open_below(p->tree, dir, O_PATH, 0);
	return there >= 0 ? zerr_as(e, ZERR_STATE, "%s exists already", dir) : 0;
}

/* ---- the build's files ---------------------------------------------------------------------- */

static int measure(int dir, const char *name, struct publish_file *f, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDONLY, 0);
	struct stat st;

	if (fd < 0)
		return zerr_code(e, -fd, "%s", name);
	if (fchmod(fd, 0644) < 0 || fstat(fd, &st) < 0)
		return zerr_sys(e, "%s", name);
	f->size = (uint64_t)st.st_size;
	return hash_fd(fd, f->sha256, e);
}

static int pack(struct publish *p, int from, const char *name, struct publish_file *f,
		struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(p->out, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	int r = fd < 0 ? zerr_code(e, -fd, "%s", name) : 0;

	if (r == 0)
		r = pack_tree(from, fd, p->progress, p->arg, e);
	return r < 0 ? r : measure(p->out, name, f, e);
}

static int up_pack(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;

	return pack(p, p->root, "rootfs.tar.xz", &p->build.rootfs, e);
}

static int combine(struct publish *p, struct zerr *e)
{
	AUTO_CLOSE int incus = fs_open_below(p->out, "incus.tar.xz", O_RDONLY, 0);
	AUTO_CLOSE int rootfs = fs_open_below(p->out, "rootfs.tar.xz", O_RDONLY, 0);
	struct hash *h = hash_new();
	int r = h ? hash_add_fd(h, incus) : -ENOMEM;

	if (r == 0)
		r = hash_add_fd(h, rootfs);
	if (r < 0)
		hash_drop(h);
	else
		r = hash_end(h, p->build.combined);
	return r < 0 ? zerr_code(e, -r, "SHA-256") : 0;
}

static int up_describe(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	AUTO_CLOSE int meta = fs_subdir(p->tmp, "meta", 0755, e);
	AUTO_CLOSE int incus = meta < 0 ? meta : fs_subdir(p->tmp, "incus", 0755, e);
	AUTO_BUF struct buf sums = { 0 };
	int r = incus < 0 ? incus : publish_meta_files(&p->build, p->root, meta, e);

	if (r == 0)
		r = publish_incus_files(&p->build, incus, e);
	if (r == 0)
		r = pack(p, meta, "meta.tar.xz", &p->build.meta, e);
	if (r == 0)
		r = pack(p, incus, "incus.tar.xz", &p->build.incus, e);
	if (r == 0)
		r = combine(p, e);
	if (r < 0)
		return r;
	publish_sums(&p->build, &sums);
	return sign_and_write(&p->signer, p->out, "SHA256SUMS", "asc", &sums, e);
}

static int open_product(struct publish *p, struct zerr *e)
{
	AUTO_FREE char *path = publish_product_dir(&p->build.image.ref);

	return path ? fs_subdirs(p->tree, path, 0755, e) : zerr_code(e, ENOMEM, "image");
}

static int up_place(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	AUTO_CLOSE int product = open_product(p, e);

	if (product < 0)
		return product;
	if (syncfs(p->tree) < 0)
		return zerr_sys(e, "sync");
	if (renameat2(p->tmp, "build", product, p->build.image.build, RENAME_NOREPLACE) < 0)
		return zerr_sys(e, "build %s", p->build.image.build);
	return 0;
}

/* Its directory is complete or not there; what no index names is dead weight. */
static int down_place(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	AUTO_CLOSE int product = -1;

	if (p->entered || !p->build.image.build || fs_exists(p->tmp, "build"))
		return 0;
	product = open_product(p, e);
	return product < 0 ? product : fs_remove(product, p->build.image.build, e);
}

/* ---- indices -------------------------------------------------------------------------------- */

/* Into place: the signature, and at once the file that it belongs to. */
static int move_in(struct publish *p, const char *name, const char *dir, const char *suffix,
		   struct zerr *e)
{
	AUTO_FREE char *sig = str_fmt("%s.%s", name, suffix);
	AUTO_CLOSE int to = fs_subdirs(p->tree, dir, 0755, e);

	if (to < 0)
		return to;
	if (!sig)
		return zerr_code(e, ENOMEM, "%s", name);
	if (p->signer.key && renameat(p->tmp, sig, to, sig) < 0)
		return zerr_sys(e, "%s", sig);
	if (renameat(p->tmp, name, to, name) < 0)
		return zerr_sys(e, "%s", name);
	return fs_sync_dir(to) < 0 ? zerr_sys(e, "sync %s", dir) : 0;
}

static int make_indices(struct publish *p, struct zerr *e)
{
	AUTO_BUF struct buf old = { 0 }, images = { 0 }, index = { 0 }, classic = { 0 };
	AUTO_CLOSE int streams = fs_subdirs(p->tree, STREAMS, 0755, e);
	int r = streams;

	if (r < 0)
		return r;
	r = fs_read(streams, "images.json", JSON_MAX, &old);
	if (r < 0 && r != -ENOENT)
		return zerr_code(e, -r, "images.json");
	r = publish_images(old.p, old.len, &p->build, p->p->keep, &images, &p->dropped, e);
	if (r == 0)
		r = publish_indices(&images, &index, &classic, e);
	if (r == 0)
		r = sign_and_write(&p->signer, p->tmp, "images.json", "gpg", &images, e);
	if (r == 0)
		r = sign_and_write(&p->signer, p->tmp, "index.json", "gpg", &index, e);
	if (r == 0)
		r = sign_and_write(&p->signer, p->tmp, "index-system", "asc", &classic, e);
	if (r == 0)
		r = sign_and_write(&p->signer, p->tmp, "index-user", "asc", &classic, e);
	return r;
}

static int up_index(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	int r = make_indices(p, e);

	if (r == 0)
		r = steps_check(e); /* last chance: from here on it is published */
	if (r == 0)
		r = move_in(p, "images.json", STREAMS, "gpg", e);
	p->entered = r == 0;
	if (r == 0)
		r = move_in(p, "index.json", STREAMS, "gpg", e);
	if (r == 0)
		r = move_in(p, "index-system", CLASSIC, "asc", e);
	if (r == 0)
		r = move_in(p, "index-user", CLASSIC, "asc", e);
	return r;
}

/* No index names them any more. */
static int up_prune(void *ctx, struct zerr *e)
{
	struct publish *p = ctx;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->dropped.n; i++) {
		const char *base = strrchr(p->dropped.v[i], '/') + 1;
		AUTO_CLOSE int product = open_product(p, e);

		r = product < 0 ? product : fs_remove(product, base, e);
	}
	return r < 0 ? r : fs_remove(p->tree, TMP, e);
}

static const struct op publish_op = {
	.name = "publish",
	.steps =
		(const struct step[]){
			{ "stage", up_stage, down_stage },
			{ "key", up_key, NULL },
			{ "source", up_source, NULL },
			{ "names", up_names, NULL },
			{ "pack", up_pack, NULL },
			{ "describe", up_describe, NULL },
			{ "place", up_place, down_place },
			{ "index", up_index, NULL },
			{ "prune", up_prune, NULL },
			{ 0 },
		},
};

int image_publish(const struct image_publish *a, image_progress *progress, void *arg,
		  struct image *ret, struct zerr *e)
{
	const struct journal none = { .dirfd = -1 };
	__attribute__((cleanup(publish_done))) struct publish p = {
		.p = a,
		.progress = progress,
		.arg = arg,
		.signer = { .key = a->sign, .home = a->gnupghome },
		.tree = -1,
		.lock = -1,
		.tmp = -1,
		.root = -1,
		.out = -1,
	};
	struct image *i = &p.build.image;
	int r = check_names(a->dist, a->release, a->arch, a->variant, a->build, e);

	if (r == 0)
		r = steps_up(&publish_op, &none, &p, e);
	if (r < 0)
		return r;
	if (str_set(&i->fingerprint, p.build.rootfs.sha256) < 0 ||
	    str_set(&i->verified, a->sign ? "signature" : "hash") < 0)
		return zerr_code(e, ENOMEM, "image");
	i->size = p.build.rootfs.size;
	*ret = *i;
	*i = (struct image){ 0 };
	return 0;
}
