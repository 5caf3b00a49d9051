/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See share.h. */
#include "base/share.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

struct outcome {
	int value;
	struct zerr e;
};

int share_run(int (*fn)(void *ctx, struct zerr *e), void *ctx, struct zerr *e)
{
	struct clone_args a = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
	struct outcome *o =
		mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (o == MAP_FAILED)
		return zerr_sys(e, "map memory");
	o->value = zerr_code(&o->e, EIO, "the child that should do it died");
	const pid_t pid = sys_clone3(&a);
	if (pid == 0) {
		struct zerr said = { 0 };

		r = fn(ctx, &said);
		o->e = said;
		o->value = r;
		_exit(0);
	}
	r = pid < 0 ? zerr_sys(e, "clone") : 0;
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && (r = o->value) < 0)
		*e = o->e;
	(void)munmap(o, sizeof(*o));
	return r;
}
