/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities, through libcap. caps_mask() is the policy and runs in the parent; caps_drop() runs
 * in the child and only makes less: what is not there already is never asked for. */
#include "core/caps.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/own.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* What a plain init and its services need when mounts and network are made for them. */
#define CAPS_STRICT                                                                        \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) |          \
	 CAP(NET_BIND_SERVICE) | CAP(SETFCAP) | CAP(SETGID) | CAP(SETPCAP) | CAP(SETUID) | \
	 CAP(SYS_BOOT) | CAP(SYS_CHROOT))
#define CAPS_DEFAULT                                                                               \
	(CAPS_STRICT | CAP(DAC_READ_SEARCH) | CAP(IPC_OWNER) | CAP(LEASE) | CAP(LINUX_IMMUTABLE) | \
	 CAP(MKNOD) | CAP(NET_ADMIN) | CAP(NET_BROADCAST) | CAP(NET_RAW) | CAP(SYS_ADMIN) |        \
	 CAP(SYS_NICE) | CAP(SYS_PTRACE) | CAP(SYS_RESOURCE) | CAP(SYS_TTY_CONFIG))
#define CAPS_PRIVILEGED (CAPS_DEFAULT | CAP(MAC_ADMIN) | CAP(SYSLOG) | CAP(WAKE_ALARM))
/* Each of them is the host itself when no user namespace is in between. */
#define CAPS_NEVER (CAP(SYS_MODULE) | CAP(SYS_RAWIO) | CAP(SYS_TIME))

static uint64_t level_mask(enum security_level level)
{
	switch (level) {
	case LEVEL_STRICT:
		return CAPS_STRICT;
	case LEVEL_PRIVILEGED:
		return CAPS_PRIVILEGED;
	case LEVEL_DEFAULT:
	case LEVEL_NESTING:
		break;
	}
	return CAPS_DEFAULT;
}

static void own_cap_name_p(char **name)
{
	if (*name)
		(void)cap_free(*name);
}

/* libcap also takes numbers and whatever follows a blank: only a name that comes back is one. */
static int cap_by_name(const char *name, cap_value_t *ret)
{
	AUTO_FREE char *full =
		strncasecmp(name, "cap_", 4) == 0 ? strdup(name) : str_fmt("cap_%s", name);
	__attribute__((cleanup(own_cap_name_p))) char *back = NULL;

	if (!full)
		return -ENOMEM;
	if (cap_from_name(full, ret) < 0)
		return -EINVAL;
	back = cap_to_name(*ret);
	return back && strcasecmp(back, full) == 0 ? 0 : -EINVAL;
}

static int names_mask(const struct strv *names, uint64_t *ret, struct zerr *e)
{
	*ret = 0;
	for (size_t i = 0; names && i < names->n; i++) {
		cap_value_t cap;
		const int r = cap_by_name(names->v[i], &cap);

		if (r == -ENOMEM)
			return zerr_code(e, ENOMEM, "capability %s", names->v[i]);
		if (r < 0)
			return zerr_as(e, ZERR_USAGE, "unknown capability %s", names->v[i]);
		*ret |= UINT64_C(1) << cap;
	}
	return 0;
}

int caps_mask(enum security_level level, const struct strv *add, const struct strv *drop,
	      uint64_t *ret, struct zerr *e)
{
	uint64_t more, less;
	int r = names_mask(add, &more, e);

	if (r == 0)
		r = names_mask(drop, &less, e);
	if (r < 0)
		return r;
	if (level == LEVEL_PRIVILEGED && (more & CAPS_NEVER))
		return zerr_as(e, ZERR_USAGE,
			       "security.caps_add: no privileged zone may have "
			       "sys_module, sys_rawio or sys_time");
	*ret = (level_mask(level) | more) & ~less;
	return 0;
}

static int drop_bounding(uint64_t mask, struct zerr *e)
{
	for (cap_value_t cap = 0; cap < (cap_value_t)cap_max_bits(); cap++) {
		if (mask >> cap & 1 || cap_get_bound(cap) != 1)
			continue;
		if (cap_drop_bound(cap) < 0)
			return zerr_sys(e, "drop capability %d", cap);
	}
	return 0;
}

static void own_cap_p(cap_t *caps)
{
	(void)cap_free(*caps);
}

#define AUTO_CAP __attribute__((cleanup(own_cap_p)))

static int set_sets(uint64_t mask, struct zerr *e)
{
	AUTO_CAP cap_t now = cap_get_proc();
	AUTO_CAP cap_t want = cap_init();

	if (!now || !want)
		return zerr_sys(e, "read capabilities");
	for (cap_value_t cap = 0; cap < (cap_value_t)cap_max_bits(); cap++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(now, cap, CAP_PERMITTED, &has) < 0)
			return zerr_sys(e, "read capabilities");
		if (has == CAP_CLEAR || !(mask >> cap & 1))
			continue;
		if (cap_set_flag(want, CAP_PERMITTED, 1, &cap, CAP_SET) < 0 ||
		    cap_set_flag(want, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0)
			return zerr_sys(e, "set capability %d", cap);
	}
	return cap_set_proc(want) < 0 ? zerr_sys(e, "set capabilities") : 0;
}

int caps_drop(uint64_t mask, struct zerr *e)
{
	const int r = drop_bounding(mask, e);

	if (r < 0)
		return r;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return zerr_sys(e, "clear ambient capabilities");
	return set_sets(mask, e);
}
