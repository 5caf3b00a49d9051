/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link as a port of a bridge. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/nlm.h"

struct port {
	unsigned index;
	const uint8_t *mac; /* the only one that is behind it; NULL: the bridge learns */
	bool isolated;	    /* reaches the bridge itself, but no other such port */
};

/* Set the port up. 0 or -errno. */
int port_set(struct nl *nl, const struct port *p, struct zerr *e);
