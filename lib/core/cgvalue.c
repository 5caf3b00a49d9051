/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only user of libcgroup, a module of its own. */
#include "core/cgvalue.h"

#include <libcgroup.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

static void free_group(struct cgroup **g)
{
	if (*g)
		cgroup_free(g);
}
#define AUTO_GROUP __attribute__((cleanup(free_group)))

/* The magic number of the file system that has @controller; 0: none. */
static long hierarchy(const char *controller)
{
	struct statfs fs = { 0 };
	char *path = NULL;

	if (cgroup_init() != 0 || cgroup_get_subsys_mount_point(controller, &path) != 0)
		return 0;
	const bool known = statfs(path, &fs) == 0;
	free(path);
	return known ? (long)fs.f_type : 0;
}

static bool on_v1(const char *controller)
{
	return hierarchy(controller) == CGROUP_SUPER_MAGIC;
}

static int failed(int code, const char *file, struct zerr *e)
{
	if (code == ECGROUPVALUENOTEXIST || code == ECGROUPNOTEXIST || code == ECGROUPNOTMOUNTED)
		return -ENOENT;
	if (code == ECGOTHER)
		return zerr_code(e, cgroup_get_last_errno(), "%s", file);
	return zerr_set(e, EIO, "%s: %s", file, cgroup_strerror(code));
}

static int set(const char *group, const char *controller, const char *file, const char *text,
	       struct zerr *e)
{
	if (hierarchy(controller) != CGROUP2_SUPER_MAGIC)
		return -ENOENT;
	AUTO_GROUP struct cgroup *g = cgroup_new_cgroup(group);
	struct cgroup_controller *c = g ? cgroup_add_controller(g, controller) : NULL;
	if (!c || cgroup_set_value_string(c, file, text) != 0)
		return zerr_code(e, ENOMEM, "%s", file);
	const int code = cgroup_modify_cgroup(g);
	return code ? failed(code, file, e) : 0;
}

static int get(const char *group, const char *controller, const char *file, struct buf *ret,
	       struct zerr *e)
{
	char *text = NULL;

	if (hierarchy(controller) != CGROUP2_SUPER_MAGIC)
		return -ENOENT;
	AUTO_GROUP struct cgroup *g = cgroup_new_cgroup(group);
	if (!g)
		return zerr_code(e, ENOMEM, "%s", file);
	int code = cgroup_get_cgroup(g);
	struct cgroup_controller *c = code ? NULL : cgroup_get_controller(g, controller);
	if (!code)
		code = c ? cgroup_get_value_string(c, file, &text) : ECGROUPNOTEXIST;
	if (code)
		return failed(code, file, e);
	buf_str(ret, text);
	while (ret->len && ret->p[ret->len - 1] == '\n')
		ret->p[--ret->len] = '\0';
	free(text);
	return ret->failed ? zerr_code(e, ENOMEM, "%s", file) : 0;
}

__attribute__((visibility("default"))) const struct cgvalue_ops zone_cgroup = { on_v1, set, get };
