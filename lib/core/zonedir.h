/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A zone's directory as a whole: cleared after a killed create, thrown away, swept. */
#pragma once

#include "core/core.h"

/* Remove what a killed create or destroy left at the place of @name, which is not in the index.
 * Exit status 4 when a directory is there that zone did not make. */
int zonedir_clear_orphan(struct zone_host *h, const char *name, struct zerr *e);
/* Remove the zone for good: renamed away, index line removed, freed in the background. Journalled:
 * killed anywhere, the same call again finishes it. The caller holds the zone's lock. */
int zonedir_destroy(struct zone *z, struct zerr *e);
/* Free what earlier commands threw away. */
void zonedir_sweep_trash(struct zone_host *h, bool background);
/* Make zone @to from @from's present root (@snap -1) or from its snapshot directory @snap; it gets
 * a name, ids and addresses of its own. The caller holds @from's lock. */
int zonedir_clone(struct zone_host *h, struct zone *from, int snap, const char *to, struct zerr *e);
