/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detached OpenPGP signatures, made by gpg. */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct signer {
	const char *key;  /* --local-user; NULL: nothing is signed */
	const char *home; /* --homedir; NULL: the user's */
};

/* Sign nothing, to see whether it works. */
int sign_try(const struct signer *s, struct zerr *e);
/* Write @text to @name below @dir, 0644, and beside it, when there is a key, NAME.SUFFIX: its
 * detached, armoured signature. 0, or -errno with message (exit status 7 when gpg is not there). */
int sign_and_write(const struct signer *s, int dir, const char *name, const char *suffix,
		   const struct buf *text, struct zerr *e);
