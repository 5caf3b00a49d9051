/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link as a port of a bridge. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "net/nlm.h"
#include "net/note.h"

/* Set the port that @n says up: which address is behind it, whom it reaches, which VLANs it is in.
 * 0 or -errno. */
int port_set(struct nl *nl, const struct note *n, struct zerr *e);
/* The port behind which @bridge is told to find @mac, the bridge itself for its own; 0: none. What
 * it has learnt by itself does not count. 0 or -errno. */
int port_of(struct nl *nl, unsigned bridge, const uint8_t mac[6], unsigned *ret, struct zerr *e);
