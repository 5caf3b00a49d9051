/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcgroup, for what it is good at here: values of controllers in a group that exists, and which
 * hierarchy a controller is bound to. It works on v1 mounts without a word, so that is asked before
 * each use; making groups, delegation and everything on the start, exec, stop and ls paths is
 * cgroup.c's (0.84 ms to initialise, and it enables controllers in groups that are not ours). It
 * lives in a module of its own, zone-cgroup.so.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* @group is a path from the root of the hierarchy ("zone/web/payload"), @file one of the files of
 * @controller ("memory", "memory.max"). 0; -ENOENT without message when the controller is not on v2
 * or has no such file there; else -errno with message. */
int cgvalue_set(const char *group, const char *controller, const char *file, const char *text,
		struct zerr *e);
/* The file's text without its last newline, appended. Errors as above. */
int cgvalue_get(const char *group, const char *controller, const char *file, struct buf *ret,
		struct zerr *e);
/* True when @controller is mounted with cgroup v1. False too when libcgroup cannot tell. */
bool cgvalue_on_v1(const char *controller);

/* What the module exports, as one table. */
struct cgvalue_ops {
	bool (*on_v1)(const char *controller);
	int (*set)(const char *group, const char *controller, const char *file, const char *text,
		   struct zerr *e);
	int (*get)(const char *group, const char *controller, const char *file, struct buf *ret,
		   struct zerr *e);
};
extern const struct cgvalue_ops zone_cgroup;
