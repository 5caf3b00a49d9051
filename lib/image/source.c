/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server in force and what is known about its key. image.conf has lines `key = value`: server,
 * fingerprint (of the server's key, or `none`) and keyserver.
 */
#include "image/source.h"

#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/own.h"

#define DEFAULT_SERVER	    "https://images.linuxcontainers.org"
#define DEFAULT_FINGERPRINT "E7FB0CAEC8173D669066514CBAEFF88C22F6E216"
#define DEFAULT_KEYSERVER   "https://keyserver.ubuntu.com"
#define CONF_MAX	    65536

#define DIGITS "0123456789"
#define ALNUM  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

void image_server_done(struct image_server *s)
{
	free(s->url);
	free(s->dir);
	free(s->fingerprint);
	free(s->keyserver);
	*s = (struct image_server){ 0 };
}

void image_conf_done(struct image_conf *c)
{
	free(c->server);
	free(c->fingerprint);
	free(c->keyserver);
	*c = (struct image_conf){ 0 };
}

/* ---- image.conf ----------------------------------------------------------------------------- */

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	for (size_t n = strlen(s); n > 0 && strchr(" \t\r", s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static int conf_line(char *line, const char *where, struct image_conf *c, struct zerr *e)
{
	const struct {
		const char *key;
		char **value;
	} keys[] = {
		{ "server", &c->server },
		{ "fingerprint", &c->fingerprint },
		{ "keyserver", &c->keyserver },
	};
	char *value;

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	value = strchr(line, '=');
	if (!value)
		return zerr_as(e, ZERR_USAGE, "%s: not `key = value`", where);
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	if (strlen(value) > 1 && value[0] == '"' && str_ends(value, "\"")) {
		value[strlen(value) - 1] = '\0';
		value++;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_eq(line, keys[i].key))
			return str_set(keys[i].value, value) < 0 ? zerr_code(e, ENOMEM, "%s", where)
								 : 0;
	return zerr_as(e, ZERR_USAGE, "%s: unknown key %s (server, fingerprint, keyserver)", where,
		       line);
}

int image_conf_parse(const char *text, const char *what, struct image_conf *ret, struct zerr *e)
{
	AUTO_FREE char *copy = NULL;
	struct image_conf c = { 0 };
	unsigned n = 0;
	int r = 0;

	if (str_set(&copy, text) < 0)
		return zerr_code(e, ENOMEM, "%s", what);
	for (char *line, *next = copy; r == 0 && (line = strsep(&next, "\n"));) {
		AUTO_FREE char *where = str_fmt("%s:%u", what, ++n);

		r = conf_line(line, where ? where : what, &c, e);
	}
	if (r < 0)
		image_conf_done(&c);
	else
		*ret = c;
	return r;
}

static int conf_load(const char *path, struct image_conf *ret, struct zerr *e)
{
	AUTO_FREE char *dir = NULL;
	AUTO_BUF struct buf text = { 0 };
	AUTO_CLOSE int dirfd = -1;
	struct zerr missing = { 0 };
	char *slash;
	int r;

	if (!path)
		return 0;
	if (str_set(&dir, path) < 0)
		return zerr_code(e, ENOMEM, "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		return zerr_set(e, EINVAL, "%s: not an absolute path", path);
	*slash = '\0';
	dirfd = fs_open_dir(*dir ? dir : "/", &missing);
	if (dirfd < 0 && dirfd != -ENOENT)
		*e = missing;
	if (dirfd < 0)
		return dirfd == -ENOENT ? 0 : dirfd;
	r = fs_read(dirfd, slash + 1, CONF_MAX, &text);
	if (r == -ENOENT || (r == 0 && text.len == 0))
		return 0;
	if (r < 0)
		return zerr_code(e, -r, "%s", path);
	return image_conf_parse(text.p, path, ret, e);
}

/* ---- URLs ----------------------------------------------------------------------------------- */

/* HOST or [V6], then :PORT; both checked, nothing else. */
static bool authority_ok(const char *s)
{
	const size_t host =
		*s == '[' ? strspn(s + 1, "0123456789abcdef:.") + 2 : strspn(s, ALNUM ".-");
	const char *rest = s + host;
	uint64_t port = 1;

	if (host == 0 || host > 100 || *s == '-' || *s == '.')
		return false;
	if (*s == '[' && (host < 4 || host > strlen(s) || s[host - 1] != ']'))
		return false;
	return !*rest || (*rest == ':' && parse_u64(rest + 1, 65535, &port) == 0 && port > 0);
}

/* Lower case for the host, the default port dropped. */
static void authority_canonical(char *s, bool plain)
{
	const char *port = plain ? ":80" : ":443";

	for (char *p = s; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if (str_ends(s, port))
		s[strlen(s) - strlen(port)] = '\0';
}

/* Words between slashes, each as image_path_ok() wants them and without '+', which stands for the
 * slash in the directory's name. */
static bool prefix_words(const char *s, struct buf *ret)
{
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, s, "/") < 0)
		return false;
	for (size_t i = 0; i < words.n; i++) {
		if (words.v[i][0] == '.' || words.v[i][strspn(words.v[i], ALNUM "._~-")])
			return false;
		buf_char(ret, '/');
		buf_str(ret, words.v[i]);
	}
	return !ret->failed && ret->len <= 100;
}

int image_url_parse(const char *text, struct image_server *ret, struct zerr *e)
{
	AUTO_FREE char *host = NULL;
	AUTO_BUF struct buf prefix = { 0 };
	const char *p = text;
	bool plain = false;

	if (strncasecmp(p, "https://", 8) == 0) {
		p += 8;
	} else if (strncasecmp(p, "http://", 7) == 0) {
		p += 7;
		plain = true;
	}
	host = strndup(p, strcspn(p, "/"));
	if (!host)
		return zerr_code(e, ENOMEM, "server");
	if (!authority_ok(host) || !prefix_words(p + strlen(host), &prefix))
		return zerr_as(e, ZERR_USAGE,
			       "server %s: expected [https://|http://]HOST[:PORT][/PREFIX]", text);
	authority_canonical(host, plain);
	*ret = (struct image_server){
		.plain = plain,
		.url = str_fmt("%s://%s%s", plain ? "http" : "https", host,
			       prefix.p ? prefix.p : ""),
		.dir = str_fmt("%s%s", host, prefix.p ? prefix.p : ""),
	};
	if (!ret->url || !ret->dir) {
		image_server_done(ret);
		return zerr_code(e, ENOMEM, "server");
	}
	for (char *c = ret->dir; *c; c++)
		if (*c == '/')
			*c = '+';
	return 0;
}

/* ---- the server in force -------------------------------------------------------------------- */

static int fingerprint_set(struct image_server *s, const char *value, struct zerr *e)
{
	size_t n = 0;

	if (str_eq(value, "none"))
		return 0;
	s->fingerprint = calloc(1, strlen(value) + 1);
	if (!s->fingerprint)
		return zerr_code(e, ENOMEM, "fingerprint");
	for (const char *p = value; *p; p++)
		if (*p != ' ')
			s->fingerprint[n++] = (char)(*p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p);
	if (n != 40 || strspn(s->fingerprint, DIGITS "ABCDEF") != 40)
		return zerr_as(e, ZERR_USAGE, "fingerprint %s: expected 40 hex digits, or none",
			       value);
	return 0;
}

/* The configured fingerprint belongs to the configured server, by whatever spelling it is asked
 * for. */
static int server_resolve(const struct image_conf *c, const char *asked, struct image_server *ret,
			  struct zerr *e)
{
	struct image_server home = { 0 }, keys = { 0 };
	const char *print = c->fingerprint;
	int r = image_url_parse(c->server ? c->server : DEFAULT_SERVER, &home, e);

	if (r == 0)
		r = image_url_parse(c->keyserver ? c->keyserver : DEFAULT_KEYSERVER, &keys, e);
	if (r == 0)
		r = image_url_parse(asked ? asked : home.url, ret, e);
	if (r == 0 && !print && str_eq(home.url, DEFAULT_SERVER))
		print = DEFAULT_FINGERPRINT;
	if (r == 0 && print && str_eq(ret->url, home.url))
		r = fingerprint_set(ret, print, e);
	if (r == 0)
		ret->keyserver = own_take(keys.url);
	image_server_done(&home);
	image_server_done(&keys);
	return r;
}

static int server_policy(const struct image_server *s, const struct image_source *src,
			 struct zerr *e)
{
	const bool key = src->keyring || s->fingerprint;
	int r;

	if (src->require_signature && src->no_verify)
		return zerr_as(e, ZERR_USAGE,
			       "--require-signature and --no-verify exclude each other");
	if (s->plain && (!key || src->no_verify)) {
		r = zerr_as(e, ZERR_USAGE, "%s: without TLS only a signature protects an image",
			    s->url);
		return zerr_hint(e, r, "use https, or give the server's key by --keyring");
	}
	if (src->require_signature && !key) {
		r = zerr_set(e, EPERM,
			     "%s: a signature is required and no key of this server is known",
			     s->url);
		return zerr_hint(e, r, "give its key by --keyring FILE");
	}
	return 0;
}

int image_server_find(const struct image_env *env, const struct image_source *src,
		      struct image_server *ret, struct zerr *e)
{
	struct image_conf conf = { 0 };
	struct image_server s = { 0 };
	int r = conf_load(env->config, &conf, e);

	if (r == 0)
		r = server_resolve(&conf, src->server, &s, e);
	image_conf_done(&conf);
	if (r == 0)
		r = server_policy(&s, src, e);
	if (r < 0)
		image_server_done(&s);
	else
		*ret = s;
	return r;
}

bool image_server_signs(const struct image_server *s, const struct image_source *src)
{
	return (s->fingerprint || src->keyring) && !src->no_verify;
}

int image_server_trust(const struct image_server *s, const struct image_source *src, char **ret,
		       struct zerr *e)
{
	AUTO_FREE char *path = NULL;
	struct stat st;

	*ret = NULL;
	if (!image_server_signs(s, src))
		return 0;
	if (!src->keyring) {
		*ret = str_fmt("key:%s", s->fingerprint);
		return *ret ? 0 : zerr_code(e, ENOMEM, "keyring");
	}
	path = realpath(src->keyring, NULL);
	if (!path || stat(path, &st) < 0)
		return zerr_sys(e, "keyring %s", src->keyring);
	*ret = str_fmt("file:%s:%ju:%jd:%jd.%09ld", path, (uintmax_t)st.st_ino,
		       (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return *ret ? 0 : zerr_code(e, ENOMEM, "keyring");
}
