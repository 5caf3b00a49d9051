/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits of a zone's processes: names, defaults, rlimit.NAME. */
#include "core/rlimits.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/own.h"

#define NOFILE_HARD 524288

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

	if (str_eq(text, "unlimited") || str_eq(text, "-1")) {
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

int rlimit_parse(const char *name, const char *value, int *ret_resource, struct rlimit *ret,
		 struct zerr *e)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(names[i].name, name) != 0)
			continue;
		if (parse(value, ret) < 0)
			return zerr_as(e, ZERR_USAGE,
				       "rlimit.%s: '%s' is not N, SOFT:HARD or unlimited", name,
				       value);
		*ret_resource = names[i].resource;
		return 0;
	}
	return zerr_as(e, ZERR_USAGE, "rlimit.%s: no such resource limit", name);
}

bool rlimit_is_ceiling(int resource)
{
	return resource == RLIMIT_MEMLOCK || resource == RLIMIT_MSGQUEUE ||
	       resource == RLIMIT_NPROC || resource == RLIMIT_SIGPENDING;
}

static int refused(const struct pair *p, struct zerr *e)
{
	return zerr_as(e, ZERR_HOST, "rlimit.%s=%s: above the host's own hard limit", p->name,
		       p->value);
}

static int raise_one(const struct pair *p, struct zerr *e)
{
	struct rlimit want, now;
	int resource = 0;
	const int r = rlimit_parse(p->name, p->value, &resource, &want, e);

	if (r < 0)
		return r;
	if (getrlimit(resource, &now) < 0)
		return zerr_sys(e, "rlimit.%s", p->name);
	const rlim_t soft = rlimit_is_ceiling(resource) ? want.rlim_max : now.rlim_cur;
	if (now.rlim_max >= want.rlim_max && now.rlim_cur >= soft)
		return 0;
	if (now.rlim_max < want.rlim_max)
		now.rlim_max = want.rlim_max;
	if (now.rlim_cur < soft)
		now.rlim_cur = soft;
	if (setrlimit(resource, &now) == 0)
		return 0;
	return errno == EPERM ? refused(p, e) : zerr_sys(e, "rlimit.%s=%s", p->name, p->value);
}

int rlimits_raise(const struct pairs *rlimits, struct zerr *e)
{
	struct rlimit files;
	int r = 0;

	/* as systemd gives its services: what opens many asks for more than an old shell may have
	 */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < NOFILE_HARD) {
		files.rlim_max = NOFILE_HARD;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (size_t i = 0; i < rlimits->n && r == 0; i++)
		r = raise_one(&rlimits->v[i], e);
	return r;
}

static int apply(const struct pair *p, struct zerr *e)
{
	struct rlimit want;
	int resource = 0;
	const int r = rlimit_parse(p->name, p->value, &resource, &want, e);

	if (r < 0 || setrlimit(resource, &want) == 0)
		return r;
	return errno == EPERM ? refused(p, e) : zerr_sys(e, "rlimit.%s=%s", p->name, p->value);
}

static void defaults(void)
{
	const struct rlimit core = { 0, RLIM_INFINITY };
	struct rlimit files;

	if (setrlimit(RLIMIT_CORE, &core) < 0) {
		const struct rlimit soft = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &soft); /* lowering both always works */
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur =
			files.rlim_max < 1024 ? files.rlim_max : 1024; /* the kernel's for PID 1 */
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

int rlimits_apply(const struct pairs *rlimits, struct zerr *e)
{
	int r = 0;

	defaults();
	for (size_t i = 0; i < rlimits->n && r == 0; i++)
		r = apply(&rlimits->v[i], e);
	return r;
}

void rlimits_enter(const struct pairs *rlimits)
{
	struct zerr lost = { 0 };

	(void)rlimits_raise(rlimits, &lost); /* still the host's root, if it can */
	defaults();
	for (size_t i = 0; i < rlimits->n; i++)
		(void)apply(&rlimits->v[i], &lost);
}

void oom_score_forget(void)
{
	AUTO_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)!write(fd, "0", 1); /* from above it may be refused; then more is killed, not less */
}

int rlimits_text(const struct pairs *rlimits, struct buf *out)
{
	for (size_t i = 0; i < rlimits->n; i++)
		buf_fmt(out, "%s%s=%s", i ? " " : "", rlimits->v[i].name, rlimits->v[i].value);
	return out->failed ? -ENOMEM : 0;
}

int rlimits_read(const char *text, struct pairs *ret)
{
	AUTO_STRV struct strv words = { 0 };
	int r = text ? strv_split(&words, text, " ") : 0;

	for (size_t i = 0; i < words.n && r == 0; i++) {
		char *eq = strchr(words.v[i], '=');

		if (eq) {
			*eq = '\0';
			r = pairs_set(ret, words.v[i], eq + 1);
		}
	}
	return r;
}
