/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link as a port of a bridge. */
#pragma once

#include "base/err.h"
#include "net/nlm.h"
#include "net/note.h"

/* Set the port that @n says up: which address is behind it, whom it reaches, which VLANs it is in.
 * 0 or -errno. */
int port_set(struct nl *nl, const struct note *n, struct zerr *e);
