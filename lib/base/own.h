/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ownership by attribute: a descriptor or pointer so declared is released when its scope ends. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Close @fd when it is one, keeping errno. Returns -1, so that `fd = own_close(fd)` reads well. */
static inline int own_close(int fd)
{
	if (fd >= 0) {
		const int saved = errno;

		(void)close(fd); /* nothing here writes through a descriptor closed so */
		errno = saved;
	}
	return -1;
}

/* For the attributes below. */
static inline void own_close_p(int *fd)
{
	own_close(*fd);
}

/* For the attributes below: @p points to the pointer. */
static inline void own_free_p(void *p)
{
	free(*(void **)p);
}

/* For the attributes below; what was written must have been flushed and checked before. */
static inline void own_fclose_p(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

/* For the attributes below. */
static inline void own_closedir_p(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

#define AUTO_CLOSE    __attribute__((cleanup(own_close_p), unused)) /* held is used, too */
#define AUTO_FREE     __attribute__((cleanup(own_free_p)))
#define AUTO_FCLOSE   __attribute__((cleanup(own_fclose_p)))
#define AUTO_CLOSEDIR __attribute__((cleanup(own_closedir_p)))

/* Hand a descriptor over: the variable becomes -1. */
static inline int own_take_fd(int *fd)
{
	const int r = *fd;

	*fd = -1;
	return r;
}

/* Hand a pointer over: the variable becomes NULL. */
#define own_take(p)                     \
	({                              \
		__typeof__(p) t_ = (p); \
		(p) = NULL;             \
		t_;                     \
	})
