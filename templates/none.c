/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An empty root file system, to be filled by the administrator. */
#include "templates/args.h"

static int none_prepare(const struct template_args *a, struct template_result *ret, struct zerr *e)
{
	static const struct opt opts[] = { { 0 } };
	const int r = template_opts(a, opts, NULL, ret, e);

	return r < 0 ? r : 0;
}

static int none_build(const struct template_args *a, int root, const char *path,
		      struct template_result *ret, struct zerr *e)
{
	(void)a;
	(void)root;
	(void)path;
	(void)ret;
	(void)e;
	return 0;
}

const struct template_ops template_none = {
	.name = "none",
	.help = "an empty root file system",
	.prepare = none_prepare,
	.build = none_build,
};
