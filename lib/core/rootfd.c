/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Roots of zones as descriptors, for those who copy files or write accounts there. */
#include "core/rootfd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/state.h"

static int write_map(pid_t pid, const char *file, uid_t base)
{
	char path[64], map[48];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	(void)snprintf(map, sizeof(map), "0 %u %u\n", base, ID_RANGE);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, map, strlen(map)) < 0 ? -errno : 0;
}

int rootfd_userns(uid_t base, struct zerr *e)
{
	struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	char path[64];
	int r, ns = -1;

	const pid_t pid = sys_clone3(&a);
	if (pid < 0)
		return zerr_sys(e, "user namespace");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	r = write_map(pid, "uid_map", base);
	if (r == 0)
		r = write_map(pid, "gid_map", base);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	if (r == 0 && (ns = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		r = -errno;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r < 0 ? zerr_code(e, -r, "user namespace: map") : ns;
}

int rootfd_stopped(const struct zone *z, int userns, struct zerr *e)
{
	struct volume v;
	const int r = zone_volume(z, &v, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int image = v.image;
	const struct volume_attach a = {
		.userns = userns, .base = zone_base(z), .scratch = -1, .snap = -1
	};
	return v.ops->attach(&v, &a, e);
}

int rootfd_running(const struct record *rec, struct zerr *e)
{
	AUTO_CLOSE int init = state_pidfd(rec, "pid");
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)record_u64(rec, "pid", 0));
	AUTO_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (init < 0 || root < 0 || sys_pidfd_send_signal(init, 0) < 0) /* still the same process */
		return zerr_as(e, ZERR_STATE, "the zone has just ended");
	return own_take_fd(&root);
}
