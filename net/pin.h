/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network namespaces that must outlive their processes: while an interface of the host is in one,
 * it is mounted on `.net/.pins/NAME` below the run directory, so that whoever cleans up can fetch
 * the interface, whatever was killed before.
 */
#pragma once

#include "base/err.h"
#include "net/net.h"

/* Mount @netns_fd there. */
int pin_put(const struct net_env *env, const char *name, int netns_fd, struct zerr *e);
/* The namespace, or -ENOENT without message. */
int pin_open(const struct net_env *env, const char *name);
/* Let it go; nothing to do is fine. */
int pin_drop(const struct net_env *env, const char *name, struct zerr *e);
