/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root of a zone from the host's side, as a descriptor; nothing is mounted anywhere. */
#pragma once

#include "core/core.h"

/* The root of a zone that does not run: a detached mount tree, idmapped to @userns (-1: level
 * privileged). fd. */
int rootfd_stopped(const struct zone *z, int userns, bool readonly, struct zerr *e);
/* The root as the init of a running zone sees it; @rec is the state record. O_PATH fd. */
int rootfd_running(const struct record *rec, struct zerr *e);
