/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small system made of the host's static busybox: init, a shell on the console, and little else.
 * It stops by SIGUSR2 (power off), as busybox init does.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "templates/args.h"

#define LIST_MS 10000

static const struct {
	const char *path;
	mode_t mode;
} dirs[] = {
	{ "bin", 0755 },	{ "sbin", 0755 },      { "usr/bin", 0755 }, { "usr/sbin", 0755 },
	{ "etc/init.d", 0755 }, { "dev", 0755 },       { "proc", 0755 },    { "sys", 0755 },
	{ "run", 0755 },	{ "root", 0700 },      { "home", 0755 },    { "mnt", 0755 },
	{ "var/log", 0755 },	{ "var/spool", 0755 }, { "tmp", 01777 },    { "var/tmp", 01777 },
};

static const struct {
	const char *dir, *name;
	mode_t mode;
	const char *text;
} files[] = {
	{ "etc", "passwd", 0644,
	  "root:x:0:0:root:/root:/bin/sh\n"
	  "nobody:x:65534:65534:nobody:/:/bin/false\n" },
	{ "etc", "group", 0644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n" },
	{ "etc", "shadow", 0600, "root:*:19000:0:99999:7:::\n" },
	{ "etc", "fstab", 0644, "" },
	{ "etc", "hosts", 0644, "127.0.0.1 localhost\n::1 localhost\n" },
	{ "etc", "resolv.conf", 0644, "" },
	{ "etc", "profile", 0644,
	  "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	  "export PS1='\\u@\\h:\\w\\$ '\n" },
	{ "etc", "inittab", 0644,
	  "::sysinit:/etc/init.d/rcS\n"
	  "console::respawn:-/bin/sh\n"
	  "::restart:/sbin/init\n" },
	{ "etc/init.d", "rcS", 0755,
	  "#!/bin/sh\n"
	  "mount -a\n"
	  "for script in /etc/init.d/S??*; do\n"
	  "\t[ -x \"$script\" ] && \"$script\" start\n"
	  "done\n"
	  "exit 0\n" },
	{ "etc", "os-release", 0644,
	  "ID=busybox\nNAME=BusyBox\nPRETTY_NAME=BusyBox\nVERSION_ID=1\n" },
};

/* A program interpreter means shared libraries, which the zone will not have. */
static bool is_static(int fd)
{
	union {
		Elf64_Ehdr wide;
		Elf32_Ehdr small;
	} h;
	const bool read_it = pread(fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h) &&
			     memcmp(h.wide.e_ident, ELFMAG, SELFMAG) == 0;
	const bool wide = read_it && h.wide.e_ident[EI_CLASS] == ELFCLASS64;
	const unsigned n = !read_it ? 0 : wide ? h.wide.e_phnum : h.small.e_phnum;

	for (unsigned i = 0; i < n; i++) {
		const off_t at = wide ? (off_t)(h.wide.e_phoff + i * sizeof(Elf64_Phdr))
				      : (off_t)(h.small.e_phoff + i * sizeof(Elf32_Phdr));
		Elf64_Word type; /* the first word of both */

		if (pread(fd, &type, sizeof(type), at) != (ssize_t)sizeof(type) ||
		    type == PT_INTERP)
			return false;
	}
	return n > 0;
}

/* The host's busybox: its path (the caller's) and an open descriptor. */
static int open_busybox(char **ret_path, struct zerr *e)
{
	AUTO_FREE char *path = run_find("busybox");
	AUTO_CLOSE int root = path ? fs_open_dir("/", e) : -1;
	AUTO_CLOSE int fd = root < 0 ? -1 : fs_open_in(root, path, O_RDONLY, 0);
	int r;

	if (fd >= 0 && is_static(fd)) {
		*ret_path = own_take(path);
		return own_take_fd(&fd);
	}
	r = zerr_as(e, ZERR_HOST, "template busybox: %s",
		    path ? "the host's busybox is not a static program"
			 : "the host has no busybox");
	return zerr_hint(e, r, "apt install busybox-static");
}

static int busybox_prepare(const struct template_args *a, struct template_result *ret,
			   struct zerr *e)
{
	static const struct opt opts[] = { { 0 } };
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int fd = -1;
	int r = template_opts(a, opts, NULL, ret, e);

	if (r)
		return r < 0 ? r : 0;
	fd = open_busybox(&path, e);
	if (fd < 0)
		return fd;
	r = template_config(ret, "arch", image_host_arch(), e);
	return r < 0 ? r : template_config(ret, "stop.signal", "SIGUSR2", e);
}

static int copy_program(int from, int root, struct zerr *e)
{
	AUTO_CLOSE int to = fs_open_below(root, "bin/busybox", O_WRONLY | O_CREAT | O_EXCL, 0755);
	uint64_t copied = 0;
	int r = to < 0 ? to : copy_data(from, to, &copied);

	if (r == 0 && fchmod(to, 0755) < 0)
		r = -errno;
	return r < 0 ? zerr_code(e, -r, "bin/busybox") : 0;
}

/* "sbin/init" → a link to /bin/busybox, as the program itself wants it. */
static int link_applet(int root, const char *path, struct zerr *e)
{
	AUTO_FREE char *dir = strdup(path);
	AUTO_CLOSE int fd = -1;
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (!slash)
		return dir ? 0 : zerr_code(e, ENOMEM, "applets");
	*slash = '\0';
	fd = fs_subdirs(root, dir, 0755, e);
	if (fd < 0)
		return fd;
	if (symlinkat("/bin/busybox", fd, slash + 1) < 0 && errno != EEXIST)
		return zerr_sys(e, "%s", path);
	return 0;
}

static int link_applets(const char *busybox, int root, struct zerr *e)
{
	const char *const argv[] = { busybox, "--list-full", NULL };
	AUTO_STRV struct strv applets = { 0 };
	AUTO_BUF struct buf out = { 0 };
	const struct run_args run = { .argv = argv, .out = &out, .timeout_ms = LIST_MS };
	int r = run_program(&run, NULL, e);

	if (r == 0 && (out.failed || strv_split(&applets, out.p ? out.p : "", "\n") < 0))
		r = zerr_code(e, ENOMEM, "applets");
	if (r == 0)
		r = link_applet(root, "sbin/init", e);
	for (size_t i = 0; r == 0 && i < applets.n; i++)
		r = link_applet(root, applets.v[i], e);
	return r;
}

static int make_tree(int root, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		AUTO_CLOSE int fd = fs_subdirs(root, dirs[i].path, 0755, e);

		r = fd < 0 ? fd : 0;
		if (fd >= 0 && fchmod(fd, dirs[i].mode) < 0)
			r = zerr_sys(e, "%s", dirs[i].path);
	}
	for (size_t i = 0; r >= 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_CLOSE int dir = fs_subdirs(root, files[i].dir, 0755, e);

		r = dir < 0 ? dir
			    : fs_write(dir, files[i].name, files[i].text, strlen(files[i].text),
				       files[i].mode, false, e);
	}
	return r;
}

static int busybox_build(const struct template_args *a, int root, const char *path,
			 struct template_result *ret, struct zerr *e)
{
	AUTO_FREE char *busybox = NULL;
	AUTO_CLOSE int fd = open_busybox(&busybox, e);
	AUTO_CLOSE int etc = -1;
	AUTO_FREE char *name = str_fmt("%s\n", a->zone);
	int r = fd < 0 ? fd : make_tree(root, e);

	(void)path;
	(void)ret;
	if (r == 0)
		r = copy_program(fd, root, e);
	if (r == 0)
		r = link_applets(busybox, root, e);
	if (r < 0)
		return r;
	if (!name)
		return zerr_code(e, ENOMEM, "etc/hostname");
	etc = fs_subdirs(root, "etc", 0755, e);
	return etc < 0 ? etc : fs_write(etc, "hostname", name, strlen(name), 0644, false, e);
}

const struct template_ops template_busybox = {
	.name = "busybox",
	.help = "a small system from the host's static busybox",
	.prepare = busybox_prepare,
	.build = busybox_build,
};
