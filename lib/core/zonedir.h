/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A zone's directory as a whole: cleared after a killed create, thrown away, swept. */
#pragma once

#include "core/core.h"

/* Remove what a killed create or destroy left at the place of @name below @zones (whose path is
 * @path), which is not in the index. Exit status 4 when a directory is there that zone did not
 * make. */
int zonedir_clear_orphan(int zones, const char *path, const char *name, struct zerr *e);
/* Free what the zone in @dir, its snapshots and views have outside of it, before it is removed. */
int zonedir_release(int dir, struct zerr *e);
/* Remove the zone for good: renamed away, index line removed, freed in the background. Journalled:
 * killed anywhere, the same call again finishes it. The caller holds the zone's lock. */
int zonedir_destroy(struct zone *z, struct zerr *e);
/* Where what is thrown away of this zone's path goes. fd or -errno. */
int zonedir_trash(const struct zone *z);
/* Free what earlier commands threw away there. */
void zonedir_sweep_trash(const struct zone *z, bool background);
