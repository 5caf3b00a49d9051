/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGINT and SIGTERM as a flag that long work asks, so that what was begun can be undone. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Catch SIGINT and SIGTERM without SA_RESTART: from now on they only set a flag. */
void steps_catch_signals(void);
/* The signal that arrived, or 0. Long loops (copy, download, unpack) ask it. */
int steps_signal(void);
/* 0, or -EINTR with "interrupted by SIGTERM". */
int steps_check(struct zerr *e);
/* While held, steps_signal() says 0: undoing is not interrupted. The flag itself is kept. Holds
 * nest. */
void steps_hold_signals(bool hold);
/* Ask @fn instead of the own flag: for a loaded module, which has its own copy of this one. */
void steps_ask_signals(int (*fn)(void));
