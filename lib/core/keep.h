/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a monitor cannot be given anew is also in the descriptor store of its unit, so that the one
 * that follows it after an accident has the same terminals: pty masters, the notify socket, init's
 * pidfd. (History is the console's log, on disk.) */
#pragma once

#include "core/boot.h"

/* All of the running zone @b, in place of what was stored. */
void keep_store(const struct boot *b);
/* Of the descriptors that systemd has passed (3 and up, called as in $LISTEN_FDNAMES): those that
 * were stored go to their places in @b, the others are sockets for init. */
int keep_take(struct boot *b, struct zerr *e);
/* Close what was stored. */
void keep_drop(struct boot *b);
