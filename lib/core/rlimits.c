/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits of a zone's processes: names, defaults, rlimit.NAME. */
#include "core/rlimits.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

static const struct name {
	const char *name;
	int resource;
} names[] = {
	{ "as", RLIMIT_AS },
	{ "core", RLIMIT_CORE },
	{ "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },
	{ "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE },
	{ "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },
	{ "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

static int parse_one(const char *text, rlim_t *ret)
{
	uint64_t v;

	if (str_eq(text, "unlimited") || str_eq(text, "infinity")) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	if (parse_size(text, &v) < 0)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int parse(const char *value, struct rlimit *ret)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s", value);
	char *colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
	if (parse_one(text, &ret->rlim_cur) < 0)
		return -EINVAL;
	return parse_one(colon ? colon + 1 : text, &ret->rlim_max);
}

static int apply(const struct pair *p, struct zerr *e)
{
	struct rlimit r;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(names[i].name, p->name) != 0)
			continue;
		if (parse(p->value, &r) < 0)
			return zerr_as(e, ZERR_USAGE,
				       "rlimit.%s: '%s' is not N, SOFT:HARD or unlimited", p->name,
				       p->value);
		if (setrlimit(names[i].resource, &r) == 0)
			return 0;
		if (errno == EPERM)
			return zerr_as(e, ZERR_HOST,
				       "rlimit.%s=%s: the host's own hard limit is lower", p->name,
				       p->value);
		return zerr_sys(e, "rlimit.%s=%s", p->name, p->value);
	}
	return zerr_as(e, ZERR_USAGE, "rlimit.%s: no such resource limit", p->name);
}

int rlimits_apply(const struct zone_spec *s, struct zerr *e)
{
	const struct rlimit core = { 0, RLIM_INFINITY };
	struct rlimit files;
	int r = 0;

	if (setrlimit(RLIMIT_CORE, &core) < 0) {
		const struct rlimit soft = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &soft); /* lowering both always works */
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur =
			files.rlim_max < 1024 ? files.rlim_max : 1024; /* the kernel's for PID 1 */
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (size_t i = 0; i < s->rlimits.n && r == 0; i++)
		r = apply(&s->rlimits.v[i], e);
	return r;
}
