/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Roots of zones as descriptors, for those who copy files or write accounts there. */
#include "core/rootfd.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/state.h"

int rootfd_stopped(const struct zone *z, int userns, bool readonly, struct zerr *e)
{
	struct volume v;
	const int r = zone_volume(z, &v, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int image = v.image;
	const struct volume_attach a = { .userns = userns,
					 .base = zone_base(z),
					 .readonly = readonly,
					 .scratch = -1,
					 .snap = -1 };
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
