/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside conf/: one change of a configuration file's text. conf_edit() checks what goes in and
 * comes out. */
#pragma once

#include "conf/conf.h"

#define REWRITE_LABEL "zone.conf" /* in messages; the text may not be in a file yet */

struct edit {
	const char *path;
	const char *value;     /* NULL: remove */
	const struct key *key; /* NULL: remove the whole NIC or mount */
	struct buf *text;      /* what is changed; not empty, and known to parse */
	struct zerr *e;
};

/* Make the change. 0, -ENOENT when there is nothing to remove, -ENOMEM. */
int rewrite(const struct edit *ed);
