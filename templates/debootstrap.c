/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debian and its relatives from a package mirror, by mmdebstrap or else debootstrap of the host.
 * The mirror is the one that the host's apt uses, unless one is named.
 */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "templates/args.h"

#define MIRROR	 "http://deb.debian.org/debian"
#define PACKAGES "systemd-sysv,dbus,iproute2,iputils-ping,procps"
#define ASK_MS	 30000

struct debootstrap {
	const char *release, *mirror, *include;
};
static const struct opt opts[] = {
	{ 'r', "release", "RELEASE", "code name of the release", OPT_STR,
	  offsetof(struct debootstrap, release) },
	{ 0, "mirror", "URL", "package mirror (the one of the host's apt)", OPT_STR,
	  offsetof(struct debootstrap, mirror) },
	{ 0, "include", "P,P", "packages beside the smallest system", OPT_STR,
	  offsetof(struct debootstrap, include) },
	{ 0 },
};

/* Words that become arguments of another program: no options, no blanks, nothing to quote. */
static int check_word(const char *option, const char *s, const char *extra, struct zerr *e)
{
	const char *p = s;

	while (p && *p &&
	       (('a' <= *p && *p <= 'z') || ('A' <= *p && *p <= 'Z') || ('0' <= *p && *p <= '9') ||
		strchr(extra, *p)))
		p++;
	if (!s || (*s && *s != '-' && !*p))
		return 0;
	return zerr_as(e, ZERR_USAGE, "template debootstrap: %s: %s is not possible", option, s);
}

/* The path of the builder, the caller's. NULL with exit status 7. */
static char *find_builder(struct zerr *e)
{
	char *path = run_find("mmdebstrap");
	int r;

	if (!path)
		path = run_find("debootstrap");
	if (path)
		return path;
	r = zerr_as(e, ZERR_HOST,
		    "template debootstrap: the host has neither mmdebstrap nor "
		    "debootstrap");
	(void)zerr_hint(e, r, "apt install mmdebstrap");
	return NULL;
}

/* 0; 1 when there is nothing to make; or -errno. */
static int parse(const struct template_args *a, struct debootstrap *o, struct template_result *ret,
		 struct zerr *e)
{
	int r = template_opts(a, opts, o, ret, e);

	if (r)
		return r;
	if (!o->release) {
		r = zerr_as(e, ZERR_USAGE, "template debootstrap: the release is not named");
		return zerr_hint(e, r, "create NAME -t debootstrap -- -r bookworm");
	}
	r = check_word("-r", o->release, ".-", e);
	if (r == 0)
		r = check_word("--mirror", o->mirror, ".-_~:/@+%[]", e);
	return r < 0 ? r : check_word("--include", o->include, ".-+,:", e);
}

static int debootstrap_prepare(const struct template_args *a, struct template_result *ret,
			       struct zerr *e)
{
	const char *arch = a->arch ? a->arch : image_host_arch();
	struct debootstrap o = { 0 };
	AUTO_FREE char *builder = NULL;
	int r = parse(a, &o, ret, e);

	if (r)
		return r < 0 ? r : 0;
	builder = find_builder(e);
	if (!builder)
		return -e->code;
	r = image_arch_check(arch, e);
	return r < 0 ? r : template_config(ret, "arch", arch, e);
}

/* ---- what the host's apt knows -------------------------------------------------------------- */

/* The lines that @argv prints; none when it fails: then apt is not there, and defaults serve. */
static void ask_apt(const char *const *argv, struct strv *ret)
{
	AUTO_BUF struct buf out = { 0 };
	const struct run_args run = { .argv = argv, .out = &out, .timeout_ms = ASK_MS };
	struct zerr ignored = { 0 };

	if (run_program(&run, NULL, &ignored) == 0 && out.p)
		(void)strv_split(ret, out.p, "\n");
}

/* The first source of a main archive that is no update or security suite. */
static int find_mirror(char **ret)
{
	static const char *const argv[] = { "apt-get",
					    "indextargets",
					    "--format",
					    "$(COMPONENT) $(CODENAME) $(REPO_URI)",
					    "Created-By: Packages",
					    NULL };
	AUTO_STRV struct strv lines = { 0 };

	ask_apt(argv, &lines);
	for (size_t i = 0; i < lines.n; i++) {
		AUTO_STRV struct strv w = { 0 };

		if (strv_split(&w, lines.v[i], " ") < 0)
			return -ENOMEM;
		if (w.n == 3 && str_eq(w.v[0], "main") && !strchr(w.v[1], '-') &&
		    (strstr(w.v[2], "debian") || strstr(w.v[2], "ubuntu")) &&
		    !strstr(w.v[2], "security"))
			return str_set(ret, w.v[2]);
	}
	return str_set(ret, MIRROR);
}

