/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones without a network namespace of their own: they have the host's (net.NIC.type = host), or
 * that of another zone (zone). They can use its interfaces, and change nothing about them. */
#pragma once

#include "core/boot.h"

/* What @spec says; *@ret_zone (may be NULL) is the other zone's name, of @spec. Usage error for
 * what only goes with a network of its own. */
int share_check(const struct zone_spec *spec, enum net_share *ret, const char **ret_zone,
		struct zerr *e);
/* Load the running zone @name, which is not @self. Exit status 3 or 4. */
int share_load(struct zone_host *h, const char *self, const char *name, struct zone *ret,
	       struct zerr *e);

/* Fill b->share, and take from b->caps what would let the zone change what is not its own. */
int share_look(struct boot *b, struct zerr *e);
/* What is cloned until share_end() is in the namespace that the zone is to have; for one of its own
 * nothing is done. After a failure only share_end() may follow. */
int share_begin(struct boot *b, struct zerr *e);
/* Back. */
int share_end(struct boot *b, struct zerr *e);
