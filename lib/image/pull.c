/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pull: from a name to an image in the store. The order of things is the table at the end. The lock
 * of the image's place in the download cache is held throughout, so concurrent pulls share one
 * download. Nothing is unpacked before its hash (and its signature, where one is demanded) was
 * found right.
 */
#include "image/pull.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "image/cache.h"
#include "image/catalog.h"
#include "image/internal.h"
#include "image/ref.h"

#define ROOT_MAX (64ULL << 30)
#define META_MAX (16ULL << 20)

struct pull {
	const struct image_env *env;
	const struct image_ref *ref; /* as asked for; may be an alias */
	const struct image_source *src;
	image_progress *progress;
	void *arg;
	struct catalog catalog;
	const struct remote_image *remote;
	struct catalog_hashes hashes;
	struct cache_slot slot;
	int root, meta; /* tarballs, checked */
	struct image_build build;
	struct image image; /* the result */
	bool stored;	    /* the tree is in the store already */
};

static void pull_done(struct pull *p)
{
	image_store_abort(&p->build);
	own_close(p->root);
	own_close(p->meta);
	image_done(&p->image);
	cache_close(&p->slot);
	catalog_close(&p->catalog);
}

/* ---- the list ------------------------------------------------------------------------------- */

static bool requires(const struct remote_image *i, const char *what)
{
	AUTO_STRV struct strv words = { 0 };

	return i->requirements && strv_split(&words, i->requirements, ",") == 0 &&
	       strv_has(&words, what);
}

/* When the server cannot be asked, an expired image may still be there. */
static void offer_expired(const struct pull *p, struct zerr *e, int r)
{
	AUTO_IMAGE struct image i = { 0 };
	struct zerr ignored = { 0 };

	if (image_store_find(p->env, p->ref, p->catalog.server.url, &i, &ignored) == 0 &&
	    !e->hint[0])
		(void)zerr_hint(e, r, "--force-cache uses the stored build %s", i.build);
}

static int up_index(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;
	int r = catalog_find(&p->catalog, p->ref, &p->remote, e);

	if (r < 0) {
		if (e->status != ZERR_MISSING)
			offer_expired(p, e, r);
		return r;
	}
	if (requires(p->remote, "cgroup=v1")) {
		r = zerr_as(e, ZERR_HOST, "%s/%s: needs cgroup v1, which zones do not have",
			    p->ref->dist, p->ref->release);
		return zerr_hint(e, r, "take a newer release");
	}
	return image_arch_check(p->remote->ref.arch, e);
}

/* ---- hashes --------------------------------------------------------------------------------- */

/* What the server says about the image, over whatever the store remembers of the same tree. */
static int describe(struct pull *p, struct zerr *e)
{
	struct image *i = &p->image;
	int r = image_ref_copy(&i->ref, &p->remote->ref);

	if (r == 0)
		r = str_set(&i->build, p->remote->build);
	if (r == 0)
		r = str_set(&i->server, p->catalog.server.url);
	if (r == 0)
		r = str_set(&i->fingerprint, p->hashes.root);
	if (r == 0)
		r = str_set(&i->requirements, p->remote->requirements);
	/* a signature that was found good once has not become bad by not being asked for */
	if (r == 0 && (p->hashes.is_signed || !str_eq(i->verified, "signature")))
		r = str_set(&i->verified, p->hashes.is_signed ? "signature" : "hash");
	if (r < 0)
		return zerr_code(e, ENOMEM, "image");
	if (!p->hashes.is_signed)
		return 0;
	free(i->trust);
	return image_server_trust(&p->catalog.server, p->src, &i->trust, e);
}

/* The tree is in the store already: keep what is known of it. */
static int adopt(struct pull *p, struct zerr *e)
{
	int r;

	image_done(&p->image);
	r = image_store_load(p->env, p->hashes.root, &p->image, e);
	if (r == -EPROTO)
		return zerr_hint(e, r, "`zone image prune --all` removes what no zone uses");
	if (r < 0)
		return r;
	p->stored = true;
	return describe(p, e);
}

static int up_hashes(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;
	int r = catalog_hashes(&p->catalog, p->remote, &p->hashes, e);

	if (r < 0)
		return r;
	r = adopt(p, e);
	if (r != -ENOENT)
		return r;
	*e = (struct zerr){ 0 };
	return describe(p, e);
}

/* ---- download ------------------------------------------------------------------------------- */

