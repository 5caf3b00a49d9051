/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures of what a server says about its images. gpgv does the checking, in a directory of its
 * own. */
#pragma once

#include "image/source.h"

struct sig_keys {
	struct buf ring;   /* binary keyring */
	char *fingerprint; /* the primary key that must have signed; NULL: any in the ring */
	char *cache;	   /* where gpgv's scratch directories go */
};
/* Release what belongs to it. */
void sig_keys_done(struct sig_keys *k);
#define AUTO_KEYS __attribute__((cleanup(sig_keys_done)))

/* Key material for a server that signs: --keyring, else files in env->keys, else what an earlier
 * call got from the keyserver, else the keyserver; all but the first only with the configured
 * fingerprint. */
int sig_keys_open(const struct image_env *env, const struct image_server *server,
		  const struct image_source *src, struct sig_keys *ret, struct zerr *e);
/* 0 when @sig is a good detached signature of @data by one of @k. -EBADMSG with message otherwise.
 */
int sig_check(const struct sig_keys *k, const char *what, const struct buf *data,
	      const struct buf *sig, struct zerr *e);
