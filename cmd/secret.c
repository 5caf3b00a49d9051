/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading secrets. The terminal's echo is put back on every way out. */
#include "cmd/secret.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "zone.h"

static int read_line(char ret[static SECRET_MAX], struct zerr *e)
{
	size_t len = 0;
	ssize_t n;
	char c = '\0';

	while ((n = read(STDIN_FILENO, &c, 1)) != 0 && c != '\n') {
		if (n < 0 && errno == EINTR && zone_signal())
			return zerr_set(e, EINTR, "interrupted");
		if (n < 0 && errno != EINTR)
			return zerr_sys(e, "standard input");
		if (n < 0)
			continue;
		if (c == '\0' || len == SECRET_MAX - 1)
			return zerr_as(e, ZERR_USAGE,
				       "standard input: not one line of at most %d bytes",
				       SECRET_MAX - 1);
		ret[len++] = c;
	}
	if (len && ret[len - 1] == '\r')
		len--;
	ret[len] = '\0';
	return len ? 0 : zerr_as(e, ZERR_USAGE, "standard input: nothing was given");
}

int secret_read(const char *prompt, char ret[static SECRET_MAX], struct zerr *e)
{
	struct termios was, quiet;
	int r;

	if (tcgetattr(STDIN_FILENO, &was) < 0)
		return read_line(ret, e);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0) /* first: it drops what was typed */
		return zerr_sys(e, "terminal");
	(void)fprintf(stderr, "%s: ", prompt);
	r = read_line(ret, e);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	(void)fputc('\n', stderr);
	return r;
}

int secret_read_twice(const char *prompt, char ret[static SECRET_MAX], struct zerr *e)
{
	char again[SECRET_MAX];
	int r = secret_read(prompt, ret, e);

	if (r < 0 || !isatty(STDIN_FILENO))
		return r;
	r = secret_read("Once more", again, e);
	if (r == 0 && strcmp(ret, again) != 0)
		r = zerr_set(e, EINVAL, "the two are not the same; nothing was changed");
	explicit_bzero(again, sizeof(again));
	return r;
}
