/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process was killed for want of memory, from the kernel's log. */
#pragma once

#include <stdbool.h>

struct oom_victim {
	char process[64]; /* its name, as it called itself: not to be trusted */
	int pid;	  /* as the host sees it */
};

/* True when @line, a record of /dev/kmsg, tells of a victim in group @group (with a leading slash,
 * from the root of cgroup v2) or below it. The line is dump_oom_victim()'s of the kernel's
 * mm/oom_kill.c: "oom-kill:constraint=…,task_memcg=GROUP,task=NAME,pid=N,uid=N". */
bool oom_parse(const char *line, const char *group, struct oom_victim *ret);
