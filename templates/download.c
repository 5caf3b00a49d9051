/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images from a server, with the options of LXC's download template. A stored image that is still
 * good is handed out without loading the image module: nothing is asked of the network then.
 */
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "image/module.h"
#include "templates/args.h"

struct download {
	const char *dist, *release, *arch, *variant;
	const char *server, *keyring, *cafile, *keyserver, *keyid;
	bool list, require_signature, no_verify, force_cache, flush_cache, no_validate;
	unsigned timeout;
};

#define AT(field) offsetof(struct download, field)
static const struct opt opts[] = {
	{ 'd', "dist", "DIST", "distribution", OPT_STR, AT(dist) },
	{ 'r', "release", "RELEASE", "its release", OPT_STR, AT(release) },
	{ 'a', "arch", "ARCH", "architecture by Debian's name (the host's)", OPT_STR, AT(arch) },
	{ 0, "variant", "VARIANT", "variant of the image (default)", OPT_STR, AT(variant) },
	{ 'l', "list", NULL, "list what the server has", OPT_FLAG, AT(list) },
	{ 0, "server", "[https://]HOST[:PORT][/PREFIX]", "image server", OPT_STR, AT(server) },
	{ 0, "keyring", "FILE", "public keys that may sign", OPT_STR, AT(keyring) },
	{ 0, "require-signature", NULL, "refuse what is not signed", OPT_FLAG,
	  AT(require_signature) },
	{ 0, "no-verify", NULL, "do not check the signature (hashes are)", OPT_FLAG,
	  AT(no_verify) },
	{ 0, "cafile", "FILE", "certificate authorities for the server", OPT_STR, AT(cafile) },
	{ 0, "timeout", "SECONDS", "give up after so long without progress (30)", OPT_UINT,
	  AT(timeout) },
	{ 0, "force-cache", NULL, "use a stored image though it has expired", OPT_FLAG,
	  AT(force_cache) },
	{ 0, "flush-cache", NULL, "forget downloads and fetch anew", OPT_FLAG, AT(flush_cache) },
	{ 0, "no-validate", NULL, "of older LXC; without effect", OPT_FLAG, AT(no_validate) },
	{ 0, "keyserver", "HOST", "of older LXC; without effect", OPT_STR, AT(keyserver) },
	{ 0, "keyid", "KEY", "of older LXC; without effect", OPT_STR, AT(keyid) },
	{ 0 },
};

static void note_old_options(const struct download *d)
{
	if (d->no_validate)
		log_note("--no-validate has no effect: see --no-verify");
	if (d->keyserver || d->keyid)
		log_note("--keyserver and --keyid have no effect: see --keyring");
}

static void print_row(const struct template_args *a, const char *dist, const char *release,
		      const char *arch, const char *variant, const char *build)
{
	template_print(a, "%-15s %-10s %-5s %-7s %-14s", dist, release, arch, variant, build);
}

/* The server's list in LXC's columns. */
static int print_list(const struct template_args *a, const struct download *d,
		      const struct image_source *src, struct zerr *e)
{
	const struct image_ref filter = {
		.dist = (char *)(uintptr_t)d->dist,
		.release = (char *)(uintptr_t)d->release,
		.arch = (char *)(uintptr_t)d->arch,
		.variant = (char *)(uintptr_t)d->variant,
	};
	const struct image_module *m = image_module_load(e);
	struct image_rows rows = { 0 };
	int r;

	if (!m)
		return -e->code;
	r = m->list_remote(a->images, &filter, src, &rows, e);
	if (r < 0)
		return r;
	template_print(a, "---");
	print_row(a, "DIST", "RELEASE", "ARCH", "VARIANT", "BUILD");
	template_print(a, "---");
	for (size_t i = 0; i < rows.n; i++) {
		const struct image_ref *ref = &rows.v[i].ref;

		print_row(a, ref->dist, ref->release, ref->arch, ref->variant, rows.v[i].build);
	}
	template_print(a, "---");
	image_rows_done(&rows);
	return 0;
}

