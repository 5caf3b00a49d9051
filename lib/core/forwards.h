/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forwarded ports of a zone: forward.PORT of its configuration, in force while it runs. */
#pragma once

#include "core/core.h"

/* Have the running zone (@base generation's links, in @state) have the ports of @spec. Nothing to
 * do is fine. Exit status 4 for a port in use, or without an interface that they could lead to. */
int forwards_apply(struct zone *z, const struct zone_spec *spec, const struct record *state,
		   struct zerr *e);
/* Whether every port of @spec, which is to be zone @name's, is its alone: exit status 4 for one
 * that another zone has, running or not. What cannot be read has none. */
int forwards_check(struct zone_host *h, const char *name, const struct zone_spec *spec,
		   struct zerr *e);
