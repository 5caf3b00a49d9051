/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds every file of the directories named as arguments to a fuzz target, for builds without
 * libFuzzer, whose options (-…) are ignored. An empty corpus is a failure. */
#include <stdint.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(int dirfd, size_t *ret_n)
{
	AUTO_STRV struct strv names = { 0 };
	int r = fs_list(dirfd, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO_BUF struct buf data = { 0 };

		r = fs_read(dirfd, names.v[i], 1 << 20, &data);
		if (r == 0)
			(void)LLVMFuzzerTestOneInput((const uint8_t *)data.p, data.len);
	}
	*ret_n += names.n;
	return r;
}

int main(int argc, char **argv)
{
	struct zerr e = { 0 };
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		AUTO_CLOSE int fd = *argv[i] == '-' ? -1 : fs_open_dir(argv[i], &e);

		if (*argv[i] != '-' && (fd < 0 || replay(fd, &n) < 0))
			return 1;
	}
	(void)printf("%zu inputs\n", n);
	return n ? 0 : 1;
}
