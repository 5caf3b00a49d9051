/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys of servers and the signatures made with them. gpgv is run on three files in a scratch
 * directory and believed only by its status lines; no keyring of the user, no web of trust, no
 * agent. A key from the keyserver counts only under the fingerprint that is configured.
 */
#include "image/sig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "image/fetch.h"
#include "image/pgp.h"

#define KEYRING_MAX (16 << 20)
#define SCRATCH	    ".verify"
#define FETCHED	    "keys"
#define GPGV_MS	    30000

void sig_keys_done(struct sig_keys *k)
{
	buf_done(&k->ring);
	free(k->fingerprint);
	free(k->cache);
	*k = (struct sig_keys){ 0 };
}

/* ---- key material --------------------------------------------------------------------------- */

/* Append @text's keys to @ring. 0, or -EPROTO without message when it is no key file. */
static int add_keys(struct buf *ring, const struct buf *text)
{
	AUTO_BUF struct buf one = { 0 };
	AUTO_STRV struct strv prints = { 0 };
	int r = pgp_binary(text->p, text->len, &one);

	if (r == 0)
		r = pgp_fingerprints(&one, &prints);
	if (r < 0 || prints.n == 0)
		return r < 0 ? r : -EPROTO;
	buf_add(ring, one.p, one.len);
	return ring->failed ? -ENOMEM : 0;
}

static bool has_key(const struct buf *ring, const char *fingerprint)
{
	AUTO_STRV struct strv prints = { 0 };

	return pgp_fingerprints(ring, &prints) == 0 && strv_has(&prints, fingerprint);
}

/* The file that the user named: any path, links too. */
static int load_keyring(const char *path, struct buf *ring, struct zerr *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	AUTO_BUF struct buf text = { 0 };
	char chunk[8192];
	ssize_t n;
	int r;

	if (fd < 0)
		return zerr_sys(e, "keyring %s", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && text.len < KEYRING_MAX)
		buf_add(&text, chunk, (size_t)n);
	if (n < 0)
		return zerr_sys(e, "keyring %s", path);
	r = text.failed ? -ENOMEM : add_keys(ring, &text);
	if (r == -EPROTO)
		return zerr_set(e, EPROTO, "keyring %s: no OpenPGP public key in it", path);
	return r < 0 ? zerr_code(e, -r, "keyring %s", path) : 0;
}

/* Files of the administrator; one that is no key file is passed over with a warning. */
static int load_dir(const char *path, struct buf *ring, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr missing = { 0 };
	AUTO_CLOSE int dir = fs_open_dir(path, &missing);
	int r;

	if (dir < 0 && dir != -ENOENT)
		*e = missing;
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	r = fs_list(dir, &names);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO_BUF struct buf text = { 0 };

		r = fs_read(dir, names.v[i], KEYRING_MAX, &text);
		if (r == 0)
			r = add_keys(ring, &text);
		if (r < 0 && r != -ENOMEM) {
			log_warn("%s/%s: not a file of OpenPGP public keys", path, names.v[i]);
			r = 0;
		}
	}
	return r < 0 ? zerr_code(e, -r, "%s", path) : 0;
}

static int ask_keyserver(const struct image_server *server, const struct image_source *src,
			 struct buf *ring, struct zerr *e)
{
	AUTO_FREE char *url = str_fmt("%s/pks/lookup?op=get&options=mr&search=0x%s",
				      server->keyserver, server->fingerprint);
	const struct fetch_options o = { .timeout = src->timeout }; /* its own certificates */
	AUTO_BUF struct buf text = { 0 };
	struct fetch *f = NULL;
	int r;

	if (!url)
		return zerr_code(e, ENOMEM, "keyserver");
	r = fetch_open(&o, &f, e);
	if (r == 0)
		r = fetch_text(f, url, KEYRING_MAX, &text, e);
	fetch_close(f);
	if (r == 0 && (add_keys(ring, &text) < 0 || !has_key(ring, server->fingerprint)))
		r = zerr_set(e, EBADMSG, "%s: sent another key than %s", server->keyserver,
			     server->fingerprint);
	(void)zerr_hint(e, r, "put the key of %s into /etc/zone/keys, or name it by --keyring",
			server->url);
	return zerr_in(e, r, "key of %s", server->url);
}

/* What the keyserver sent once, or now; kept beside the downloads. */
static int fetched_key(const struct image_env *env, const struct image_server *server,
		       const struct image_source *src, struct buf *ring, struct zerr *e)
{
	AUTO_CLOSE int cache = fs_make_dir(env->cache, 0700, e);
	AUTO_CLOSE int keys = cache < 0 ? cache : fs_subdir(cache, FETCHED, 0700, e);
	AUTO_FREE char *name = str_fmt("%s.gpg", server->fingerprint);
	AUTO_BUF struct buf text = { 0 };
	int r;

	if (keys < 0)
		return keys;
	if (!name)
		return zerr_code(e, ENOMEM, "key");
	if (fs_read(keys, name, KEYRING_MAX, &text) == 0 && add_keys(ring, &text) == 0 &&
	    has_key(ring, server->fingerprint))
		return 0;
	ring->len = 0;
	r = ask_keyserver(server, src, ring, e);
	return r < 0 ? r : fs_write(keys, name, ring->p, ring->len, 0600, false, e);
}

