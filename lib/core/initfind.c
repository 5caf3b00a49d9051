/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which program is init: looked for in the root tree, followed through its links inside it, and its
 * kind found out from where they lead. Nothing of the root is executed or trusted here. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/boot.h"

static const char *const candidates[] = { "/sbin/init", "/usr/lib/systemd/systemd",
					  "/lib/systemd/systemd", "/etc/init", "/bin/init" };

/* Where the path ends after all links, and an open descriptor on it. */
static int resolve(int root, const char *path, char real[static PATH_MAX])
{
	/* looked at before it is opened: merely to open a device node can do something to the host
	 */
	AUTO_CLOSE int there = fs_open_in(root, path, O_PATH, 0);
	char link[32];
	struct stat st;

	if (there < 0)
		return there;
	if (fstat(there, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return -EACCES;
	AUTO_CLOSE int fd = open(fs_fd_path(there, link), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	const ssize_t n = readlink(fs_fd_path(fd, link), real, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	real[n] = '\0';
	return own_take_fd(&fd);
}

static enum init_kind kind_of(const char *real)
{
	const char *base = strrchr(real, '/');

	base = base ? base + 1 : real;
	if (str_eq(base, "systemd"))
		return KIND_SYSTEMD;
	if (str_starts(base, "busybox"))
		return KIND_BUSYBOX;
	if (str_eq(base, "openrc-init"))
		return KIND_OPENRC;
	return str_eq(base, "init") ? KIND_SYSV : KIND_OTHER;
}

static const struct machine {
	const char *arch;
	uint16_t elf;
} machines[] = { { "amd64", EM_X86_64 }, { "i386", EM_386 },	  { "arm64", EM_AARCH64 },
		 { "armhf", EM_ARM },	 { "armel", EM_ARM },	  { "ppc64el", EM_PPC64 },
		 { "s390x", EM_S390 },	 { "riscv64", EM_RISCV }, { "loongarch64", 258 } };

static const char *machine_name(uint16_t elf)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].elf == elf)
			return machines[i].arch;
	return "an unknown machine";
}

static int check_machine(int fd, const char *path, bool compat32, struct zerr *e)
{
	Elf64_Ehdr h; /* e_machine lies at the same place in both classes */
	const char *host = image_host_arch();

	if (pread(fd, &h, sizeof(h), 0) < (ssize_t)sizeof(Elf32_Ehdr) ||
	    memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
		return 0; /* a script: its interpreter is the kernel's business */
	const char *arch = machine_name(h.e_machine);
	if (str_eq(arch, host) || (compat32 && h.e_machine == EM_386))
		return 0;
	if (h.e_machine == EM_386 && str_eq(host, "amd64"))
		return zerr_hint(e, zerr_set(e, ENOEXEC, "%s is for i386", path),
				 "zone set NAME security.compat32=true");
	return zerr_hint(e, zerr_set(e, ENOEXEC, "%s is for %s, this host is %s", path, arch, host),
			 "create the zone from an image of this architecture");
}

static int not_found(struct zerr *e)
{
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					candidates[i]);
	zerr_set(e, ENOENT, "no init in the root file system (looked for %s)", list);
	return zerr_hint(e, -ENOENT, "install an init, or set init=/path");
}

static int found(struct boot *b, int fd, const char *path, const char *real, struct zerr *e)
{
	b->kind = b->z->spec.init_mode == INIT_STUB ? KIND_STUB : kind_of(real);
	return check_machine(fd, path, b->z->spec.compat32, e);
}

static int find_one(struct boot *b, int root, const char *path, struct zerr *e)
{
	char real[PATH_MAX];
	AUTO_CLOSE int fd = resolve(root, path, real);

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? -ENOENT : zerr_code(e, -fd, "%s", path);
	if (strv_add(&b->argv, path) < 0)
		return zerr_code(e, ENOMEM, "init");
	return found(b, fd, path, real, e);
}

int init_find(struct boot *b, struct zerr *e)
{
	const int root = b->gift.tree[TREE_ROOT];
	const char *asked = b->z->spec.init;
	int r = -ENOENT;

	if (b->args->argv) {
		b->kind = b->args->stub ? KIND_STUB : KIND_OTHER;
		for (char *const *a = b->args->argv; *a; a++)
			if (strv_add(&b->argv, *a) < 0)
				return zerr_code(e, ENOMEM, "init");
		return 0;
	}
	if (asked) {
		r = find_one(b, root, asked, e);
		return r == -ENOENT && !e->code ? zerr_set(e, ENOENT, "init %s: not there", asked)
						: r;
	}
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]) && r == -ENOENT; i++)
		r = find_one(b, root, candidates[i], e);
	return r == -ENOENT && !e->code ? not_found(e) : r;
}
