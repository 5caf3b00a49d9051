/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See userns.h. */
#include "core/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/own.h"
#include "base/sys.h"

int userns_make(uid_t base, struct zerr *e)
{
	char path[64], map[48];
	struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	static const char *const files[] = { "uid_map", "gid_map" };
	int r = 0, ns = -1;

	const pid_t pid = sys_clone3(&a);
	if (pid < 0)
		return zerr_sys(e, "user namespace");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	(void)snprintf(map, sizeof(map), "0 %u %u\n", base, ID_RANGE);
	for (int i = 0; i < 2 && r == 0; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			r = zerr_sys(e, "user namespace: map");
	}
	if (r == 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		r = ns < 0 ? zerr_sys(e, "user namespace") : 0;
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r < 0 ? r : ns;
}
