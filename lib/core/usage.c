/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of what is read from which file (Documentation/admin-guide/cgroup-v2.rst). Read by
 * descriptor and not through libcgroup, which reads every file of a group to give one value:
 * top looks at hundreds of groups each second.
 */
#include "core/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "core/cgroup.h"

#define US 1000 /* microseconds to nanoseconds */

#define F(member) offsetof(struct zone_usage, member)

static const char *const file_names[USAGE_FILES] = {
	[FILE_CPU_STAT] = "cpu.stat",
	[FILE_MEMORY_CURRENT] = "memory.current",
	[FILE_MEMORY_MAX] = "memory.max",
	[FILE_MEMORY_PEAK] = "memory.peak",
	[FILE_MEMORY_SWAP_CURRENT] = "memory.swap.current",
	[FILE_MEMORY_SWAP_MAX] = "memory.swap.max",
	[FILE_MEMORY_STAT] = "memory.stat",
	[FILE_MEMORY_EVENTS] = "memory.events",
	[FILE_PIDS_CURRENT] = "pids.current",
	[FILE_PIDS_MAX] = "pids.max",
	[FILE_IO_STAT] = "io.stat",
	[FILE_CPU_PRESSURE] = "cpu.pressure",
	[FILE_MEMORY_PRESSURE] = "memory.pressure",
	[FILE_IO_PRESSURE] = "io.pressure",
};

