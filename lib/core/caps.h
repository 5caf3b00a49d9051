/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of what runs in a zone: which ones by level and configuration, and giving up the
 * rest. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/spec.h"

/* The set (bit N: capability N) for @level with the names in @add and @drop ("net_admin",
 * "CAP_NET_ADMIN"; either may be NULL) applied, drop last. A usage error names an unknown one, and
 * refuses those that no privileged zone may have (sys_module, sys_rawio, sys_time). Parent side. */
int caps_mask(enum security_level level, const struct strv *add, const struct strv *drop,
	      uint64_t *ret, struct zerr *e);

/* Leave the caller with @mask at most: bounding, permitted and effective; inheritable and ambient
 * empty. In the child after setresuid(0) inside its user namespace (needs SETPCAP), and in exec
 * before the change of user. What the caller does not have is left out without an error. */
int caps_drop(uint64_t mask, struct zerr *e);
