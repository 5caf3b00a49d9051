/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cloning into a network namespace that is there already; what the zone must not be able to do
 * there is taken from it before. */
#include "core/share.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/own.h"
#include "core/state.h"

static int refuse_sysctls(const struct zone_spec *spec, struct zerr *e)
{
	for (size_t i = 0; i < spec->sysctls.n; i++)
		if (str_starts(spec->sysctls.v[i].name, "net."))
			return zerr_as(e, ZERR_USAGE,
				       "sysctl.%s: the zone has no network of its own",
				       spec->sysctls.v[i].name);
	return 0;
}

int share_check(const struct zone_spec *spec, enum net_share *ret, const char **ret_zone,
		struct zerr *e)
{
	const struct nic_spec *shared = NULL, *link = NULL;

	for (size_t i = 0; i < spec->nics_n; i++) {
		const struct nic_spec *n = &spec->nics[i];

		if (net_share(n) == NET_OWN) {
			link = net_has_link(n) ? n : link;
			continue;
		}
		link = shared ? shared : link;
		shared = n;
	}
	*ret = shared ? net_share(shared) : NET_OWN;
	if (!shared)
		return 0;
	if (link)
		return zerr_as(e, ZERR_USAGE,
			       "net.%s: with type %s, the zone can have no other interface (%s)",
			       shared->name, shared->type, link->name);
	if (*ret == NET_OF_ZONE && !shared->parent)
		return zerr_as(e, ZERR_USAGE,
			       "net.%s.parent is not set: type zone needs a zone's name",
			       shared->name);
	if (ret_zone)
		*ret_zone = shared->parent;
	return refuse_sysctls(spec, e);
}

int share_load(struct zone_host *h, const char *self, const char *name, struct zone *ret,
	       struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	int r;

	if (str_eq(self, name))
		return zerr_as(e, ZERR_USAGE, "a zone cannot use the network of itself");
	r = zone_load(h, name, LOAD_RUN, ret, e);
	if (r == 0)
		r = state_now(ret, &s, e);
	if (r < 0)
		return zerr_in(e, r, "network of zone %s", name);
	if (s.state != STATE_RUNNING && s.state != STATE_FROZEN)
		return zerr_hint(e,
				 zerr_as(e, ZERR_STATE,
					 "zone %s, whose network it is to use, does not run", name),
				 "zone start %s", name);
	return 0;
}

/* The network namespace of zone @name. */
static int open_other(const struct boot *b, const char *name, struct zerr *e)
{
	AUTO_ZONE struct zone other = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_RECORD struct record rec = { 0 };
	int r = share_load(b->z->h, b->z->name, name, &other, e);

	if (r == 0)
		r = record_load(&rec, other.run, "state", STATE_FORMAT, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int ns = state_netns(&rec);
	return ns < 0 ? zerr_as(e, ZERR_STATE, "zone %s has just ended", name) : own_take_fd(&ns);
}

/* Only who owns the namespace may mount it: made here, and put in place by the child. */
static int make_sysfs(struct boot *b, struct zerr *e)
{
	AUTO_CLOSE int ctx = fsopen("sysfs", FSOPEN_CLOEXEC);

	if (ctx < 0 || fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return zerr_sys(e, "sysfs");
	b->gift.tree[TREE_SYS] = fsmount(ctx, FSMOUNT_CLOEXEC,
					 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
						 MOUNT_ATTR_RDONLY);
	return b->gift.tree[TREE_SYS] < 0 ? zerr_sys(e, "sysfs: mount") : 0;
}

int share_look(struct boot *b, struct zerr *e)
{
	const int r = share_check(&b->z->spec, &b->share, &b->share_with, e);

	/* a privileged zone's root is the host's here */
	if (r == 0 && b->share != NET_OWN)
		b->caps &= ~(1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW);
	return r;
}

static int enter_other(struct boot *b, struct zerr *e)
{
	AUTO_CLOSE int other = open_other(b, b->share_with, e);

	if (other < 0)
		return other;
	b->own_netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (b->own_netns < 0 || setns(other, CLONE_NEWNET) < 0)
		return zerr_sys(e, "enter the network of zone %s", b->share_with);
	return 0;
}

int share_begin(struct boot *b, struct zerr *e)
{
	const int r = b->share == NET_OF_ZONE ? enter_other(b, e) : 0;

	return r < 0 || b->share == NET_OWN ? r : make_sysfs(b, e);
}

int share_end(struct boot *b, struct zerr *e)
{
	if (b->own_netns < 0)
		return 0;
	if (setns(b->own_netns, CLONE_NEWNET) < 0)
		return zerr_sys(e, "leave the network of the other zone");
	b->own_netns = own_close(b->own_netns);
	return 0;
}
