/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone image ls, pull, rm, prune, verify: the images that are here and those of a server. */
#include "cmd/image.h"

#include "cmd/each.h"

struct image_opts {
	struct zone_image_source source;
	bool remote, all;
	const char *dist, *release, *arch;
};
#define O(member) offsetof(struct image_opts, member)

/* The download template's options about the server. */
#define SOURCE_OPTS                                                                            \
	{ 0,	   "server",	    "SERVER", "the server, instead of the configured one",     \
	  OPT_STR, O(source.server) },                                                         \
		{ 0, "keyring", "FILE", "keys that may sign", OPT_STR, O(source.keyring) },    \
		{ 0, "cafile", "FILE", "authorities for TLS", OPT_STR, O(source.cafile) },     \
		{ 0,	    "require-signature",	NULL, "refuse what is not signed",     \
		  OPT_FLAG, O(source.require_signature) },                                     \
		{ 0,	    "no-verify",	NULL, "check hashes only, no signature",       \
		  OPT_FLAG, O(source.no_verify) },                                             \
	{                                                                                      \
		0, "timeout", "N", "give up after so many seconds without progress", OPT_UINT, \
			O(source.timeout)                                                      \
	}

static const struct opt ls_opts[] = {
	{ 0, "remote", NULL, "those of the server", OPT_FLAG, O(remote) },
	{ 'd', "dist", "DIST", "of this distribution only", OPT_STR, O(dist) },
	{ 'r', "release", "RELEASE", "of this release only", OPT_STR, O(release) },
	{ 'a', "arch", "ARCH", "for this architecture only", OPT_STR, O(arch) },
	SOURCE_OPTS,
	{ 0 },
};
static const struct opt pull_opts[] = {
	SOURCE_OPTS,
	{ 0, "force-cache", NULL, "take what is here, however old", OPT_FLAG,
	  O(source.force_cache) },
	{ 0 },
};
static const struct opt prune_opts[] = {
	{ 0, "all", NULL, "every image without users, not expired ones only", OPT_FLAG, O(all) },
	{ 0 },
};

static void images_json(const struct zone_images *images, struct buf *out)
{
	struct json j = { .out = out };

	json_arr(&j, NULL);
	for (size_t i = 0; i < images->n; i++) {
		const struct zone_image *k = &images->v[i];

		json_obj(&j, NULL);
		json_str(&j, "dist", k->dist);
		json_str(&j, "release", k->release);
		json_str(&j, "arch", k->arch);
		json_str(&j, "variant", k->variant);
		json_str(&j, "build", k->build);
		json_opt(&j, "size_bytes", k->size_bytes);
		json_str(&j, "sha256", k->sha256);
		json_bool(&j, "cached", k->cached);
		json_str(&j, "verified", k->verified);
		json_end_obj(&j);
	}
	json_end_arr(&j);
	buf_char(out, '\n');
}

static void images_text(const struct zone_images *images, struct buf *out)
{
	/* the first five are those of LXC's --list */
	static const char *const heads[] = { "DIST",  "RELEASE", "ARCH",   "VARIANT",
					     "BUILD", "SIZE",	 "CACHED", "VERIFIED" };
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 8 };

	for (size_t i = 0; i < images->n; i++) {
		const struct zone_image *k = &images->v[i];
		char size[16];

		out_cell(&t, k->dist);
		out_cell(&t, k->release);
		out_cell(&t, k->arch);
		out_cell(&t, k->variant);
		out_cell(&t, k->build);
		out_cell(&t, k->size_bytes == UINT64_MAX ? NULL : format_size(k->size_bytes, size));
		out_cell(&t, k->cached ? "yes" : "no");
		out_cell(&t, k->verified);
	}
	out_table(&t, out);
}

int image_print(struct cmd *c, struct zone_images *images, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };

	if (c->opt.json)
		images_json(images, &out);
	else
		images_text(images, &out);
	zone_images_done(images);
	return out_write(&out, e);
}

