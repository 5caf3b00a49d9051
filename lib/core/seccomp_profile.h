/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of the system call filter as plain tables, and the interface of the module that
 * compiles them. Private to the seccomp files and their test. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Traits of a filter: capabilities (bit N), and beyond them: */
#define TRAIT_COMPAT32 (UINT64_C(1) << 61)
#define TRAIT_NESTING  (UINT64_C(1) << 62) /* what no table names is allowed; else it is ENOSYS */
#define TRAIT_NEVER    (UINT64_C(1) << 63) /* in no filter */

struct seccomp_set {
	uint64_t allow;	   /* allowed with any of these traits; 0: always */
	int refusal;	   /* errno otherwise */
	const char *calls; /* "NAME …"; "NAME=NUMBER" for what libraries may not know yet (the
			    * number is the same on every architecture) */
};
extern const struct seccomp_set seccomp_sets[]; /* ends with NULL calls */

/* A refusal that depends on one or two arguments; the upper halves of registers are ignored, as the
 * kernel ignores them. */
struct seccomp_arg {
	const char *call;
	uint64_t allow; /* as above */
	int refusal;
	struct seccomp_match {
		unsigned arg;
		uint32_t mask, value; /* mask 0: unused */
	} match[2];
	bool native_only; /* on 32-bit x86 the call is one of socketcall(2), which hides its
			     arguments */
};
extern const struct seccomp_arg seccomp_args[]; /* ends with a NULL call */

/* Is something with this @allow allowed to a filter with @traits? */
static inline bool seccomp_allows(uint64_t allow, uint64_t traits)
{
	return allow == 0 || (allow & traits);
}

/* What the module exports as zone_seccomp_module. */
#define SECCOMP_MODULE_VERSION 1
struct seccomp_module {
	unsigned version;
	/* Append the programs' instructions to @out, their counts to @len. */
	int (*build)(uint64_t traits, struct buf *out, uint16_t *len, unsigned *ret_n,
		     struct zerr *e);
};
