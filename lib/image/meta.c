/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC's metadata tarball: config, expiry, templates and files that zone has no use for. Of the
 * configuration only the architecture is read; nothing in it has any effect.
 */
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/internal.h"
#include "image/ref.h"

#define META_DIR  "meta"
#define FILE_MAX  65536
#define TEMPLATES 64

/* lxc.arch as it is found in images, and what it says. "64" and "32" name a word size alone. */
static const char *const arch_names[][2] = {
	{ "linux64", "64" },   { "linux32", "32" },	 { "x86_64", "amd64" },
	{ "amd64", "amd64" },  { "i686", "i386" },	 { "x86", "i386" },
	{ "i386", "i386" },    { "i586", "i386" },	 { "aarch64", "arm64" },
	{ "arm64", "arm64" },  { "armv7l", "armhf" },	 { "armhf", "armhf" },
	{ "armv7", "armhf" },  { "armel", "armel" },	 { "arm", "armel" },
	{ "armv6l", "armel" }, { "ppc64le", "ppc64el" }, { "ppc64el", "ppc64el" },
	{ "s390x", "s390x" },  { "riscv64", "riscv64" }, { "loongarch64", "loongarch64" },
};

static const char *arch_of(const char *lxc)
{
	for (size_t i = 0; i < sizeof(arch_names) / sizeof(arch_names[0]); i++)
		if (str_eq(lxc, arch_names[i][0]))
			return arch_names[i][1];
	return NULL;
}

static bool is_32_bit(const char *arch)
{
	return str_eq(arch, "i386") || str_eq(arch, "armhf") || str_eq(arch, "armel");
}

/* What a word size alone means on this host. */
static const char *arch_by_size(const char *size)
{
	const char *host = image_host_arch();

	if (is_32_bit(host) == str_eq(size, "32"))
		return host;
	return str_eq(host, "amd64") ? "i386" : NULL;
}

static int take_arch(const char *value, struct image *i, struct zerr *e)
{
	const char *arch = arch_of(value);
	bool agrees;

	if (!arch)
		return zerr_set(e, EPROTO, "image's configuration: unknown lxc.arch %s", value);
	if (str_eq(arch, "64") || str_eq(arch, "32")) {
		agrees = !i->ref.arch || is_32_bit(i->ref.arch) == str_eq(arch, "32");
		arch = agrees && !i->ref.arch ? arch_by_size(arch) : i->ref.arch;
	} else {
		agrees = !i->ref.arch || str_eq(arch, i->ref.arch);
	}
	if (!agrees || !arch)
		return zerr_set(e, EPROTO, "image's configuration: lxc.arch is %s, expected %s",
				value, i->ref.arch ? i->ref.arch : image_host_arch());
	if (!i->ref.arch && str_set(&i->ref.arch, arch) < 0)
		return zerr_code(e, ENOMEM, "image's configuration");
	return 0;
}

/* Incus' metadata, in the place of LXC's: its line `architecture: x86_64`. */
static int read_yaml(int dir, struct image *i, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = fs_read(dir, "metadata.yaml", FILE_MAX, &text);

	if (r == -ENOENT)
		return zerr_set(e, EPROTO, "image's metadata: there is no config in it");
	for (char *line, *next = text.p; r == 0 && (line = strsep(&next, "\n"));) {
		char *value = line + strlen("architecture:");

		if (!str_starts(line, "architecture:"))
			continue;
		value += strspn(value, " \t\"'");
		value[strcspn(value, " \t\r\"'")] = '\0';
		return take_arch(value, i, e);
	}
	return r < 0 ? zerr_code(e, -r, "image's metadata") : 0;
}

static int read_config(int dir, struct image *i, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = fs_read(dir, "config", FILE_MAX, &text);

	if (r == -ENOENT)
		return read_yaml(dir, i, e);
	if (r < 0)
		return zerr_code(e, -r, "image's configuration");
	for (char *line, *next = text.p; r == 0 && (line = strsep(&next, "\n"));) {
		const size_t key = strcspn(line, " \t=");
		char *value = line + key + strspn(line + key, " \t=");

		value[strcspn(value, " \t\r")] = '\0';
		if (key == strlen("lxc.arch") && str_starts(line, "lxc.arch"))
			r = take_arch(value, i, e);
	}
	return r;
}

static int read_expiry(int dir, struct image *i, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	uint64_t seconds = 0;
	int r = fs_read(dir, "expiry", FILE_MAX, &text);

	if (r == -ENOENT)
		return 0;
	if (r == 0) {
		text.p[strcspn(text.p, " \t\r\n")] = '\0';
		r = parse_u64(text.p, INT64_MAX, &seconds);
	}
	if (r < 0)
		return zerr_code(e, -r, "image's metadata: expiry");
	i->expiry = (int64_t)seconds;
	return 0;
}

static int read_templates(int dir, struct image *i, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = fs_read(dir, "templates", FILE_MAX, &text);

	if (r == -ENOENT)
		return 0;
	for (char *line, *next = text.p; r == 0 && (line = strsep(&next, "\n"));) {
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '/' && image_path_ok(line + 1) && i->templates.n < TEMPLATES)
			r = strv_add(&i->templates, line);
	}
	return r < 0 ? zerr_code(e, -r, "image's metadata: templates") : 0;
}

int image_meta_read(struct image_build *b, int fd, struct image *i, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_subdir(b->dir, META_DIR, 0700, e);
	int r;

	if (dir < 0)
		return dir;
	r = unpack_tar(fd, dir, NULL, NULL, e);
	if (r < 0)
		return zerr_in(e, r, "image's metadata");
	r = read_config(dir, i, e);
	if (r == 0)
		r = read_expiry(dir, i, e);
	if (r == 0)
		r = read_templates(dir, i, e);
	return r < 0 ? r : fs_remove(b->dir, META_DIR, e);
}
