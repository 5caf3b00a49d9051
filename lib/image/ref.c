/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of images: DIST/RELEASE/ARCH/VARIANT, and the forms that builds, fingerprints and server
 * paths may have. Pure text; no file is touched.
 */
#include "image/ref.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/own.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool image_word_ok(const char *s)
{
	const size_t n = s ? strlen(s) : 0;

	return n > 0 && n <= IMAGE_WORD_MAX && strchr(ALNUM, s[0]) && strspn(s, ALNUM "._+~-") == n;
}

bool image_build_ok(const char *s)
{
	const size_t n = s ? strlen(s) : 0;

	return n >= 8 && n <= IMAGE_WORD_MAX && strspn(s, "0123456789") >= 8 &&
	       strspn(s, ALNUM "_.:-") == n;
}

bool image_fingerprint_ok(const char *s)
{
	return s && strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

bool image_path_ok(const char *s)
{
	if (!s || !*s || strlen(s) > 1024)
		return false;
	for (const char *p = s;; p++) {
		const size_t n = strcspn(p, "/");

		if (n == 0 || n > 255 || p[0] == '.' || strspn(p, ALNUM "._+~:@=,-") < n)
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

int image_ref_copy(struct image_ref *dst, const struct image_ref *src)
{
	struct image_ref r = { 0 };

	if (str_set(&r.dist, src->dist) < 0 || str_set(&r.release, src->release) < 0 ||
	    str_set(&r.arch, src->arch) < 0 || str_set(&r.variant, src->variant) < 0) {
		image_ref_done(&r);
		return -ENOMEM;
	}
	image_ref_done(dst);
	*dst = r;
	return 0;
}

bool image_ref_match(const struct image_ref *r, const struct image_ref *filter)
{
	return !filter || ((!filter->dist || str_eq(r->dist, filter->dist)) &&
			   (!filter->release || str_eq(r->release, filter->release)) &&
			   (!filter->arch || str_eq(r->arch, filter->arch)) &&
			   (!filter->variant || str_eq(r->variant, filter->variant)));
}

bool image_ref_equal(const struct image_ref *a, const struct image_ref *b)
{
	return str_eq(a->dist, b->dist) && str_eq(a->release, b->release) &&
	       str_eq(a->arch, b->arch) && str_eq(a->variant, b->variant);
}

char *image_ref_key(const struct image_ref *r)
{
	return str_fmt("%s:%s:%s:%s", r->dist, r->release, r->arch, r->variant);
}

int image_ref_parse(const char *text, struct image_ref *ret, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	struct image_ref r = { 0 };

	if (strv_split(&words, text, "/") < 0)
		return zerr_code(e, ENOMEM, "image");
	if (words.n < 2 || words.n > 4 || text[0] == '/' || strstr(text, "//") ||
	    str_ends(text, "/"))
		return zerr_as(e, ZERR_USAGE, "%s: an image is named DIST/RELEASE[/ARCH[/VARIANT]]",
			       text);
	for (size_t i = 0; i < words.n; i++)
		if (!image_word_ok(words.v[i]))
			return zerr_as(e, ZERR_USAGE,
				       "%s: in an image's name only letters, digits and ._+~- may "
				       "stand, a letter or digit first, at most %d of them",
				       words.v[i], IMAGE_WORD_MAX);
	r.dist = words.v[0];
	r.release = words.v[1];
	r.arch = words.n > 2 ? words.v[2] : (char *)image_host_arch();
	r.variant = words.n > 3 ? words.v[3] : (char *)"default";
	*ret = (struct image_ref){ 0 };
	if (image_ref_copy(ret, &r) < 0)
		return zerr_code(e, ENOMEM, "image");
	return 0;
}

void image_ref_done(struct image_ref *r)
{
	free(r->dist);
	free(r->release);
	free(r->arch);
	free(r->variant);
	*r = (struct image_ref){ 0 };
}

void image_done(struct image *i)
{
	image_ref_done(&i->ref);
	free(i->build);
	free(i->server);
	free(i->fingerprint);
	free(i->requirements);
	free(i->verified);
	free(i->trust);
	strv_done(&i->templates);
	strv_done(&i->oci);
	*i = (struct image){ 0 };
}

static const char *const machines[][2] = {
	{ "x86_64", "amd64" },
	{ "aarch64", "arm64" },
	{ "i686", "i386" },
	{ "i586", "i386" },
	{ "armv7l", "armhf" },
	{ "armv8l", "armhf" },
	{ "armv6l", "armel" },
	{ "ppc64le", "ppc64el" },
	{ "s390x", "s390x" },
	{ "riscv64", "riscv64" },
	{ "loongarch64", "loongarch64" },
};

static const char *debian_arch(const char *machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (str_eq(machine, machines[i][0]))
			return machines[i][1];
	return NULL;
}

const char *image_host_arch(void)
{
	struct utsname u;
	const char *arch = uname(&u) == 0 ? debian_arch(u.machine) : NULL;

	return arch ? arch : "unknown";
}

int image_arch_check(const char *arch, struct zerr *e)
{
	const char *host = image_host_arch(), *meant = debian_arch(arch);
	int r;

	if (strcmp(arch, host) == 0 || (strcmp(arch, "i386") == 0 && str_eq(host, "amd64")))
		return 0;
	r = zerr_as(e, ZERR_USAGE, "architecture %s: this host runs %s%s", arch, host,
		    str_eq(host, "amd64") ? " and i386" : "");
	if (meant)
		(void)zerr_hint(e, r, "images use Debian's names: %s is %s", arch, meant);
	return r;
}
