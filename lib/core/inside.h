/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work of ours on the files of a zone, done as the zone's own root with the zone's root as "/": in
 * a child that has no right over the host, so that whatever lies there can at worst harm itself.
 * Nothing of the zone is executed.
 */
#pragma once

#include "base/child.h"
#include "core/core.h"

struct inside {
	int root;   /* the root of a zone that does not run: a detached mount tree, idmapped to */
	int userns; /* this user namespace; -1: level privileged */
};

/* Run @fn there, where plain paths are the zone's, and wait for it. What it returned. */
int inside_run(const struct inside *w, child_fn *fn, void *arg, struct zerr *e);
/* The same for a zone as it is, running or not; the caller holds its lock and has its
 * configuration. */
int inside_zone(const struct zone *z, child_fn *fn, void *arg, struct zerr *e);
