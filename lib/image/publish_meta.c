/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The metadata that LXC's and Incus' clients expect beside a root file system. zone's own client
 * takes the architecture, the expiry and the list of templates from it. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "image/publish.h"
#include "image/rootfs.h"

#define FILE_MAX 65536

void publish_build_done(struct publish_build *b)
{
	image_done(&b->image);
	free(b->description);
	free(b->version);
}

char *publish_product_dir(const struct image_ref *r)
{
	return str_fmt("images/%s/%s/%s/%s", r->dist, r->release, r->arch, r->variant);
}

static int put(int dir, const char *name, struct buf *text, struct zerr *e)
{
	if (text->failed)
		return zerr_code(e, ENOMEM, "%s", name);
	return fs_write(dir, name, text->p, text->len, 0644, false, e);
}

static int put_config(const struct publish_build *b, int dir, bool user, struct zerr *e)
{
	AUTO_BUF struct buf t = { 0 };

	buf_str(&t, "lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n");
	if (user)
		buf_str(&t, "lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n");
	buf_fmt(&t, "lxc.arch = %s\n", arch_kernel(b->image.ref.arch));
	return put(dir, user ? "config-user" : "config", &t, e);
}

/* Files in which a client writes the container's name. */
static int put_templates(int root, int dir, struct zerr *e)
{
	static const char *const files[] = { "/etc/hostname", "/etc/hosts" };
	AUTO_BUF struct buf t = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_BUF struct buf text = { 0 };

		if (rootfs_read(root, files[i], FILE_MAX, &text) == 0 && text.p &&
		    strstr(text.p, "LXC_NAME"))
			buf_fmt(&t, "%s\n", files[i]);
	}
	return t.len || t.failed ? put(dir, "templates", &t, e) : 0;
}

int publish_meta_files(const struct publish_build *b, int root, int dir, struct zerr *e)
{
	const struct image_ref *ref = &b->image.ref;
	AUTO_BUF struct buf message = { 0 }, expiry = { 0 };
	int r = put_config(b, dir, false, e);

	if (r == 0)
		r = put_config(b, dir, true, e);
	if (r == 0)
		r = put_templates(root, dir, e);
	buf_fmt(&message, "You just created a container from %s %s (%s, build %s).\n", ref->dist,
		ref->release, ref->arch, b->image.build);
	buf_fmt(&expiry, "%lld\n", (long long)b->image.expiry);
	if (r == 0)
		r = put(dir, "create-message", &message, e);
	return r < 0 ? r : put(dir, "expiry", &expiry, e);
}

static void yaml(struct buf *t, const char *indent, const char *key, const char *value)
{
	buf_fmt(t, "%s%s: ", indent, key);
	json_quote(t, value); /* a JSON string is a YAML string */
	buf_char(t, '\n');
}

int publish_incus_files(const struct publish_build *b, int dir, struct zerr *e)
{
	const struct image_ref *ref = &b->image.ref;
	const char *arch = arch_kernel(ref->arch);
	AUTO_BUF struct buf t = { 0 }, about = { 0 };

	buf_fmt(&about, "%s %s %s (%s)", ref->dist, ref->release, ref->arch, b->image.build);
	if (about.failed)
		return zerr_code(e, ENOMEM, "metadata.yaml");
	yaml(&t, "", "architecture", arch);
	buf_fmt(&t, "creation_date: %lld\n", (long long)b->image.created);
	buf_fmt(&t, "expiry_date: %lld\nproperties:\n", (long long)b->image.expiry);
	yaml(&t, "  ", "architecture", arch);
	yaml(&t, "  ", "description", b->description ? b->description : about.p);
	yaml(&t, "  ", "name", about.p);
	yaml(&t, "  ", "os", ref->dist);
	yaml(&t, "  ", "release", ref->release);
	yaml(&t, "  ", "serial", b->image.build);
	yaml(&t, "  ", "variant", ref->variant);
	buf_str(&t, "templates: {}\n");
	return put(dir, "metadata.yaml", &t, e);
}

void publish_sums(const struct publish_build *b, struct buf *out)
{
	buf_fmt(out, "%s  incus.tar.xz\n%s  meta.tar.xz\n%s  rootfs.tar.xz\n", b->incus.sha256,
		b->meta.sha256, b->rootfs.sha256);
}
