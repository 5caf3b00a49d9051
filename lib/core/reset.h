/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clone --reset-identity: what in a root's files says who it is, beyond what every clone changes at
 * its first start. */
#pragma once

#include "core/core.h"

/* Are the host's programs there? 0, or exit status 7. */
int reset_probe(struct zerr *e);
/* In the root of @v, which nobody uses: secrets and ids of its own are removed, ssh host keys made
 * anew, for zone
 * @name. */
int reset_identity(const struct volume *v, const char *name, struct zerr *e);
