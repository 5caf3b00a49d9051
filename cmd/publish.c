/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone image publish: add an image to a static tree that any web server can serve. */
#include "cmd/image.h"

#define O(member) offsetof(struct zone_publish, member)

static const struct opt publish_opts[] = {
	{ 0, "dir", "DIR", "the tree to add to; made when missing", OPT_STR, O(tree) },
	{ 'd', "dist", "DIST", "distribution (from its os-release)", OPT_STR, O(dist) },
	{ 'r', "release", "RELEASE", "release (from its os-release)", OPT_STR, O(release) },
	{ 'a', "arch", "ARCH", "architecture (the host's)", OPT_STR, O(arch) },
	{ 0, "variant", "VARIANT", "variant (default)", OPT_STR, O(variant) },
	{ 0, "build", "YYYYMMDD_HH:MM", "name of the build (now)", OPT_STR, O(build) },
	{ 0, "sign", "KEYID", "sign with this key", OPT_STR, O(sign) },
	{ 0, "gnupghome", "DIR", "where the key is", OPT_STR, O(gnupghome) },
	{ 0, "keep", "N", "keep so many builds (all)", OPT_UINT, O(keep) },
	{ 0 },
};

static int publish_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct zone_publish *p = opts;
	struct zone_images images = { 0 };
	int r;

	c->name = c->args[0];
	p->source = c->name;
	if (!p->tree)
		return zerr_as(e, ZERR_USAGE, "--dir DIR is missing");
	r = cmd_host(c, e);
	if (r == 0)
		r = zone_image_publish(c->host, p, &images, e);
	return r < 0 ? r : image_print(c, &images, e);
}

const struct verb verb_image_publish = {
	.name = "image publish",
	.args = "ZONE|TARBALL|DIR",
	.help = "add an image to a tree for a web server",
	.group = GROUP_IMAGE,
	.min_args = 1,
	.max_args = 1,
	.opts = publish_opts,
	.opts_size = sizeof(struct zone_publish),
	.run = publish_run,
};