static const struct field {
	enum usage_file file;
	const char *line; /* only in the line that begins so; NULL: anywhere */
	const char *key;  /* "key value" or "key=value", summed over lines; NULL: all of the file */
	size_t off;
	enum usage_level level;
	unsigned scale;
} fields[] = {
	/* one file's rows stand together: it is read once; the first has its lowest level */
	{ FILE_CPU_STAT, NULL, "usage_usec", F(cpu_ns), USAGE_ROW, US },
	{ FILE_CPU_STAT, NULL, "user_usec", F(cpu_user_ns), USAGE_DETAILS, US },
	{ FILE_CPU_STAT, NULL, "system_usec", F(cpu_system_ns), USAGE_DETAILS, US },
	{ FILE_CPU_STAT, NULL, "nr_periods", F(cpu_periods), USAGE_DETAILS, 1 },
	{ FILE_CPU_STAT, NULL, "nr_throttled", F(cpu_throttled_periods), USAGE_DETAILS, 1 },
	{ FILE_CPU_STAT, NULL, "throttled_usec", F(cpu_throttled_ns), USAGE_DETAILS, US },
	{ FILE_MEMORY_CURRENT, NULL, NULL, F(memory), USAGE_ROW, 1 },
	{ FILE_MEMORY_MAX, NULL, NULL, F(memory_max), USAGE_TOP, 1 },
	{ FILE_MEMORY_PEAK, NULL, NULL, F(memory_peak), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_SWAP_CURRENT, NULL, NULL, F(memory_swap), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_SWAP_MAX, NULL, NULL, F(memory_swap_max), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "anon", F(memory_anon), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "file", F(memory_file), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "shmem", F(memory_shmem), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "kernel", F(memory_kernel), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "file_mapped", F(memory_mapped), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "file_dirty", F(memory_dirty), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "file_writeback", F(memory_writeback), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_STAT, NULL, "unevictable", F(memory_unevictable), USAGE_DETAILS, 1 },
	{ FILE_MEMORY_EVENTS, NULL, "oom_kill", F(oom_kills), USAGE_DETAILS, 1 },
	{ FILE_PIDS_CURRENT, NULL, NULL, F(pids), USAGE_ROW, 1 },
	{ FILE_PIDS_MAX, NULL, NULL, F(pids_max), USAGE_TOP, 1 },
	{ FILE_IO_STAT, NULL, "rbytes", F(io_read), USAGE_TOP, 1 },
	{ FILE_IO_STAT, NULL, "wbytes", F(io_written), USAGE_TOP, 1 },
	{ FILE_IO_STAT, NULL, "rios", F(io_reads), USAGE_DETAILS, 1 },
	{ FILE_IO_STAT, NULL, "wios", F(io_writes), USAGE_DETAILS, 1 },
	{ FILE_CPU_PRESSURE, "some ", "total", F(cpu_some_ns), USAGE_TOP, US },
	{ FILE_MEMORY_PRESSURE, "some ", "total", F(memory_some_ns), USAGE_TOP, US },
	{ FILE_MEMORY_PRESSURE, "full ", "total", F(memory_full_ns), USAGE_DETAILS, US },
	{ FILE_IO_PRESSURE, "some ", "total", F(io_some_ns), USAGE_TOP, US },
	{ FILE_IO_PRESSURE, "full ", "total", F(io_full_ns), USAGE_DETAILS, US },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

void usage_clear(struct zone_usage *u)
{
	memset(u, 0xff, sizeof(*u)); /* UINT64_MAX each */
}

/* The number behind @key, summed over all places where it stands as a word. */
static uint64_t keyed(const char *text, const char *key)
{
	const size_t len = strlen(key);
	uint64_t sum = UINT64_MAX;

	for (const char *p = text; (p = strstr(p, key)); p += len) {
		unsigned long long v;

		if ((p != text && !strchr(" \n", p[-1])) || (p[len] != ' ' && p[len] != '=') ||
		    sscanf(p + len + 1, "%llu", &v) != 1)
			continue;
		sum = sum == UINT64_MAX ? v : sum + v;
	}
	return sum;
}

static uint64_t value(const struct field *f, char *text)
{
	uint64_t n;

	if (!f->key) {
		text[strcspn(text, "\n")] = '\0';
		return parse_u64(text, UINT64_MAX, &n) < 0 ? UINT64_MAX : n; /* "max" */
	}
	if (!f->line)
		return keyed(text, f->key);
	char *line = strstr(text, f->line), *end = line ? strchr(line, '\n') : NULL;
	if (end)
		*end = '\0';
	n = line ? keyed(line, f->key) : UINT64_MAX;
	if (end)
		*end = '\n';
	return n;
}

/* ---- files ----------------------------------------------------------------------------------- */

void usage_open(struct usage_files *u, int group, enum usage_level level)
{
	memset(u->fd, -1, sizeof(u->fd));
	u->group = group;
	u->level = level;
	for (size_t i = 0; i < FIELDS; i++) {
		const enum usage_file f = fields[i].file;

		if ((i && fields[i - 1].file == f) || fields[i].level > level)
			continue;
		u->fd[f] = openat(group, file_names[f], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
}

void usage_close(struct usage_files *u)
{
	for (size_t n = 0; n < USAGE_FILES; n++)
		u->fd[n] = own_close(u->fd[n]);
}

static bool read_text(int fd, char *text, size_t size)
{
	const ssize_t n = fd < 0 ? -1 : pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

void usage_read(const struct usage_files *u, struct zone_usage *ret)
{
	char text[8192];
	bool there = false;

	usage_clear(ret);
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];

		if (!i || fields[i - 1].file != f->file)
			there = read_text(u->fd[f->file], text, sizeof(text));
		if (f->level > u->level || !there)
			continue;
		const uint64_t v = value(f, text);
		const uint64_t scaled = v == UINT64_MAX ? v : v * f->scale;
		memcpy((char *)ret + f->off, &scaled, sizeof(scaled));
		/* an empty io.stat is of a group that has read and written nothing */
		if (v == UINT64_MAX && f->file == FILE_IO_STAT)
			memset((char *)ret + f->off, 0, sizeof(scaled));
	}
	if (ret->pids == UINT64_MAX)
		ret->pids = cg_pids(u->group, NULL, 0);
}

void usage_look(int group, enum usage_level level, struct zone_usage *ret)
{
	struct usage_files u;

	usage_open(&u, group, level);
	usage_read(&u, ret);
	usage_close(&u);
}
