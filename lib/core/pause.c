/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezing by the cgroup, thawing by a guard. A zone that its administrator froze stays frozen. */
#include "core/pause.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"

#define FREEZE_MS 10000

static int thaw(int knob)
{
	return write(knob, "0", 1) == 1 ? 0 : -errno;
}

static int64_t now_us(void)
{
	return (int64_t)(now_boot_ns() / 1000);
}

static void pause_done(struct pause *p)
{
	cg_close(&p->cg);
	p->knob = own_close(p->knob);
}

int pause_begin(struct pause *p, const struct zone *z, const struct status *s, struct zerr *e)
{
	*p = (struct pause)PAUSE_NONE;
	if (s->state != STATE_RUNNING)
		return 0;
	int r = cg_open(z->h, z->name, &p->cg, e);
	if (r < 0)
		return r == -ENOENT ? zerr_code(e, ENOENT, "cgroup") : r;
	p->knob = fs_open_below(p->cg.payload, "cgroup.freeze", O_WRONLY, 0);
	r = p->knob < 0 ? zerr_code(e, -p->knob, "cgroup.freeze")
			: guard_start(&p->guard, thaw, p->knob, e);
	p->began = now_us();
	if (r == 0)
		r = cg_freeze(p->cg.payload, true, FREEZE_MS, e);
	if (r < 0) {
		(void)guard_end(&p->guard);
		pause_done(p);
	}
	return r;
}

int pause_end(struct pause *p, struct zerr *e)
{
	int r = 0;

	if (p->guard.pid > 0) {
		r = guard_end(&p->guard);
		const int64_t us = now_us() - p->began;

		log_debug("the zone stood still for %lld.%03lld ms", (long long)us / 1000,
			  (long long)us % 1000);
		r = r < 0 ? zerr_code(e, -r, "thaw")
			  : cg_freeze(p->cg.payload, false, FREEZE_MS, e);
	}
	pause_done(p);
	return r;
}