/* One line from the terminal. */
static int ask(const struct template_args *a, const char *what, char **ret, struct zerr *e)
{
	AUTO_BUF struct buf line = { 0 };
	char c;
	ssize_t n;

	template_print(a, "%s:", what);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && line.len < 256)
		buf_char(&line, c);
	if (n < 0)
		return zerr_sys(e, "terminal");
	if (!line.len || line.failed)
		return zerr_as(e, ZERR_USAGE, "%s: nothing was chosen", what);
	*ret = own_take(line.p);
	return 0;
}

/* What the arguments lack comes from the user, who has seen the list. */
static int choose(const struct template_args *a, struct download *d, const struct image_source *src,
		  char *answers[3], struct zerr *e)
{
	const struct {
		const char *what, **value;
	} missing[] = { { "Distribution", &d->dist },
			{ "Release", &d->release },
			{ "Architecture", &d->arch } };
	int r = print_list(a, d, src, e);

	for (size_t i = 0; r == 0 && i < 3; i++) {
		if (*missing[i].value)
			continue;
		r = ask(a, missing[i].what, &answers[i], e);
		*missing[i].value = answers[i];
	}
	return r;
}

static int make_ref(const struct template_args *a, const struct download *d, struct image_ref *ret,
		    struct zerr *e)
{
	const char *arch = d->arch ? d->arch : a->arch ? a->arch : image_host_arch();
	AUTO_FREE char *text = str_fmt("%s/%s/%s/%s", d->dist, d->release, arch,
				       d->variant ? d->variant : "default");

	return text ? image_ref_parse(text, ret, e) : zerr_code(e, ENOMEM, "download");
}

static int pull(const struct template_args *a, const struct image_ref *ref,
		const struct image_source *src, struct image *ret, struct zerr *e)
{
	const struct image_module *m;
	int r = image_arch_check(ref->arch, e);

	if (r == 0)
		r = image_store_usable(a->images, ref, src, ret, e);
	if (r != -ENOENT)
		return r;
	m = image_module_load(e);
	if (!m)
		return -e->code;
	return m->pull(a->images, ref, src, a->progress, a->progress_arg, ret, e);
}

static int flush_all(const struct template_args *a, struct zerr *e)
{
	const struct image_module *m = image_module_load(e);

	return m ? m->flush_cache(a->images, false, e) : -e->code;
}

/* Names the image: by arguments, or by asking. 1: nothing is to be created. */
static int settle(const struct template_args *a, struct download *d, const struct image_source *src,
		  char *answers[3], struct zerr *e)
{
	int r;

	if (d->list) {
		r = print_list(a, d, src, e);
		return r < 0 ? r : 1;
	}
	if (d->flush_cache && !a->zone) {
		r = flush_all(a, e);
		return r < 0 || !d->dist ? (r < 0 ? r : 1) : 0;
	}
	if (d->dist && d->release)
		return 0;
	if (a->terminal)
		return choose(a, d, src, answers, e);
	r = zerr_as(e, ZERR_USAGE, "template download: the image is not named");
	return zerr_hint(e, r, "create NAME -t download -- -d DIST -r RELEASE; --list shows them");
}

static int download_prepare(const struct template_args *a, struct template_result *ret,
			    struct zerr *e)
{
	struct download d = { 0 };
	struct image_source src;
	struct image_ref ref = { 0 };
	char *answers[3] = { NULL };
	int r = template_opts(a, opts, &d, ret, e);

	if (r)
		return r < 0 ? r : 0;
	note_old_options(&d);
	src = (struct image_source){
		.server = d.server,
		.keyring = d.keyring,
		.cafile = d.cafile,
		.require_signature = d.require_signature,
		.no_verify = d.no_verify,
		.force_cache = d.force_cache,
		.flush_cache = d.flush_cache,
		.timeout = d.timeout,
	};
	r = settle(a, &d, &src, answers, e);
	if (r == 0)
		r = make_ref(a, &d, &ref, e);
	if (r == 0)
		r = pull(a, &ref, &src, &ret->image, e);
	ret->done = r == 1;
	image_ref_done(&ref);
	for (size_t i = 0; i < 3; i++)
		free(answers[i]);
	return r < 0 ? r : 0;
}

const struct template_ops template_download = {
	.name = "download",
	.help = "an image from a server",
	.prepare = download_prepare,
};
