/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libcgroup, for what it is good at here: knowing which hierarchy a controller is bound to. It
 * works on v1 mounts without a word, so it is asked before it would be trusted, and never on the
 * start, exec, stop and ls paths (0.84 ms to initialise). */
#pragma once

#include <stdbool.h>

/* True when @controller is mounted with cgroup v1. False too when libcgroup cannot tell. */
bool cgvalue_on_v1(const char *controller);

/* What the module zone-cgroup.so exports as zone_cgroup_on_v1. */
typedef bool cgvalue_on_v1_fn(const char *controller);
cgvalue_on_v1_fn zone_cgroup_on_v1;
