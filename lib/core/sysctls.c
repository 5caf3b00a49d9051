/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sysctls.h. Which names are a zone's own is checked with the configuration (conf/check.c). */
#include "core/sysctls.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "base/own.h"
#include "core/join.h"
#include "core/live.h"

int sysctl_write(const char *name, const char *value, struct buf *old, struct zerr *e)
{
	char path[PATH_MAX] = "/proc/sys/", text[4096];
	size_t n = strlen(path);

	/* a dot within a part of the name is written as a slash */
	for (const char *p = name; *p && n + 1 < sizeof(path); p++)
		path[n++] = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	path[n] = '\0';
	AUTO_CLOSE int fd = open(path, (old ? O_RDWR : O_WRONLY) | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return zerr_as(e, ZERR_HOST, "sysctl.%s: this kernel has no such parameter", name);
	const ssize_t had = fd >= 0 && old ? pread(fd, text, sizeof(text), 0) : 0;
	if (fd < 0 || had < 0 || pwrite(fd, value, strlen(value), 0) < 0)
		return zerr_sys(e, "sysctl.%s=%s", name, value);
	if (old)
		buf_add(old, text, (size_t)had);
	return 0;
}

/* All in one child: what was written before one that fails is put back there. */
static int write_all(void *ctx, struct zerr *e)
{
	const struct live *l = ctx;
	const struct pairs *to = &l->to->sysctls;
	AUTO_FREE struct buf *old = calloc(to->n + 1, sizeof(*old));
	size_t n = 0;
	int r = old ? 0 : -ENOMEM;

	for (; n < to->n && r == 0; n++) {
		const char *before = pairs_get(&l->from->sysctls, to->v[n].name);

		if (!str_eq(before, to->v[n].value))
			r = sysctl_write(to->v[n].name, to->v[n].value, &old[n], e);
	}
	while (r < 0 && old && n--) {
		struct zerr lost = { 0 };

		if (old[n].len)
			(void)sysctl_write(to->v[n].name, old[n].p, NULL, &lost);
	}
	return r; /* a child that ends frees nothing */
}

int sysctls_live(const struct live *l, struct zerr *e)
{
	const struct pairs *from = &l->from->sysctls, *to = &l->to->sysctls;
	int flags = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < to->n; i++)
		any |= !str_eq(pairs_get(from, to->v[i].name), to->v[i].value);
	/* what it was before it was set is not known */
	for (size_t i = 0; i < from->n && r == 0; i++)
		if (!pairs_get(to, from->v[i].name))
			r = live_later(l, "sysctl.", from->v[i].name, e);
	if (record_u64(l->state, "base", 0))
		flags |= CLONE_NEWUSER;
	return r == 0 && any ? join_run(l->state, flags, -1, write_all, (void *)l, e) : r;
}