static int ls_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct image_opts *o = opts;
	struct zone_images images = { 0 };
	int r = cmd_host(c, e);

	if (r == 0)
		r = zone_image_list(c->host, o->remote, o->dist, o->release, o->arch, &o->source,
				    &images, e);
	return r < 0 ? r : image_print(c, &images, e);
}

static int pull_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct image_opts *o = opts;
	struct zone_images images = { 0 };
	int r = cmd_host(c, e);

	c->name = c->args[0];
	if (r == 0)
		r = zone_image_pull(c->host, c->name, &o->source, &images, e);
	return r < 0 ? r : image_print(c, &images, e);
}

static int rm_run(struct cmd *c, void *opts, struct zerr *e)
{
	int status = 0;
	const int r = cmd_host(c, e);

	(void)opts;
	for (int i = 0; r == 0 && i < c->n_args && !zone_signal(); i++) {
		struct zerr one = { 0 };

		if (zone_image_remove(c->host, c->args[i], &one) < 0)
			status = status_combine(status, cmd_fail(c, c->args[i], &one));
	}
	return r < 0 ? r : status;
}

static int prune_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct image_opts *o = opts;
	AUTO_STRV struct strv gone = { 0 };
	int r = cmd_host(c, e);

	if (r == 0)
		r = zone_image_prune(c->host, o->all, &gone, e);
	for (size_t i = 0; i < gone.n && r >= 0; i++)
		r = out_line(e, "%s", gone.v[i]);
	return r;
}

static int verify_one(struct cmd *c, const char *image, struct json *j)
{
	AUTO_STRV struct strv faults = { 0 };
	struct zerr e = { 0 };
	int r = zone_image_verify(c->host, image, &faults, &e);

	for (size_t i = 0; i < faults.n; i++) {
		if (c->opt.json)
			json_str(j, NULL, faults.v[i]);
		else if (r >= 0)
			r = out_line(&e, "%s", faults.v[i]);
	}
	if (r < 0)
		return cmd_fail(c, image, &e);
	return faults.n > 0 ? ZERR_FAILED : 0;
}

static int verify_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	int status = 0, r = cmd_host(c, e);

	(void)opts;
	if (r < 0)
		return r;
	if (c->opt.json)
		json_arr(&j, NULL);
	if (c->n_args == 0)
		status = verify_one(c, NULL, &j);
	for (int i = 0; i < c->n_args && !zone_signal(); i++)
		status = status_combine(status, verify_one(c, c->args[i], &j));
	if (c->opt.json) {
		json_end_arr(&j);
		buf_char(&out, '\n');
	}
	r = out_write(&out, e);
	return r < 0 ? r : status;
}

const struct verb verb_image_ls = {
	.name = "image ls",
	.alias = "image list",
	.args = "",
	.help = "list images, here or on a server",
	.group = GROUP_IMAGE,
	.opts = ls_opts,
	.opts_size = sizeof(struct image_opts),
	.run = ls_run,
};

const struct verb verb_image_pull = {
	.name = "image pull",
	.args = "IMAGE",
	.help = "download an image, verify and unpack it",
	.group = GROUP_IMAGE,
	.min_args = 1,
	.max_args = 1,
	.opts = pull_opts,
	.opts_size = sizeof(struct image_opts),
	.run = pull_run,
};

const struct verb verb_image_rm = {
	.name = "image rm",
	.args = "IMAGE...",
	.help = "remove images that nothing stands on",
	.group = GROUP_IMAGE,
	.min_args = 1,
	.max_args = -1,
	.run = rm_run,
};

const struct verb verb_image_prune = {
	.name = "image prune",
	.args = "",
	.help = "remove expired downloads and images without users",
	.group = GROUP_IMAGE,
	.opts = prune_opts,
	.opts_size = sizeof(struct image_opts),
	.run = prune_run,
};

const struct verb verb_image_verify = {
	.name = "image verify",
	.args = "[IMAGE...]",
	.help = "compare images with their hashes",
	.group = GROUP_IMAGE,
	.max_args = -1,
	.run = verify_run,
};
