/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaches the module that uses libcgroup. */
#include <stdint.h>

#include "base/module.h"
#include "core/cgvalue.h"

bool cgvalue_on_v1(const char *controller)
{
	struct zerr ignored = { 0 };
	cgvalue_on_v1_fn *const fn = (cgvalue_on_v1_fn *)(uintptr_t)module_symbol(
		"zone-cgroup.so", "zone_cgroup_on_v1", &ignored);

	return fn && fn(controller);
}
