/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readiness of a running zone. */
#include "core/ready.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/cgroup.h"
#include "core/state.h"

#define QUIET_MS 1000
#define POLL_MS	 50
#define PIDS_MAX 512

/* Does a process other than init have pts/0 of the zone as its terminal? A getty or a shell does.
 */
static bool on_console(const pid_t *pids, size_t n, pid_t init)
{
	for (size_t i = 0; i < n; i++) {
		char path[32], text[512];
		int tty = 0;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pids[i]);
		AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
		const ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		if (len <= 0 || pids[i] == init)
			continue;
		text[len] = '\0';
		const char *p = strrchr(text, ')');
		if (p && sscanf(p, ") %*c %*d %*d %*d %d", &tty) == 1 &&
		    tty == (int)makedev(136, 0))
			return true;
	}
	return false;
}

static bool announces(const struct record *rec)
{
	return str_eq(record_get(rec, "kind"), "systemd");
}

static bool is_marked(const struct zone *z)
{
	return fs_exists(z->run, "ready");
}

bool ready_now(const struct zone *z, const struct record *rec)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };
	pid_t pids[PIDS_MAX];

	if (is_marked(z))
		return true;
	if (announces(rec) || cg_open(z->h, z->name, &cg, &ignored) < 0)
		return false;
	const uint64_t up = now_boot_ns() - record_u64(rec, "started_ns", 0);
	size_t n = cg_pids(cg.payload, pids, PIDS_MAX);
	return up > 10ULL * 1000000000 ||
	       on_console(pids, n < PIDS_MAX ? n : PIDS_MAX, (pid_t)record_u64(rec, "pid", 0));
}

static void mark(struct zone *z)
{
	AUTO_CLOSE int fd = fs_open_below(z->run, "ready", O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd >= 0) /* of two that wait one makes it and says so */
		zone_event(z->h, z->name, "ready", NULL);
}

/* One look at an init that announces nothing; the set of pids is remembered as a sum. */
struct quiet {
	uint64_t sum;
	int64_t since;
};

static bool looks_ready(struct zone *z, const struct record *rec, struct quiet *q)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };
	pid_t pids[PIDS_MAX];
	uint64_t sum = 0;

	if (cg_open(z->h, z->name, &cg, &ignored) < 0)
		return false;
	size_t n = cg_pids(cg.payload, pids, PIDS_MAX);
	n = n < PIDS_MAX ? n : PIDS_MAX;
	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)pids[i] * (uint64_t)pids[i];
	if (sum != q->sum || !q->since)
		*q = (struct quiet){ sum, now_ms() };
	return on_console(pids, n, (pid_t)record_u64(rec, "pid", 0)) ||
	       now_ms() - q->since >= QUIET_MS;
}

static int too_late(const struct zone *z, int timeout_ms, struct zerr *e)
{
	zerr_set(e, ETIMEDOUT, "not ready after %d s; it goes on running", timeout_ms / 1000);
	return zerr_hint(e, -ETIMEDOUT, "zone console --log %s", z->name);
}

static int ended(struct zerr *e)
{
	return zerr_set(e, ECHILD, "the zone ended before it was ready");
}

int ready_wait(struct zone *z, int timeout_ms, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	const int64_t deadline = now_ms() + timeout_ms;
	struct quiet q = { 0 };
	char path[32], scrap[4096];

	if (record_load(&rec, z->run, "state", STATE_FORMAT, e) < 0)
		return ended(e);
	AUTO_CLOSE int pidfd = state_pidfd(&rec, "pid");
	AUTO_CLOSE int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch < 0 || inotify_add_watch(watch, fs_fd_path(z->run, path), IN_CREATE) < 0)
		return zerr_sys(e, "watch for readiness");
	const bool waits = announces(&rec);
	while (!is_marked(z)) {
		struct pollfd p[] = { { .fd = watch, .events = POLLIN },
				      { .fd = pidfd, .events = POLLIN } };
		const int64_t left = timeout_ms < 0 ? INT32_MAX : deadline - now_ms();

		if (pidfd < 0 || (poll(p, 2, 0) >= 0 && p[1].revents))
			return ended(e);
		if (!waits && looks_ready(z, &rec, &q)) {
			mark(z);
			break;
		}
		if (left <= 0)
			return too_late(z, timeout_ms, e);
		const int64_t most = waits ? INT32_MAX : POLL_MS;
		(void)poll(p, 2, (int)(left < most ? left : most));
		(void)!read(watch, scrap, sizeof(scrap));
		if (steps_check(e) < 0)
			return -EINTR;
	}
	return 0;
}
