/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `create` is given so that somebody can use the new zone: keys, a password's hash, a seed for
 * cloud-init. Each goes into the root itself, whatever init there is, and what systemd knows as a
 * credential into the configuration, too. */
#pragma once

#include "core/inside.h"

struct first_use {
	struct buf keys;      /* lines of authorized_keys */
	const char *hash;     /* borrowed */
	struct buf user_data; /* p is NULL when there is none */
};
/* Read and check what @c names. Usage errors say what is wrong; first_use_done() in any case. */
int first_use_load(const struct zone_create *c, struct first_use *ret, struct zerr *e);
void first_use_done(struct first_use *f);
/* Whether there is anything to write. */
bool first_use_any(const struct first_use *f);
/* Append the credentials of @c and @f to the text of a configuration. */
int first_use_credentials(const struct zone_create *c, const struct first_use *f, struct buf *conf,
			  struct zerr *e);
/* Inside: write it. @arg is a struct first_use. */
int first_use_write(void *arg, struct zerr *e);
