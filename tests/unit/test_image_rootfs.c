/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a root file system says about itself, and lies about. */
#include "unit.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/rootfs.h"

static void put(int dir, const char *path, const char *name, const void *data, size_t len)
{
	struct zerr e = { 0 };
	AUTO_CLOSE int d = fs_subdirs(dir, path, 0755, &e);

	assert_true(d >= 0);
	assert_int_equal(fs_write(d, name, data, len, 0644, false, &e), 0);
}

static void reads_os_release(void **state)
{
	static const char text[] =
		"# x\nID=\"Debian\"\nVERSION_ID='12'\nVERSION_CODENAME=bookworm\r\n"
		"PRETTY_NAME=\"A \\\"B\\\" \033[2J\"\nID_LIKE=x\nnonsense\n=\n";
	AUTO_OS struct rootfs_os os = { 0 };
	const int d = tmpdir_fd(state);

	put(d, "usr/lib", "os-release", text, strlen(text));
	put(d, "etc", "x", "", 0);
	assert_int_equal(symlinkat("/usr/lib/os-release", d, "etc/os-release"), 0);
	assert_int_equal(rootfs_os(d, &os), 0);
	assert_string_equal(os.id, "debian");
	assert_string_equal(os.version, "12");
	assert_null(os.codename); /* a carriage return is no part of a word */
	assert_string_equal(os.pretty, "A \"B\" ?[2J");
}

static void refuses_words(void **state)
{
	static const char text[] = "ID=../../etc\nVERSION_ID=a;b\nVERSION_CODENAME='a b'\n";
	AUTO_OS struct rootfs_os os = { 0 };
	struct image_ref ref = { 0 };
	const int d = tmpdir_fd(state);

	put(d, "etc", "os-release", text, strlen(text));
	assert_int_equal(rootfs_os(d, &os), 0);
	assert_true(!os.id && !os.version && !os.codename);
	assert_int_equal(rootfs_identify(d, "local", "unknown", &ref), 0);
	assert_string_equal(ref.dist, "local");
	assert_string_equal(ref.release, "unknown");
	assert_string_equal(ref.arch, image_host_arch());
	image_ref_done(&ref);
}

/* Links that lead out, fifos, directories and huge files are no os-release. */
static void reads_only_files(void **state)
{
	const int d = tmpdir_fd(state);
	AUTO_BUF struct buf b = { 0 };

	put(d, "etc", "x", "", 0);
	put(d, ".", "big", "0123456789", 10);
	assert_int_equal(symlinkat("/proc/self/status", d, "out"), 0);
	assert_int_equal(symlinkat("../../../../etc/passwd", d, "up"), 0);
	assert_int_equal(mkfifoat(d, "fifo", 0600), 0);
	assert_int_equal(rootfs_read(d, "/out", 10, &b), -ENOENT);
	assert_int_equal(rootfs_read(d, "up", 10, &b), -ENOENT);
	assert_int_equal(rootfs_read(d, "fifo", 10, &b), -EINVAL);
	assert_int_equal(rootfs_read(d, "etc", 10, &b), -EINVAL);
	assert_int_equal(rootfs_read(d, "big", 9, &b), -EFBIG);
	assert_int_equal(rootfs_read(d, "/../big", 10, &b), 0);
	assert_string_equal(b.p, "0123456789");
}

static void knows_architectures(void **state)
{
	Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
			 .e_machine = EM_AARCH64 };
	const int d = tmpdir_fd(state);

	assert_null(rootfs_arch(d));
	put(d, "bin", "sh", "#!/bin/x\n", 9);
	assert_null(rootfs_arch(d));
	put(d, "bin", "busybox", &h, sizeof(h));
	assert_string_equal(rootfs_arch(d), "arm64");
	h.e_machine = EM_ARM;
	put(d, "bin", "busybox", &h, sizeof(h));
	assert_null(rootfs_arch(d)); /* no such class */
	h.e_ident[EI_CLASS] = ELFCLASS32;
	put(d, "bin", "busybox", &h, sizeof(h));
	assert_string_equal(rootfs_arch(d), "armel");
	assert_string_equal(arch_canonical("linux64"), "amd64");
	assert_string_equal(arch_canonical("386"), "i386");
	assert_string_equal(arch_canonical("aarch64"), "arm64");
	assert_null(arch_canonical("sparc"));
	assert_null(arch_canonical(NULL));
	assert_string_equal(arch_kernel("amd64"), "x86_64");
}

static void names_builds(void **state)
{
	AUTO_FREE char *name = build_name(1767225600);

	(void)state;
	assert_string_equal(name, "20260101_00:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(reads_os_release),	with_tmpdir(refuses_words),
		with_tmpdir(reads_only_files),	with_tmpdir(knows_architectures),
		cmocka_unit_test(names_builds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
