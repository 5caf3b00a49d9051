/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting inside without running anything of the zone: the namespaces of its init are joined, or
 * its root becomes that of a mount namespace of our own. */
#include "core/inside.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"
#include "core/join.h"
#include "core/rootfd.h"
#include "core/state.h"
#include "core/userns.h"

/* All that files need; for level privileged, where they would be the host's. */
#define FILE_CAPS \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID)

struct visit {
	const struct inside *where; /* NULL: it is the root of a running zone that was joined */
	bool privileged;
	child_fn *fn;
	void *arg;
};

static int settle(const struct inside *w, struct zerr *e)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (w->userns >= 0 && setns(w->userns, CLONE_NEWUSER) < 0)
		return zerr_sys(e, "user namespace");
	if (unshare(CLONE_NEWNS) < 0)
		return zerr_sys(e, "mount namespace");
	const int r = mounts_become_root(w->root, e);
	if (r < 0)
		return r;
	return setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0
		       ? zerr_sys(e, "become root of the zone")
		       : 0;
}

static int visit(void *arg, struct zerr *e)
{
	const struct visit *v = arg;
	int r = v->where ? settle(v->where, e) : 0;

	if (r == 0 && v->privileged)
		r = caps_drop(FILE_CAPS, e);
	(void)umask(077);
	return r < 0 ? r : v->fn(v->arg, e);
}

int inside_run(const struct inside *w, child_fn *fn, void *arg, struct zerr *e)
{
	struct visit v = { w, w->userns < 0, fn, arg };

	return child_run(visit, &v, e);
}

static int run_stopped(const struct zone *z, child_fn *fn, void *arg, struct zerr *e)
{
	const uid_t base = zone_base(z);
	AUTO_CLOSE int ns = base ? userns_make(base, e) : -1;
	AUTO_CLOSE int root = base && ns < 0 ? ns : rootfd_stopped(z, ns, false, e);
	const struct inside w = { .root = root, .userns = ns };

	return root < 0 ? root : inside_run(&w, fn, arg, e);
}

int inside_zone(const struct zone *z, child_fn *fn, void *arg, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	int r = state_now(z, &s, e);

	if (r == 0)
		r = state_allows(&s, DO_STORAGE, z->name, e);
	if (r < 0)
		return r;
	if (s.state != STATE_RUNNING && s.state != STATE_FROZEN)
		return run_stopped(z, fn, arg, e);
	struct visit v = { NULL, record_u64(&s.rec, "base", 0) == 0, fn, arg };
	return join_run(&s.rec, CLONE_NEWNS | (v.privileged ? 0 : CLONE_NEWUSER), -1, visit, &v, e);
}