static int get_file(struct pull *p, const char *remote, const char *local, const char *sha256,
		    uint64_t size, uint64_t max, struct zerr *e)
{
	AUTO_FREE char *url = catalog_url(&p->catalog, p->remote, remote);
	const struct fetch_file file = {
		.url = url,
		.what = remote,
		.name = local,
		.sha256 = sha256,
		.size = size,
		.max = max,
	};
	int fd;

	if (!url)
		return zerr_code(e, ENOMEM, "%s", remote);
	fd = fetch_file(p->catalog.fetch, p->slot.dir, &file, e);
	if (fd != -ENOENT)
		return fd;
	(void)zerr_in(e, fd, "build %s is listed but not there", p->image.build);
	return zerr_hint(e, fd,
			 "the server's list is out of date: try again later, or another "
			 "server");
}

static int up_download(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;
	int r;

	if (p->stored)
		return 0;
	r = cache_begin(&p->slot, p->image.build, e);
	if (r < 0)
		return r;
	if (p->hashes.meta[0]) {
		p->meta = get_file(p, CACHE_META, CACHE_META, p->hashes.meta, 0, META_MAX, e);
		if (p->meta < 0)
			return p->meta;
	}
	p->root = get_file(p, p->remote->file, CACHE_ROOT, p->hashes.root, p->remote->size,
			   ROOT_MAX, e);
	return p->root < 0 ? p->root : 0;
}

/* ---- unpack, publish ------------------------------------------------------------------------ */

static int rewind_fd(int fd, struct zerr *e)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? zerr_sys(e, "tarball") : 0;
}

static int up_unpack(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;
	int r;

	if (p->stored)
		return 0;
	p->image.expiry = now_seconds() + IMAGE_LIFETIME;
	r = image_store_begin(p->env, p->image.fingerprint, &p->build, e);
	if (r == -EEXIST) /* under another name, a moment ago */
		return adopt(p, e);
	if (r == 0 && p->meta >= 0)
		r = rewind_fd(p->meta, e);
	if (r == 0 && p->meta >= 0)
		r = image_meta_read(&p->build, p->meta, &p->image, e);
	if (r == 0)
		r = rewind_fd(p->root, e);
	if (r == 0)
		r = unpack_tar(p->root, p->build.rootfs, p->progress, p->arg, e);
	return r;
}

static int down_unpack(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;

	(void)e;
	image_store_abort(&p->build);
	return 0;
}

static int up_publish(void *ctx, struct zerr *e)
{
	struct pull *p = ctx;
	int r;

	if (p->stored) {
		r = image_store_enter(p->env, &p->image.ref, &p->image, e);
	} else {
		r = image_store_commit(p->env, &p->build, &p->image, e);
		if (r == 0)
			r = cache_expire(&p->slot, p->image.build, p->image.expiry, e);
	}
	if (r == 0 && !image_ref_equal(p->ref, &p->image.ref))
		r = image_store_enter(p->env, p->ref, &p->image, e);
	return r;
}

static const struct op pull_op = {
	.name = "pull",
	.steps =
		(const struct step[]){
			{ "index", up_index, NULL },
			{ "hashes", up_hashes, NULL },
			{ "download", up_download, NULL }, /* a part stays, to be resumed */
			{ "unpack", up_unpack, down_unpack },
			{ "publish", up_publish, NULL },
			{ 0 },
		},
};

/* ---- the whole ------------------------------------------------------------------------------ */

int image_pull(const struct image_env *env, const struct image_ref *ref,
	       const struct image_source *src, image_progress *progress, void *arg,
	       struct image *ret, struct zerr *e)
{
	/* every entry of .tmp holds its own lock and is swept: the operation needs no journal */
	const struct journal none = { .dirfd = -1 };
	__attribute__((cleanup(pull_done))) struct pull p = {
		.env = env,
		.ref = ref,
		.src = src,
		.progress = progress,
		.arg = arg,
		.slot = CACHE_SLOT_NONE,
		.root = -1,
		.meta = -1,
		.build = IMAGE_BUILD_NONE,
	};
	AUTO_SERVER struct image_server server = { 0 };
	int r = image_arch_check(ref->arch, e);

	if (r == 0)
		r = image_store_usable(env, ref, src, ret, e);
	if (r != -ENOENT)
		return r;
	r = image_server_find(env, src, &server, e);
	if (r == 0)
		r = cache_open(env, &server, ref, &p.slot, e);
	if (r < 0)
		return r;
	r = image_store_usable(env, ref, src, ret, e); /* somebody pulled it while we waited */
	if (r != -ENOENT)
		return r;
	r = catalog_open(env, src, progress, arg, &p.catalog, e);
	if (r == 0)
		r = steps_up(&pull_op, &none, &p, e);
	if (r < 0)
		return r;
	*ret = p.image;
	p.image = (struct image){ 0 };
	return 0;
}
