/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of OpenPGP as is needed to hand key files to gpgv: armour off, fingerprints read.
 * Checking of signatures is gpgv's business. */
#pragma once

#include "base/str.h"

#define PGP_FINGERPRINT 41 /* 40 upper-case hex digits and a NUL */

/* Append the binary form of a key file (binary, or one or more armoured blocks) to @ret. 0, or
 * -EPROTO when it is neither. */
int pgp_binary(const void *data, size_t len, struct buf *ret);
/* Fingerprints of the primary keys (version 4) in @ring. 0, -EPROTO (damaged), -ENOMEM. */
int pgp_fingerprints(const struct buf *ring, struct strv *ret);