int sig_keys_open(const struct image_env *env, const struct image_server *server,
		  const struct image_source *src, struct sig_keys *ret, struct zerr *e)
{
	struct sig_keys k = { 0 };
	int r;

	if (str_set(&k.cache, env->cache) < 0 ||
	    (!src->keyring && str_set(&k.fingerprint, server->fingerprint) < 0)) {
		r = zerr_code(e, ENOMEM, "keyring");
	} else if (src->keyring) {
		r = load_keyring(src->keyring, &k.ring, e);
	} else {
		r = load_dir(env->keys, &k.ring, e);
		if (r == 0 && !has_key(&k.ring, k.fingerprint)) {
			k.ring.len = 0;
			r = fetched_key(env, server, src, &k.ring, e);
		}
	}
	if (r < 0)
		sig_keys_done(&k);
	else
		*ret = k;
	return r;
}

/* ---- checking ------------------------------------------------------------------------------- */

/* What gpgv's status lines say: NULL for a good signature of a key that counts, else what is wrong.
 */
static const char *judge(const struct sig_keys *k, char *status)
{
	static const char *const bad[][2] = {
		{ "BADSIG ", "bad signature" },
		{ "EXPKEYSIG ", "signed by a key that has expired" },
		{ "EXPSIG ", "the signature has expired" },
		{ "REVKEYSIG ", "signed by a revoked key" },
		{ "ERRSIG ", "signed by an unknown key" },
	};
	const char *verdict = "no signature in it";
	bool good = false;

	for (char *line; (line = strsep(&status, "\n"));) {
		if (!str_starts(line, "[GNUPG:] "))
			continue;
		line += strlen("[GNUPG:] ");
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (str_starts(line, bad[i][0]))
				return bad[i][1];
		if (str_starts(line, "GOODSIG "))
			good = true;
		if (!str_starts(line, "VALIDSIG ") || !good)
			continue;
		/* the last word is the fingerprint of the primary key */
		if (k->fingerprint && !str_ends(line, k->fingerprint))
			return "signed by another key";
		verdict = NULL;
	}
	return verdict;
}

static int run_gpgv(int dir, struct buf *status, int *ret_exit, struct zerr *e)
{
	static const char *const argv[] = { "gpgv",	 "--homedir",	  ".",	  "--status-fd",
					    "1",	 "--weak-digest", "SHA1", "--keyring",
					    "./keyring", "signature",	  "data", NULL };
	const struct run_args a = {
		.argv = argv,
		.cwd_fd = dir,
		.out = status,
		.timeout_ms = GPGV_MS,
	};
	const int r = run_program(&a, ret_exit, e);

	return r == -ENOENT ? zerr_hint(e, r, "install the package gpgv") : r;
}

static int check_in(int dir, const struct sig_keys *k, const char *what, const struct buf *data,
		    const struct buf *sig, struct zerr *e)
{
	AUTO_BUF struct buf status = { 0 };
	const char *wrong;
	int code = -1;
	int r = fs_write(dir, "keyring", k->ring.p, k->ring.len, 0600, false, e);

	if (r == 0)
		r = fs_write(dir, "signature", sig->p, sig->len, 0600, false, e);
	if (r == 0)
		r = fs_write(dir, "data", data->p, data->len, 0600, false, e);
	if (r == 0)
		r = run_gpgv(dir, &status, &code, e);
	if (r < 0)
		return r;
	buf_str(&status, "\n");
	if (status.failed)
		return zerr_code(e, ENOMEM, "%s", what);
	wrong = judge(k, status.p);
	if (wrong || code != 0)
		return zerr_set(e, EBADMSG, "%s: %s", what, wrong ? wrong : "bad signature");
	return 0;
}

int sig_check(const struct sig_keys *k, const char *what, const struct buf *data,
	      const struct buf *sig, struct zerr *e)
{
	AUTO_CLOSE int cache = fs_make_dir(k->cache, 0700, e);
	AUTO_CLOSE int scratch = cache < 0 ? cache : fs_subdir(cache, SCRATCH, 0700, e);
	AUTO_CLOSE int dir = -1;
	struct zerr ignored = { 0 };
	uint64_t random = 0;
	char name[32];
	int r;

	if (scratch < 0)
		return scratch;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return zerr_sys(e, "random numbers");
	(void)snprintf(name, sizeof(name), "%016llx", (unsigned long long)random);
	dir = fs_subdir(scratch, name, 0700, e);
	if (dir < 0)
		return dir;
	r = check_in(dir, k, what, data, sig, e);
	(void)fs_remove(scratch, name, &ignored); /* swept by the next flush of the cache */
	return r;
}
