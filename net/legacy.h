/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iptables that are not kept in nftables: where they drop, no rule of ours helps. */
#pragma once

#include <stdbool.h>

/* Whether the policy of table filter for what is forwarded is to drop; @family AF_INET or AF_INET6.
 * A kernel or namespace without such a table does not. */
bool legacy_drops(int family);
