/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sysctl.NAME: parameters of the zone's own namespaces. */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* Write one below /proc/sys of the caller's namespaces, with the caller's rights: as root of the
 * zone, so that one which belongs to the host is refused by the kernel. With @old what it held
 * before is appended. 0 or -errno with message. */
int sysctl_write(const char *name, const char *value, struct buf *old, struct zerr *e);