/* The proxy and certificates of the host's apt hold for the new system's packages too. */
static int add_apt_options(struct strv *argv)
{
	static const char *const ask[] = { "apt-config",  "dump",    "--format",
					   "%f \"%v\"%n", "Acquire", NULL };
	static const char *const keys[] = { "Acquire::http::Proxy", "Acquire::https::Proxy",
					    "Acquire::https::CaInfo", "Acquire::Check-Valid-Until",
					    "Acquire::Retries" };
	AUTO_STRV struct strv lines = { 0 };

	ask_apt(ask, &lines);
	for (size_t i = 0; i < lines.n; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (str_starts(lines.v[i], keys[k]) && !str_ends(lines.v[i], "\"\"") &&
			    strv_addf(argv, "--aptopt=%s", lines.v[i]) < 0)
				return -ENOMEM;
	return 0;
}

/* ---- building ------------------------------------------------------------------------------- */

static int add_words(struct strv *argv, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!words[i] || strv_add(argv, words[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int make_argv(const struct debootstrap *o, const char *builder, const char *arch,
		     const char *path, struct strv *argv)
{
	const bool mm = str_ends(builder, "/mmdebstrap");
	AUTO_FREE char *arch_option = str_fmt(mm ? "--architectures=%s" : "--arch=%s", arch);
	AUTO_FREE char *include = str_fmt("--include=%s%s%s", PACKAGES, o->include ? "," : "",
					  o->include ? o->include : "");
	AUTO_FREE char *mirror = NULL;
	const char *options[] = { builder, "--variant=minbase", arch_option, include,
				  "--mode=root" };
	int r = o->mirror ? str_set(&mirror, o->mirror) : find_mirror(&mirror);
	const char *operands[] = { o->release, path, mirror };

	if (r == 0)
		r = add_words(argv, options, mm ? 5 : 4); /* the other knows no modes */
	if (r == 0 && mm)
		r = add_apt_options(argv);
	return r < 0 ? r : add_words(argv, operands, 3);
}

/* What belongs to the host or to one machine only goes: device nodes, identity, resolver. */
static int tidy(int root, const char *zone, struct zerr *e)
{
	AUTO_CLOSE int etc = fs_subdirs(root, "etc", 0755, e);
	AUTO_FREE char *name = str_fmt("%s\n", zone);
	AUTO_CLOSE int dev = -1;
	int r;

	if (etc < 0)
		return etc;
	if (!name)
		return zerr_code(e, ENOMEM, "etc/hostname");
	r = fs_remove(root, "dev", e);
	if (r < 0)
		return r;
	dev = fs_subdirs(root, "dev", 0755, e);
	if (dev < 0)
		return dev;
	r = fs_write(etc, "machine-id", "", 0, 0444, false, e);
	if (r == 0)
		r = fs_write(etc, "hostname", name, strlen(name), 0644, false, e);
	return r < 0 ? r : fs_remove(etc, "resolv.conf", e);
}

static int debootstrap_build(const struct template_args *a, int root, const char *path,
			     struct template_result *ret, struct zerr *e)
{
	AUTO_FREE char *builder = find_builder(e);
	AUTO_STRV struct strv argv = { 0 };
	struct debootstrap o = { 0 };
	struct run_args run = { 0 };
	int r = builder ? parse(a, &o, ret, e) : -e->code;

	if (r)
		return r < 0 ? r : 0;
	if (make_argv(&o, builder, a->arch ? a->arch : image_host_arch(), path, &argv) < 0)
		return zerr_code(e, ENOMEM, "debootstrap");
	if (a->progress)
		a->progress(a->progress_arg, "install packages", 0, 0);
	run.argv = (const char *const *)argv.v;
	r = run_program(&run, NULL, e);
	return r < 0 ? r : tidy(root, a->zone, e);
}

const struct template_ops template_debootstrap = {
	.name = "debootstrap",
	.help = "Debian or a relative from a package mirror",
	.prepare = debootstrap_prepare,
	.build = debootstrap_build,
};
