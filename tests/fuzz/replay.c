/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over the files of a directory, where libFuzzer is not at hand. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX (1 << 20)

/* In a block of exactly its size, so that reading beyond the end is seen. */
static int replay(const char *dir, const char *name)
{
	static unsigned char big[MAX];
	char path[4096];
	unsigned char *data;
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		return 0;
	len = fread(big, 1, sizeof(big), f);
	(void)fclose(f);
	data = malloc(len ? len : 1);
	if (!data)
		return 0;
	memcpy(data, big, len);
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int n = 0;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			n += replay(argv[1], entry->d_name);
	if (d)
		(void)closedir(d);
	(void)printf("%d inputs\n", n);
	return n > 0 ? 0 : 1;
}
