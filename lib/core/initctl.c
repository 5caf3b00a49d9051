/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See initctl.h. The protocol is that of initreq.h, as init(8) of sysvinit has it. */
#include "core/initctl.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/join.h"

struct request {
	int32_t magic, command, runlevel, seconds; /* between SIGTERM and SIGKILL */
	char data[368];				   /* of other commands */
};
_Static_assert(sizeof(struct request) == 384, "initreq.h");

#define REQUEST_MAGIC	 0x03091969
#define REQUEST_RUNLEVEL 1

static bool is_fifo(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Inside. What lies there is the zone's: it is looked at before it is opened, and again. */
static int ask(void *ctx, struct zerr *e)
{
	static const char *const places[] = { "run/initctl", "dev/initctl" };
	const struct request *q = ctx;
	AUTO_CLOSE int root = fs_open_dir("/", e);

	for (size_t i = 0; root >= 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO_CLOSE int there = fs_open_below(root, places[i], O_PATH, 0);

		if (!is_fifo(there))
			continue;
		AUTO_CLOSE int fd = fs_open_below(root, places[i], O_WRONLY | O_NONBLOCK, 0);
		if (is_fifo(fd) && write(fd, q, sizeof(*q)) == (ssize_t)sizeof(*q))
			return 0;
	}
	return zerr_code(e, ENXIO, "initctl");
}

int initctl_halt(const struct record *rec)
{
	struct request q = { REQUEST_MAGIC, REQUEST_RUNLEVEL, '0', 5, { 0 } };
	const int user = record_u64(rec, "base", 0) ? CLONE_NEWUSER : 0;
	struct zerr ignored = { 0 };

	return join_run(rec, CLONE_NEWNS | user, -1, ask, &q, &ignored);
}
