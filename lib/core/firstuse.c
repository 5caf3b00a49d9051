/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First use: reading what the command line names, on the host; writing it, inside. */
#include "core/firstuse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/accounts.h"
#include "core/identity.h"

#define USER_DATA_MAX (1U << 20)
#define KEYS_MAX      65536U

/* A file of the host that the command line names, appended. */
static int read_host_file(const char *path, size_t max, struct buf *ret, struct zerr *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[8192];
	ssize_t n = 0;

	if (fd < 0)
		return zerr_sys(e, "%s", path);
	while (ret->len <= max && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)n);
	if (n < 0 || ret->failed)
		return zerr_code(e, ret->failed ? ENOMEM : errno, "%s", path);
	return ret->len > max ? zerr_as(e, ZERR_USAGE, "%s: larger than %zu bytes", path, max) : 0;
}

/* ---- what may be given ----------------------------------------------------------------------- */

/* Does the line have the type of a key, first or behind its options? sshd(8). */
static bool is_key(const char *line, size_t len)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-",
					     "cert-authority" };
	AUTO_FREE char *copy = strndup(line, len);

	for (size_t i = 0; copy && i < sizeof(types) / sizeof(types[0]); i++) {
		const char *at = strstr(copy, types[i]);

		if (at && (at == copy || at[-1] == ' ' || at[-1] == '\t' || at[-1] == ',') &&
		    strchr(at, ' '))
			return true;
	}
	return false;
}

static int check_keys(const char *path, const struct buf *keys, struct zerr *e)
{
	unsigned n = 0;

	if (!keys->p || strlen(keys->p) != keys->len)
		return zerr_as(e, ZERR_USAGE, "%s: no text with public keys", path);
	if (strstr(keys->p, "PRIVATE KEY-----"))
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "%s: a private key", path),
				 "the public one is %s.pub", path);
	for (const char *l = keys->p; *l;) {
		const size_t len = strcspn(l, "\n");

		if (len && *l != '#' && !is_key(l, len))
			return zerr_as(e, ZERR_USAGE, "%s: not a public key: %.*s", path,
				       len > 40 ? 40 : (int)len, l);
		n += len && *l != '#';
		l += len + (l[len] == '\n');
	}
	return n ? 0 : zerr_as(e, ZERR_USAGE, "%s: no public key in it", path);
}

static int load_keys(const struct strv *paths, struct buf *ret, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; paths && i < paths->n && r == 0; i++) {
		AUTO_BUF struct buf one = { 0 };

		r = read_host_file(paths->v[i], KEYS_MAX, &one, e);
		if (r == 0)
			r = check_keys(paths->v[i], &one, e);
		if (r == 0) {
			buf_add(ret, one.p, one.len);
			if (one.p[one.len - 1] != '\n')
				buf_char(ret, '\n');
		}
	}
	return r == 0 && ret->failed ? zerr_code(e, ENOMEM, "keys") : r;
}

