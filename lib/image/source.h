/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where images come from: the server in force, what is known about its key, and the settings in
 * image.conf that decide it. No network. */
#pragma once

#include "image/image.h"

struct image_server {
	char *url;	   /* "https://HOST[:PORT][/PREFIX]", canonical, no slash at the end */
	char *dir;	   /* a file name for it */
	bool plain;	   /* http */
	char *fingerprint; /* of its key, 40 upper-case hex digits; NULL: none configured */
	char *keyserver;   /* URL, no slash at the end */
};

/* The server that @src means: its own, else image.conf's, else the built-in one. Refuses
 * combinations of options that could not hold what they promise (exit status 2; require_signature
 * without a key: 1). */
int image_server_find(const struct image_env *env, const struct image_source *src,
		      struct image_server *ret, struct zerr *e);
void image_server_done(struct image_server *s);
#define AUTO_SERVER __attribute__((cleanup(image_server_done)))

/* A signature is demanded from this server. */
bool image_server_signs(const struct image_server *s, const struct image_source *src);
/* What a good signature is recorded as: the key's fingerprint, or the identity of the keyring file.
 * *@ret is the caller's, NULL when no signature is demanded. */
int image_server_trust(const struct image_server *s, const struct image_source *src, char **ret,
		       struct zerr *e);

/* The two below are for tests and for the above. */

/* "[https://|http://]HOST[:PORT][/PREFIX]" in canonical form. Usage error otherwise. */
int image_url_parse(const char *text, struct image_server *ret, struct zerr *e);
/* Values of image.conf, NULL where missing. */
struct image_conf {
	char *server, *fingerprint, *keyserver;
};
/* Release with image_conf_done(). 0, or a usage error that names file and line. */
int image_conf_parse(const char *text, const char *what, struct image_conf *ret, struct zerr *e);
void image_conf_done(struct image_conf *c);
