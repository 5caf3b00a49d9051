/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What checkconfig tries of cgroup v2, on a group that is made for it and removed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/cgroup.h"
#include "core/cgvalue.h"
#include "core/check.h"
#include "core/devices.h"

void check_cgroup(struct finding *f)
{
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };

	if (cg_root(&h, &e) < 0)
		SAY(f, CHECK_MISSING, "%.120s; %.100s", e.msg, e.hint);
	else
		SAY(f, CHECK_OK, "at %.200s", h.cgroup_path);
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}

void check_controllers(struct finding *f)
{
	static const char *const wanted[] = { "cpu", "cpuset", "io", "memory", "pids" };
	AUTO_BUF struct buf have = { 0 }, lacking = { 0 };
	AUTO_STRV struct strv names = { 0 };
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };

	if (cg_root(&h, &e) == 0 && fs_read(h.cgroup, "cgroup.controllers", 4096, &have) == 0 &&
	    have.p)
		(void)strv_split(&names, have.p, " \n");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strv_has(&names, wanted[i]))
			buf_fmt(&lacking, " %s%s", wanted[i],
				cgvalue_on_v1(wanted[i]) ? " (bound to v1)" : "");
	if (lacking.len)
		SAY(f, CHECK_LIMITED,
		    "missing on v2:%s; limits of these are refused: boot with cgroup_no_v1=all",
		    lacking.p);
	else
		SAY(f, CHECK_OK, "cpu cpuset io memory pids");
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}

/* A child that waits for its end, in the group @fd. */
static pid_t put_into(int fd)
{
	struct clone_args a = { .flags = CLONE_INTO_CGROUP,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)fd };
	const pid_t pid = sys_clone3(&a);

	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

/* All that a zone's life needs of its group, on one that is made for it. */
static int try_group(int fd, struct zerr *e)
{
	const struct device_rule none = { 'c', DEVICE_READ, 1, 3 };
	const pid_t pid = put_into(fd);
	int r = pid < 0 ? zerr_sys(e, "start a process in a group") : 0;

	if (r == 0)
		r = cg_freeze(fd, true, 2000, e);
	if (r == 0)
		r = zerr_in(e, devices_attach(fd, &none, 1, e), "devices");
	if (pid > 0) {
		struct zerr ignored = { 0 };

		if (cg_kill(fd, r < 0 ? &ignored : e) < 0) {
			(void)kill(pid, SIGKILL);
			r = r < 0 ? r : -e->code;
		}
		(void)waitpid(pid, NULL, 0);
	}
	return r;
}

void check_groups(struct finding *f)
{
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };
	char name[32];
	int r = cg_root(&h, &e);

	(void)snprintf(name, sizeof(name), "zone-check.%d", (int)getpid());
	AUTO_CLOSE int fd = r < 0 ? r : fs_subdir(h.cgroup, name, 0755, &e);
	if (fd >= 0) {
		r = try_group(fd, &e);
		for (int tries = 0; unlinkat(h.cgroup, name, AT_REMOVEDIR) < 0 && tries < 500;
		     tries++)
			(void)usleep(2000);
	}
	if (fd < 0 || r < 0)
		SAY(f, CHECK_MISSING, "%.200s", e.msg);
	else
		SAY(f, CHECK_OK, "clone into, freeze, kill, device program");
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}

void check_swap(struct finding *f)
{
	struct zone_host h = { .cgroup = -1 };
	struct zerr e = { 0 };
	AUTO_STRV struct strv groups = { 0 };
	bool there = false;

	if (cg_root(&h, &e) == 0 && cg_children(h.cgroup, &groups) == 0)
		for (size_t i = 0; i < groups.n && !there; i++) {
			AUTO_CLOSE int fd =
				fs_open_below(h.cgroup, groups.v[i], O_RDONLY | O_DIRECTORY, 0);

			there = fd >= 0 && fs_exists(fd, "memory.swap.max");
		}
	if (there)
		SAY(f, CHECK_OK, "limits.swap works");
	else
		SAY(f, CHECK_LIMITED,
		    "limits.swap is refused: the memory controller is not on v2, or boot with "
		    "swapaccount=1");
	(void)own_close(h.cgroup);
	free(h.cgroup_path);
}
