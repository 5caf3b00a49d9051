/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a new monitor needs from inside of a zone that runs already: made by a child that has become
 * the zone's root, so that whatever the zone has put in the way can only harm the zone. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct adopt_inside {
	int init; /* pidfd */
	bool userns;
	int notify; /* a detached mount with the new socket `notify` in it */
	int sock;   /* where the descriptors go */
};

/* What comes back; -1: it could not be made. */
struct adopt_gift {
	int console; /* master of the new terminal */
	int kmsg;    /* the other end of /proc/kmsg */
	int view;    /* unix-export, for the host */
};
#define ADOPT_NONE         \
	{                  \
		-1, -1, -1 \
	}

/* In the child (base/child.h); @arg is a struct adopt_inside. */
int adopt_inside(void *arg, struct zerr *e);
/* In the parent: what was sent. */
void adopt_receive(int sock, struct adopt_gift *ret);
