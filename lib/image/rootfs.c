/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity of a root file system: os-release and the ELF header of a program that every system has.
 */
#include "image/rootfs.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/ref.h"

#define OS_RELEASE_MAX 16384

/* Open a regular file. It is looked at before it is opened: opening a device may do something. */
static int open_regular(int root, const char *path)
{
	AUTO_CLOSE int at = fs_open_in(root, path, O_PATH, 0);
	struct stat st;

	if (at < 0)
		return at;
	if (fstat(at, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return fs_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

int rootfs_read(int root, const char *path, size_t max, struct buf *ret)
{
	AUTO_CLOSE int fd = open_regular(root, path);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		if ((size_t)n > max - ret->len)
			return -EFBIG;
		buf_add(ret, chunk, (size_t)n);
	}
	buf_add(ret, "", 0);
	return n < 0 ? -errno : ret->failed ? -ENOMEM : 0;
}

/* ---- os-release ----------------------------------------------------------------------------- */

/* Strip quotes and backslashes in place, as a shell would. */
static void unquote(char *s)
{
	char quote = 0, *to = s;

	for (; *s; s++) {
		if (quote ? *s == quote : (*s == '"' || *s == '\'')) {
			quote = quote ? 0 : *s;
			continue;
		}
		if (*s == '\\' && quote != '\'' && s[1])
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

static int take_word(char **dst, char *value, bool lower)
{
	for (char *p = value; lower && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return image_word_ok(value) ? str_set(dst, value) : 0;
}

static int take_line(struct rootfs_os *o, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return 0;
	*value++ = '\0';
	unquote(value);
	if (str_eq(line, "ID"))
		return take_word(&o->id, value, true);
	if (str_eq(line, "VERSION_ID"))
		return take_word(&o->version, value, false);
	if (str_eq(line, "VERSION_CODENAME"))
		return take_word(&o->codename, value, true);
	if (!str_eq(line, "PRETTY_NAME"))
		return 0;
	zerr_clean(value);
	return str_set(&o->pretty, value);
}

int rootfs_os(int root, struct rootfs_os *ret)
{
	AUTO_OS struct rootfs_os o = { 0 };
	AUTO_BUF struct buf text = { 0 };
	char *save = NULL;
	int r = rootfs_read(root, "/etc/os-release", OS_RELEASE_MAX, &text);

	if (r < 0 && r != -ENOMEM)
		r = rootfs_read(root, "/usr/lib/os-release", OS_RELEASE_MAX, &text);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && text.p)
		for (char *l = strtok_r(text.p, "\n", &save); r == 0 && l;
		     l = strtok_r(NULL, "\n", &save))
			r = take_line(&o, l);
	if (r == -ENOMEM)
		return r;
	*ret = o;
	o = (struct rootfs_os){ 0 };
	return 0;
}

void rootfs_os_done(struct rootfs_os *o)
{
	free(o->id);
	free(o->version);
	free(o->codename);
	free(o->pretty);
}

/* ---- architecture --------------------------------------------------------------------------- */

static const struct {
	const char *debian, *kernel;
	uint16_t machine;
	uint8_t class;
	const char *words; /* what else LXC, Incus and OCI call it */
} archs[] = {
	{ "amd64", "x86_64", EM_X86_64, ELFCLASS64, "linux64" },
	{ "i386", "i686", EM_386, ELFCLASS32, "i586 i486 386 x86 linux32" },
	{ "arm64", "aarch64", EM_AARCH64, ELFCLASS64, "" },
	{ "armhf", "armv7l", EM_ARM, ELFCLASS32, "armv7 arm armv8l" },
	{ "armel", "armv6l", EM_ARM, ELFCLASS32, "" },
	{ "ppc64el", "ppc64le", EM_PPC64, ELFCLASS64, "" },
	{ "s390x", "s390x", EM_S390, ELFCLASS64, "" },
	{ "riscv64", "riscv64", 243, ELFCLASS64, "" },
	{ "loongarch64", "loongarch64", 258, ELFCLASS64, "loong64" },
};
#define ARCHS (sizeof(archs) / sizeof(archs[0]))

const char *arch_canonical(const char *word)
{
	for (size_t i = 0; word && i < ARCHS; i++) {
		AUTO_STRV struct strv words = { 0 };

		if (str_eq(word, archs[i].debian) || str_eq(word, archs[i].kernel) ||
		    (strv_split(&words, archs[i].words, " ") == 0 && strv_has(&words, word)))
			return archs[i].debian;
	}
	return NULL;
}

const char *arch_kernel(const char *debian)
{
	for (size_t i = 0; i < ARCHS; i++)
		if (str_eq(debian, archs[i].debian))
			return archs[i].kernel;
	return debian;
}

static const char *elf_arch(int fd)
{
	union {
		Elf32_Ehdr small; /* e_machine is at the same place in both */
		char bytes[sizeof(Elf32_Ehdr)];
	} h;

	if (pread(fd, h.bytes, sizeof(h.bytes), 0) != (ssize_t)sizeof(h.bytes) ||
	    memcmp(h.small.e_ident, ELFMAG, SELFMAG) != 0 ||
	    h.small.e_ident[EI_DATA] != ELFDATA2LSB)
		return NULL;
	for (size_t i = 0; i < ARCHS; i++) {
		if (h.small.e_machine != archs[i].machine ||
		    h.small.e_ident[EI_CLASS] != archs[i].class)
			continue;
		if (archs[i].machine == EM_ARM && !(h.small.e_flags & EF_ARM_ABI_FLOAT_HARD))
			return "armel";
		return archs[i].debian;
	}
	return NULL;
}

const char *rootfs_arch(int root)
{
	static const char *const programs[] = { "/sbin/init", "/bin/sh", "/usr/bin/env",
						"/bin/busybox" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		AUTO_CLOSE int fd = open_regular(root, programs[i]);
		const char *arch = fd < 0 ? NULL : elf_arch(fd);

		if (arch)
			return arch;
	}
	return NULL;
}

int rootfs_identify(int root, const char *dist, const char *release, struct image_ref *ref)
{
	AUTO_OS struct rootfs_os os = { 0 };
	const char *arch = ref->arch ? ref->arch : rootfs_arch(root);
	const char *version;
	int r = rootfs_os(root, &os);

	if (r < 0)
		return r;
	version = os.codename ? os.codename : os.version ? os.version : release;
	if (!ref->dist)
		r = str_set(&ref->dist, os.id ? os.id : dist);
	if (r == 0 && !ref->release)
		r = str_set(&ref->release, version);
	if (r == 0 && !ref->arch)
		r = str_set(&ref->arch, arch ? arch : image_host_arch());
	return r;
}

/* ---- the host's side ------------------------------------------------------------------------ */

int host_open(const char *path, int flags, struct zerr *e)
{
	AUTO_FREE char *real = realpath(path, NULL);
	AUTO_CLOSE int root = -1;
	int fd;

	if (!real)
		return zerr_sys(e, "%s", path);
	root = fs_open_dir("/", e);
	if (root < 0)
		return root;
	fd = fs_open_below(root, real[1] ? real + 1 : ".", flags | O_NONBLOCK | O_NOCTTY, 0);
	return fd < 0 ? zerr_code(e, -fd, "%s", path) : fd;
}

char *build_name(int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return NULL;
	return str_fmt("%04d%02d%02d_%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		       tm.tm_hour, tm.tm_min);
}
