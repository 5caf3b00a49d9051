/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function in a child: for work that changes ids, namespaces or the root. */
#pragma once

#include "base/err.h"

/* What runs there. What it changes in memory is the child's alone. */
typedef int child_fn(void *arg, struct zerr *e);
/* Fork, run @fn there, wait. What it returned, with its error; -EINTR when it was ended. SIGTERM
 * that only we got (steps_signal()) is passed on, so that it can undo what it has begun. */
int child_run(child_fn *fn, void *arg, struct zerr *e);
