/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports of the host that lead to zones: elements of the maps of table.h, one for each port of each
 * family. What a zone has is kept in `.net/.forwards/ZONE` below the run directory, so that taking
 * it back needs nothing else.
 */
#pragma once

#include "conf/conf.h"
#include "net/net.h"

/* Put back what the records say, for all zones; what is there is fine. */
int forward_restore(const struct net_env *env, struct zerr *e);
/* Who listens on @f's port of the host: "nginx (pid 7)", owned by the caller; NULL: nobody. */
int forward_holder(const struct forward *f, char **ret, struct zerr *e);
