/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGINT and SIGTERM as a flag that long work asks, so that what was begun can be undone. */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"

/* Catch SIGINT and SIGTERM without SA_RESTART: from now on they only set a flag. */
void steps_catch_signals(void);
/* The signal that arrived, or 0. Long loops (copy, download, unpack) ask it. */
int steps_signal(void);
/* 0, or -EINTR with "interrupted by SIGTERM". */
int steps_check(struct zerr *e);
/* poll(2), but a signal that came before it ends it too. The result of poll, or -1 with EINTR. */
int steps_poll(struct pollfd *p, nfds_t n, int timeout_ms);
/* While held, steps_signal() says 0: undoing is not interrupted. The flag itself is kept. Holds
 * nest. */
void steps_hold_signals(bool hold);
/* Ask @fn instead of the own flag: for a loaded module, which has its own copy of this one. */
void steps_ask_signals(int (*fn)(void));