/* crypt(5): "$id$…". Anything else is more likely a password that is about to become public. */
static int check_hash(const char *hash, struct zerr *e)
{
	const char *second = hash && hash[0] == '$' ? strchr(hash + 1, '$') : NULL;
	const bool ok = second && second > hash + 1 && strlen(second) > 8 && strlen(hash) < 400 &&
			strspn(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789./$=,+-_") == strlen(hash);

	if (ok || !hash)
		return 0;
	return zerr_hint(e, zerr_as(e, ZERR_USAGE, "--password-hash: not the hash of a password"),
			 "\"mkpasswd\" or \"openssl passwd -6\" makes one");
}

/* cloud-init's formats begin so; without one it ignores the whole. */
static void check_user_data(const char *path, const struct buf *data)
{
	static const char *const heads[] = { "#", "Content-Type:", "MIME-Version:", "\x1f\x8b" };

	for (size_t i = 0; data->p && i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(data->p, heads[i], strlen(heads[i])) == 0)
			return;
	log_warn("%s does not begin with #cloud-config or #!: cloud-init will not know what it is",
		 path);
}

int first_use_load(const struct zone_create *c, struct first_use *ret, struct zerr *e)
{
	int r = check_hash(c->password_hash, e);

	ret->hash = c->password_hash;
	if (r == 0)
		r = load_keys(c->ssh_keys, &ret->keys, e);
	if (r == 0 && c->cloud_init) {
		r = read_host_file(c->cloud_init, USER_DATA_MAX, &ret->user_data, e);
		if (r == 0 && !ret->user_data.len)
			r = zerr_as(e, ZERR_USAGE, "%s: empty", c->cloud_init);
		if (r == 0)
			check_user_data(c->cloud_init, &ret->user_data);
	}
	return r;
}

void first_use_done(struct first_use *f)
{
	buf_done(&f->keys);
	buf_done(&f->user_data);
}

bool first_use_any(const struct first_use *f)
{
	return f->hash || f->keys.len || f->user_data.p;
}

/* ---- the configuration ----------------------------------------------------------------------- */

static int put(struct buf *conf, const char *id, const void *data, size_t len, struct zerr *e)
{
	AUTO_FREE char *key = str_fmt("credential.%s", id);
	AUTO_BUF struct buf value = { 0 };
	bool changed;

	if (!key || conf_credential_text(data, len, &value) < 0)
		return zerr_code(e, ENOMEM, "credential %s", id);
	return conf_edit(conf, key, value.p ? value.p : "", &changed, e);
}

/* "ID=VALUE", or with @from_file "ID:PATH". */
static int put_given(struct buf *conf, const char *given, bool from_file, struct zerr *e)
{
	AUTO_FREE char *id = strdup(given);
	AUTO_BUF struct buf data = { 0 };
	char *mark = id ? strchr(id, from_file ? ':' : '=') : NULL;

	if (!mark || mark == id)
		return zerr_as(e, ZERR_USAGE,
			       from_file ? "--load-credential %s: not ID:PATH"
					 : "--credential %s: not ID=VALUE",
			       given);
	*mark++ = '\0';
	if (!from_file)
		return put(conf, id, mark, strlen(mark), e);
	const int r = read_host_file(mark, CREDENTIAL_MAX / 4 * 3 - 16, &data, e);
	return r < 0 ? r : put(conf, id, data.p ? data.p : "", data.len, e);
}

int first_use_credentials(const struct zone_create *c, const struct first_use *f, struct buf *conf,
			  struct zerr *e)
{
	int r = 0;

	/* names by systemd.system-credentials(7) */
	if (f->keys.len)
		r = put(conf, "ssh.authorized_keys.root", f->keys.p, f->keys.len, e);
	if (r == 0 && f->hash)
		r = put(conf, "passwd.hashed-password.root", f->hash, strlen(f->hash), e);
	for (size_t i = 0; c->credentials && i < c->credentials->n && r == 0; i++)
		r = put_given(conf, c->credentials->v[i], false, e);
	for (size_t i = 0; c->load_credentials && i < c->load_credentials->n && r == 0; i++)
		r = put_given(conf, c->load_credentials->v[i], true, e);
	return r;
}

/* ---- inside ---------------------------------------------------------------------------------- */

/* What cloud-init reads before it asks any network; its documentation calls it NoCloud. What the
 * zone is called, and its id, are written beside it at each start (identity.c). */
static int write_seed(const struct first_use *f, struct zerr *e)
{
	AUTO_CLOSE int root = fs_open_dir("/", e);
	AUTO_CLOSE int dir = root < 0 ? root : fs_subdirs(root, &IDENTITY_SEED[1], 0755, e);
	int r = dir;

	if (r >= 0)
		r = fs_write(dir, "user-data", f->user_data.p, f->user_data.len, 0600, false, e);
	if (r == 0)
		r = fs_write(dir, "meta-data", IDENTITY_MARKER, strlen(IDENTITY_MARKER), 0644,
			     false, e);
	if (r == 0 && access("/usr/bin/cloud-init", F_OK) < 0)
		log_warn(
			"there is no cloud-init in this root: nothing will read what it was given");
	return r;
}

int first_use_write(void *arg, struct zerr *e)
{
	const struct first_use *f = arg;
	int r = 0;

	if (f->hash)
		r = zerr_in(e, accounts_set_hash("root", f->hash, e), "password");
	if (r == 0 && f->keys.len)
		r = zerr_in(e, accounts_add_keys("root", f->keys.p, e), "ssh key");
	if (r == 0 && f->user_data.p)
		r = zerr_in(e, write_seed(f, e), "cloud-init");
	return r;
}
