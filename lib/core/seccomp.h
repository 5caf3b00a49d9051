/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call filter. Its rules are tables (seccomp_profile.c); building BPF from them takes
 * libseccomp and some milliseconds, so that is done by a module once, and the result kept in a
 * cache.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/spec.h"

#define SECCOMP_PROGRAMS 3 /* calls, arguments, arguments of the 32-bit architecture */

struct seccomp_filter {
	struct {
		unsigned short len;
		struct sock_filter *insns; /* into data */
	} prog[SECCOMP_PROGRAMS];
	unsigned n;
	void *data; /* owned */
};

/* The filter for @level and capabilities @caps (of caps_mask()), from @cache_dirfd (a directory
 * that only root can write) or built and put there; @compat32 also admits the 32-bit variant of the
 * host's architecture. Exit status 7 when it must be built and the module is missing. Parent side.
 */
int seccomp_prepare(int cache_dirfd, enum security_level level, bool compat32, uint64_t caps,
		    struct seccomp_filter *ret, struct zerr *e);
void seccomp_done(struct seccomp_filter *f);

/* Put the calling thread under the filter, just before exec; no heap, async-signal-safe. Without
 * @no_new_privs it needs CAP_SYS_ADMIN in the present user namespace, so call it before
 * caps_drop(): that, prctl, close, write and execve pass in every profile. 0 or -errno. */
int seccomp_apply(const struct seccomp_filter *f, bool no_new_privs, struct zerr *e);
