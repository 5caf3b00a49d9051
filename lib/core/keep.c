/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See keep.h. */
#include "core/keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "core/tell.h"

#define FIRST_FD 3 /* sd_listen_fds(3) */

static const struct {
	const char *name;
	size_t off;
	unsigned n;
} kept[] = {
	{ "zone-pidfd", offsetof(struct boot, pidfd), 1 },
	{ "zone-notify", offsetof(struct boot, notify), 1 },
	{ "zone-console", offsetof(struct boot, consoles), CONSOLES_MAX },
	{ "zone-slave", offsetof(struct boot, slaves), CONSOLES_MAX },
	{ "zone-held", offsetof(struct boot, held), HELD_N },
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

void keep_store(const struct boot *b)
{
	char name[32];

	if (!tell_heard())
		return;
	for (size_t i = 0; i < KEPT; i++)
		for (unsigned k = 0; k < kept[i].n; k++) {
			const bool none = kept[i].off == offsetof(struct boot, consoles) &&
					  k >= b->consoles_n;
			int fd = -1;

			if (!none)
				memcpy(&fd, (const char *)b + kept[i].off + k * sizeof(int),
				       sizeof(int));
			(void)snprintf(name, sizeof(name), "%s.%u", kept[i].name, k);
			tell_keep(name, fd);
		}
}

/* The place for what is called @name, or NULL. */
static int *place_of(struct boot *b, const char *name)
{
	for (size_t i = 0; i < KEPT; i++) {
		const size_t len = strlen(kept[i].name);
		uint64_t k;

		if (strncmp(name, kept[i].name, len) == 0 && name[len] == '.' &&
		    parse_u64(name + len + 1, kept[i].n - 1, &k) == 0)
			return (int *)(void *)((char *)b + kept[i].off) + k;
	}
	return NULL;
}

static int take_socket(struct boot *b, int fd, const char *name, struct buf *names, struct zerr *e)
{
	if (b->listen_n == ZONE_LISTEN_MAX)
		return zerr_set(e, E2BIG, "more than %d sockets for init", ZONE_LISTEN_MAX);
	buf_fmt(names, "%s%s", b->listen_n ? ":" : "", name);
	b->listen[b->listen_n++] = fd;
	return 0;
}

/* How many systemd has passed to this process. */
static unsigned passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *number = getenv("LISTEN_FDS");
	uint64_t n = 0, us = 0;

	if (!pid || !number || parse_u64(pid, INT32_MAX, &us) < 0 || (pid_t)us != getpid() ||
	    parse_u64(number, 1024, &n) < 0)
		return 0;
	return (unsigned)n;
}

int keep_take(struct boot *b, struct zerr *e)
{
	const char *called = getenv("LISTEN_FDNAMES");
	AUTO_STRV struct strv names = { 0 };
	AUTO_BUF struct buf others = { 0 };
	const unsigned n = passed();
	int r = 0;

	if (called && strv_split(&names, called, ":") < 0)
		return zerr_code(e, ENOMEM, "sockets for init");
	for (unsigned i = 0; i < n && r == 0; i++) {
		const char *name = i < names.n ? names.v[i] : "unknown";
		int *place = place_of(b, name);

		(void)fcntl(FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
		if (place)
			*place = FIRST_FD + (int)i;
		else
			r = take_socket(b, FIRST_FD + (int)i, name, &others, e);
	}
	while (b->consoles_n < CONSOLES_MAX && b->consoles[b->consoles_n] > 0)
		b->consoles_n++;
	if (r == 0 && b->listen_n && str_set(&b->listen_names, others.p) < 0)
		r = zerr_code(e, ENOMEM, "sockets for init");
	return r;
}

void keep_drop(struct boot *b)
{
	for (size_t i = 0; i < KEPT; i++)
		for (unsigned k = 0; k < kept[i].n; k++) {
			int *fd = (int *)(void *)((char *)b + kept[i].off) + k;

			*fd = own_close(*fd > 2 ? *fd : -1);
		}
	memset(b->consoles, 0, sizeof(b->consoles));
	b->consoles_n = 0;
}
