/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits of a zone's processes: the defaults of a first process, and rlimit.NAME. */
#pragma once

#include "conf/spec.h"

/* In the starter, before the zone's namespaces are made: only the host's root can raise hard
 * limits, and four of them (memlock, msgqueue, nproc, sigpending) become ceilings of all of the
 * zone. Exit status 7 where it may not. */
int rlimits_raise(const struct pairs *rlimits, struct zerr *e);
/* In the process that is about to become one of the zone's: the kernel's defaults for a first
 * process, core 0, then @rlimits ("N", "SOFT:HARD", "unlimited"). */
int rlimits_apply(const struct pairs *rlimits, struct zerr *e);

/* The same for a command that enters a running zone: what its caller may not have is left out. */
void rlimits_enter(const struct pairs *rlimits);

/* Whoever calls may be spared by the kernel when memory is short (a service of the host, sshd): a
 * zone must not inherit that, or its own limit could end nothing. Before any namespace is joined.
 */
void oom_score_forget(void);

/* One line for the state record, "nofile=1024:4096 core=0", and back. 0 or -ENOMEM. */
int rlimits_text(const struct pairs *rlimits, struct buf *out);
int rlimits_read(const char *text, struct pairs *ret);

struct rlimit;
/* The RLIMIT_… of @name and the numbers of @value. 0 or a usage error. */
int rlimit_parse(const char *name, const char *value, int *ret_resource, struct rlimit *ret,
		 struct zerr *e);
/* A ceiling of the whole zone, fixed when it starts: RLIMIT_MEMLOCK and its like. */
bool rlimit_is_ceiling(int resource);
