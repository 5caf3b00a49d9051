/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image of an OCI layout directory. */
#include "image/module.h"
#include "templates/args.h"

struct oci_opts {
	const char *layout;
};
static const struct opt opts[] = {
	{ 0, "layout", "DIR[:TAG]", "OCI image layout directory", OPT_STR,
	  offsetof(struct oci_opts, layout) },
	{ 0 },
};

static int oci_prepare(const struct template_args *a, struct template_result *ret, struct zerr *e)
{
	struct oci_opts o = { 0 };
	const struct image_module *m;
	int r = template_opts(a, opts, &o, ret, e);

	if (r)
		return r < 0 ? r : 0;
	if (!o.layout) {
		r = zerr_as(e, ZERR_USAGE, "template oci: the layout directory is not named");
		return zerr_hint(e, r, "create NAME -t oci -- --layout DIR[:TAG]");
	}
	m = image_module_load(e);
	if (!m)
		return -e->code;
	return m->oci(a->images, o.layout, a->progress, a->progress_arg, &ret->image, e);
}

const struct template_ops template_oci = {
	.name = "oci",
	.help = "an image of an OCI layout directory",
	.prepare = oci_prepare,
};
