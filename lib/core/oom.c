/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Out of memory: the monitor sees a counter move and calls this, which looks up in the kernel's log
 * who it was and tells the events file. The log may have lost it (the kernel limits the rate, and
 * groups killed as a whole are told once): then the event names nobody.
 */
#include "core/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "core/cgroup.h"
#include "core/internal.h"

#define RECORD_MAX  8192 /* the kernel's own limit of a read from /dev/kmsg */
#define VICTIMS_MAX 8	 /* told one by one */

bool oom_parse(const char *line, const char *group, struct oom_victim *ret)
{
	static const char memcg[] = ",task_memcg=", name[] = ",task=", number[] = ",pid=";
	const char *p = strstr(line, ";oom-kill:");
	struct oom_victim v = { 0 };

	p = p ? strstr(p, memcg) : NULL;
	if (!p || !str_starts(p + strlen(memcg), group))
		return false;
	p += strlen(memcg) + strlen(group);
	if (*p != '/' && *p != ',') /* of a zone whose name goes on */
		return false;
	p = strstr(p, name);
	const char *end = p ? strstr(p + strlen(name), number) : NULL;
	if (!end)
		return false;
	p += strlen(name);
	(void)snprintf(v.process, sizeof(v.process), "%.*s", (int)(end - p), p);
	v.pid = atoi(end + strlen(number));
	*ret = v;
	return true;
}

/* The last @max victims of @group that the log has, oldest first. Their number. */
static size_t read_log(const char *group, struct oom_victim *ret, size_t max)
{
	AUTO_CLOSE int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct oom_victim ring[VICTIMS_MAX];
	size_t seen = 0;
	char line[RECORD_MAX];
	ssize_t n;

	/* EPIPE: records were overwritten before they were read; the next are there */
	while (fd >= 0 && ((n = read(fd, line, sizeof(line) - 1)) >= 0 || errno == EPIPE)) {
		line[n > 0 ? n : 0] = '\0';
		if (oom_parse(line, group, &ring[seen % VICTIMS_MAX]))
			seen++;
	}
	const size_t known = seen < VICTIMS_MAX ? seen : VICTIMS_MAX;
	const size_t told = known < max ? known : max;
	for (size_t i = 0; i < told; i++)
		ret[i] = ring[(seen - told + i) % VICTIMS_MAX];
	return told;
}

int internal_oom(int argc, char **argv)
{
	const struct zone_options o = { 0 };
	struct oom_victim v[VICTIMS_MAX];
	struct zone_host *h = NULL;
	struct zerr ignored = { 0 };
	uint64_t fresh;

	if (argc != 4 || parse_u64(argv[2], UINT64_MAX, &fresh) < 0)
		return ZERR_USAGE;
	if (zone_host_open(&o, &h, &ignored) < 0)
		return ZERR_FAILED;
	AUTO_FREE char *path = cg_path(h, argv[1], "payload");
	AUTO_FREE char *group = path ? str_fmt("/%s", path) : NULL;
	const size_t n = group ? read_log(group, v, fresh < VICTIMS_MAX ? fresh : VICTIMS_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		char pid[16];
		const char *const fields[] = { "process", v[i].process, "pid", pid,
					       "kills",	  argv[3],	NULL };

		(void)snprintf(pid, sizeof(pid), "%d", v[i].pid);
		zone_event(h, argv[1], "oom", fields);
	}
	const char *const unnamed[] = { "kills", argv[3], NULL };
	if (n == 0)
		zone_event(h, argv[1], "oom", unnamed);
	zone_host_close(h);
	return ZERR_OK;
}
