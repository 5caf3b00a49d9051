/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the processes of zone@NAME.service tell systemd: the protocol of sd_notify(3), which needs
 * no library. Nothing is said, and nothing is wrong, where there is no such unit. */
#pragma once

#include <stdbool.h>

/* From now on, in this process and those that it becomes: we are the unit of @name. */
void tell_as(const char *name);
/* Whether we are one. */
bool tell_heard(void);
/* "KEY=VALUE", more of them after newlines. */
void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The present step may take so many seconds more. */
void tell_patience(unsigned seconds);
/* Have @fd kept for the next process of the unit, in place of what has that name; -1: of none. */
void tell_keep(const char *name, int fd);
