/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaches the module that uses libcgroup. */
#include "base/module.h"
#include "core/cgvalue.h"

static const struct cgvalue_ops *ops(struct zerr *e)
{
	return module_symbol("zone-cgroup.so", "zone_cgroup", e);
}

int cgvalue_set(const char *group, const char *controller, const char *file, const char *text,
		struct zerr *e)
{
	const struct cgvalue_ops *o = ops(e);

	return o ? o->set(group, controller, file, text, e) : -e->code;
}

int cgvalue_get(const char *group, const char *controller, const char *file, struct buf *ret,
		struct zerr *e)
{
	const struct cgvalue_ops *o = ops(e);

	return o ? o->get(group, controller, file, ret, e) : -e->code;
}

bool cgvalue_on_v1(const char *controller)
{
	struct zerr ignored = { 0 };
	const struct cgvalue_ops *o = ops(&ignored);

	return o && o->on_v1(controller);
}
