/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups of processes that serve zones (a network's dnsmasq): zone/.NAME, beside the groups
 * of zones. Whoever is in one is found and ended by it, whatever became of its pid. */
#pragma once

#include "core/core.h"

/* What net/ gets in its environment; @arg is the host. */
extern const struct net_groups service_groups;
