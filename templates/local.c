/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root file system tarball that lies on this host. */
#include "image/module.h"
#include "templates/args.h"

struct local_opts {
	const char *rootfs, *meta;
};
static const struct opt opts[] = {
	{ 'f', "fstree", "ROOTFS.tar.*", "tarball of the root file system", OPT_STR,
	  offsetof(struct local_opts, rootfs) },
	{ 'm', "metadata", "META.tar.*", "LXC metadata tarball", OPT_STR,
	  offsetof(struct local_opts, meta) },
	{ 0 },
};

static int local_prepare(const struct template_args *a, struct template_result *ret, struct zerr *e)
{
	struct local_opts o = { 0 };
	const struct image_module *m;
	int r = template_opts(a, opts, &o, ret, e);

	if (r)
		return r < 0 ? r : 0;
	if (!o.rootfs) {
		r = zerr_as(e, ZERR_USAGE, "template local: the tarball is not named");
		return zerr_hint(e, r, "create NAME -t local -- -f ROOTFS.tar.xz [-m META.tar.xz]");
	}
	m = image_module_load(e);
	if (!m)
		return -e->code;
	return m->local(a->images, o.rootfs, o.meta, a->progress, a->progress_arg, &ret->image, e);
}

const struct template_ops template_local = {
	.name = "local",
	.help = "a root file system tarball of this host",
	.prepare = local_prepare,
};
