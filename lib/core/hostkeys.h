/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that only the host's administrator gives (zone.conf(5): "host only"), when a configuration
 * comes from elsewhere: a snapshot, an export. */
#pragma once

#include "conf/conf.h"

/* Replace the host-only keys of @text by those of @present (NULL: none); names of what was dropped,
 * "KEY=VALUE", are appended to @dropped (may be NULL). 0 or -errno. */
int hostkeys_replace(struct buf *text, const struct zone_spec *present, struct strv *dropped,
		     struct zerr *e);
/* A note for each of @dropped, with the command that takes it for zone @name. */
void hostkeys_tell(const struct strv *dropped, const char *name);
/* Make @text say of where the root is (root.backend, root.fs, lvm.*) what @place says, and nothing
 * else. */
int hostkeys_rehome(struct buf *text, const struct zone_spec *place, struct zerr *e);
