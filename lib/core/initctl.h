/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a System V init is asked by its own protocol, since what it does on a signal is up to its
 * inittab: Debian's names a script for SIGPWR that it does not have. */
#pragma once

#include "base/record.h"

/* Ask the init of the running zone with the state record @rec for runlevel 0. 0; -ENXIO: it does
 * not listen, or not yet; or another negative errno. */
int initctl_halt(const struct record *rec);
