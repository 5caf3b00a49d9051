/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several directories stacked into one tree, the top one writable, all of them idmapped. */
#pragma once

#include "storage/storage.h"

struct layers {
	int lower;    /* directory, or (lower_fresh) a mount that nobody else has; borrowed */
	int writable; /* directory with upper/ (layers_make()), or -1: none; borrowed */
	bool lower_fresh;
};

/* How the layers reach the kernel; what it can do depends on its version. */
enum layers_way {
	LAYERS_ANY,	  /* the first of the others that works */
	LAYERS_PATHS,	  /* detached trees, by /proc/self/fd: 6.5 */
	LAYERS_FDS,	  /* detached trees, by descriptor: 6.13 */
	LAYERS_NAMESPACE, /* attached in a mount namespace of a helper's own: 6.1 */
};

/* Make upper/ in @dir with the attributes of @lower (the root of the stack shows those of upper/).
 * One that is there is kept. Crash-safe. */
int layers_make(int dir, int lower, struct zerr *e);

/* The stack as a detached, private tree: an owned fd. work/ beside upper/ is made, or emptied when
 * something was left in it. A throw-away layer (@a->scratch) is made and put on top; what lies
 * under that, or under @a->readonly, is never written. */
int layers_mount(const struct layers *l, const struct volume_attach *a, enum layers_way way,
		 struct zerr *e);
