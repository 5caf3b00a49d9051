/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text files of an image server: the classic index and SHA256SUMS. Both come from outside: what
 * is not exactly of the expected form is left out, never guessed at.
 */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "image/ref.h"
#include "image/remote.h"

#define ROOT_TARBALL "rootfs.tar.xz"
#define LINE_LIMIT   2048 /* a longer line is no index line */

enum { DIST, RELEASE, ARCH, VARIANT, BUILD, URL, FIELDS };

/* Cut @line at its semicolons. True when there are exactly six fields. */
static bool split(char *line, char *field[static FIELDS])
{
	size_t n = 0;

	for (char *word; (word = strsep(&line, ";"));) {
		if (n == FIELDS)
			return false;
		field[n++] = word;
	}
	return n == FIELDS;
}

/* "//images/x/" becomes "images/x", in place. */
static char *plain_path(char *url)
{
	char *to = url;

	for (const char *p = url; *p; p++)
		if (*p != '/' || (to > url && p[1] && p[1] != '/'))
			*to++ = *p;
	*to = '\0';
	return url;
}

static int take_line(char *line, struct remote_images *ret)
{
	char *f[FIELDS];
	struct remote_image i = { 0 };

	if (!split(line, f) || !image_word_ok(f[DIST]) || !image_word_ok(f[RELEASE]) ||
	    !image_word_ok(f[ARCH]) || !image_word_ok(f[VARIANT]) || !image_build_ok(f[BUILD]) ||
	    f[URL][0] != '/' || !image_path_ok(plain_path(f[URL])))
		return 0;
	if (image_ref_copy(&i.ref,
			   &(struct image_ref){ f[DIST], f[RELEASE], f[ARCH], f[VARIANT] }) < 0 ||
	    str_set(&i.build, f[BUILD]) < 0 || str_set(&i.path, f[URL]) < 0 ||
	    str_set(&i.file, ROOT_TARBALL) < 0) {
		remote_image_done(&i);
		return -ENOMEM;
	}
	return remote_add(ret, &i);
}

int index_parse(const char *text, size_t len, struct remote_images *ret)
{
	int r = 0;

	for (const char *p = text, *end = text + len; r == 0 && p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		char line[LINE_LIMIT];

		if (n > 0 && p[n - 1] == '\r' && nl)
			n--;
		if (n > 0 && n < sizeof(line) && !memchr(p, '\0', n)) {
			memcpy(line, p, n);
			line[n] = '\0';
			r = take_line(line, ret);
		}
		p = nl ? nl + 1 : end;
	}
	return r;
}

bool sums_find(const char *text, const char *name, char ret[static 65])
{
	bool found = false;

	while (*text) {
		const size_t n = strcspn(text, "\n");
		const size_t end = n > 0 && text[n - 1] == '\r' ? n - 1 : n;

		/* 64 hex digits, a space, a space or star, the name */
		if (end == 66 + strlen(name) && memcmp(text + 66, name, end - 66) == 0 &&
		    text[64] == ' ' && (text[65] == ' ' || text[65] == '*')) {
			char hex[65];

			memcpy(hex, text, 64);
			hex[64] = '\0';
			if (!image_fingerprint_ok(hex) || (found && strcmp(hex, ret) != 0))
				return false;
			memcpy(ret, hex, sizeof(hex));
			found = true;
		}
		text += n + (text[n] == '\n');
	}
	return found;
}
