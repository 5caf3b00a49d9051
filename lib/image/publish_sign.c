/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs gpg on one file at a time. The key stays with gpg and its agent; nothing is asked on a
 * terminal. */
#include "image/publish_sign.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"

#define GPG_MS 60000

static int sign(const struct signer *s, int fd, struct buf *out, struct zerr *e)
{
	const char *home = getenv("HOME"), *gnupg = getenv("GNUPGHOME");
	AUTO_FREE char *env_home = str_fmt("HOME=%s", home ? home : "/");
	AUTO_FREE char *env_gnupg = gnupg ? str_fmt("GNUPGHOME=%s", gnupg) : NULL;
	AUTO_CLOSE int here = fs_open_dir(".", e); /* what the caller named may be relative */
	const char *const env[] = { env_home, env_gnupg, NULL };
	const char *argv[16] = { "gpg",	 "--batch", "--quiet",	     "--no-tty", "--local-user",
				 s->key, "--armor", "--detach-sign", "--output", "-" };
	const struct run_args a = {
		.argv = argv,
		.env = env,
		.stdin_fd = fd,
		.cwd_fd = here,
		.out = out,
		.timeout_ms = GPG_MS,
	};
	int n = 10, r;

	if (here < 0)
		return here;
	if (s->home) {
		argv[n++] = "--homedir";
		argv[n++] = s->home;
	}
	argv[n] = NULL;
	r = run_program(&a, NULL, e);
	if (r < 0)
		return zerr_in(e, r, "sign with %s", s->key);
	return out->failed || !out->len ? zerr_set(e, EIO, "gpg: made no signature") : 0;
}

int sign_and_write(const struct signer *s, int dir, const char *name, const char *suffix,
		   const struct buf *text, struct zerr *e)
{
	AUTO_FREE char *sig_name = str_fmt("%s.%s", name, suffix);
	AUTO_BUF struct buf sig = { 0 };
	AUTO_CLOSE int fd = -1;
	int r;

	if (text->failed || !sig_name)
		return zerr_code(e, ENOMEM, "%s", name);
	r = fs_write(dir, name, text->p, text->len, 0644, false, e);
	if (r < 0 || !s->key)
		return r;
	fd = fs_open_below(dir, name, O_RDONLY, 0);
	if (fd < 0)
		return zerr_code(e, -fd, "%s", name);
	r = sign(s, fd, &sig, e);
	return r < 0 ? r : fs_write(dir, sig_name, sig.p, sig.len, 0644, false, e);
}

int sign_try(const struct signer *s, struct zerr *e)
{
	AUTO_BUF struct buf sig = { 0 };

	return s->key ? sign(s, 0, &sig, e) : 0;
}
