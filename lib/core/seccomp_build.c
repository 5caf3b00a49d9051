/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiler of the filter tables: a module of its own, because libseccomp and the time that it
 * takes are needed once per profile and never again. Three programs, since a rule on arguments
 * cannot stand beside an unconditional one for the same call: calls, arguments, arguments of the
 * 32-bit variant.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/own.h"
#include "core/seccomp.h"
#include "core/seccomp_profile.h"

static void own_filter_p(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

#define AUTO_FILTER __attribute__((cleanup(own_filter_p)))

/* The architecture that `compat32` adds, or 0. */
static uint32_t compat_arch(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return SCMP_ARCH_X86;
	case SCMP_ARCH_AARCH64:
		return SCMP_ARCH_ARM;
	default:
		return 0;
	}
}

static int export(scmp_filter_ctx ctx, struct buf *out, uint16_t *len, struct zerr *e)
{
	AUTO_CLOSE int fd = memfd_create("filter", MFD_CLOEXEC);
	AUTO_FREE void *data = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return zerr_sys(e, "make a memory file");
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return zerr_code(e, -r, "compile");
	if (fstat(fd, &st) < 0 || st.st_size / 8 > UINT16_MAX)
		return zerr_code(e, EFBIG, "compile");
	data = malloc((size_t)st.st_size);
	if (!data)
		return zerr_code(e, ENOMEM, "compile");
	if (pread(fd, data, (size_t)st.st_size, 0) != st.st_size)
		return zerr_sys(e, "read the compiled filter");
	buf_add(out, data, (size_t)st.st_size);
	*len = (uint16_t)(st.st_size / 8);
	return out->failed ? zerr_code(e, ENOMEM, "compile") : 0;
}

/* "NAME" or "NAME=NUMBER" to this architecture's number; __NR_SCMP_ERROR: the library cannot say.
 */
static int resolve(const char *word)
{
	char name[64] = "";
	const char *number = strchr(word, '=');
	uint64_t nr;
	int r;

	(void)memcpy(name, word, number ? (size_t)(number - word) : strlen(word));
	r = seccomp_syscall_resolve_name(name);
	if (r == __NR_SCMP_ERROR && number && parse_u64(number + 1, 9999, &nr) == 0)
		return (int)nr;
	return r;
}

static int add_set(scmp_filter_ctx ctx, const struct seccomp_set *set, uint64_t traits,
		   struct zerr *e)
{
	const bool allow = seccomp_allows(set->allow, traits);
	const uint32_t action = allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)set->refusal);
	AUTO_STRV struct strv calls = { 0 };

	if (allow && (traits & TRAIT_NESTING))
		return 0; /* as is everything */
	if (strv_split(&calls, set->calls, " ") < 0)
		return zerr_code(e, ENOMEM, "compile");
	for (size_t i = 0; i < calls.n; i++) {
		const int nr = resolve(calls.v[i]);
		int r;

		if (nr == __NR_SCMP_ERROR)
			continue;
		r = seccomp_rule_add(ctx, action, nr, 0);
		/* EDOM: not of this architecture; EFAULT: its 32-bit number is not known */
		if (r < 0 && r != -EDOM && r != -EFAULT && r != -EEXIST && r != -EACCES)
			return zerr_code(e, -r, "rule for %s", calls.v[i]);
	}
	return 0;
}

/* A context for @arch alone. */
static int init_for(uint32_t arch, uint32_t action, uint32_t bad_arch, scmp_filter_ctx *ret)
{
	AUTO_FILTER scmp_filter_ctx ctx = seccomp_init(action);
	int r = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, bad_arch) : -ENOMEM;

	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* binary search */
	if (r == 0 && arch != seccomp_arch_native()) {
		r = seccomp_arch_add(ctx, arch);
		if (r == 0)
			r = seccomp_arch_remove(ctx, seccomp_arch_native());
	}
	if (r == 0)
		*ret = own_take(ctx);
	return r;
}

static int add_sets(uint64_t traits, uint32_t arch, scmp_filter_ctx *ret, struct zerr *e)
{
	const bool nesting = traits & TRAIT_NESTING;
	int r = init_for(arch, nesting ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS),
			 SCMP_ACT_ERRNO(ENOSYS), ret);

	if (r < 0)
		return zerr_code(e, -r, "set up");
	for (const struct seccomp_set *set = seccomp_sets; r == 0 && set->calls; set++)
		r = add_set(*ret, set, traits, e);
	return r;
}

/* One context for each architecture, merged: in a common one the library drops a rule from all of
 * them when one lacks its call. */
static int build_calls(uint64_t traits, uint32_t compat, struct buf *out, uint16_t *len,
		       struct zerr *e)
{
	AUTO_FILTER scmp_filter_ctx ctx = NULL;
	AUTO_FILTER scmp_filter_ctx other = NULL;
	int r = add_sets(traits, seccomp_arch_native(), &ctx, e);

	if (r == 0 && compat)
		r = add_sets(traits, compat, &other, e);
	if (r < 0)
		return r;
	if (compat) {
		r = seccomp_merge(ctx, other);
		if (r < 0)
			return zerr_code(e, -r, "merge");
		other = NULL; /* now part of ctx */
	}
	return export(ctx, out, len, e);
}

static int add_arg(scmp_filter_ctx ctx, const struct seccomp_arg *rule, struct zerr *e)
{
	const struct seccomp_match *m = rule->match;
	struct scmp_arg_cmp cmp[2];
	unsigned n = 0;
	int r;

	for (; n < 2 && m[n].mask; n++)
		cmp[n] = SCMP_CMP(m[n].arg, SCMP_CMP_MASKED_EQ, m[n].mask, m[n].value);
	r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint16_t)rule->refusal),
				   seccomp_syscall_resolve_name(rule->call), n, cmp);
	return r < 0 ? zerr_code(e, -r, "rule for %s", rule->call) : 0;
}

/* What the other programs decide is allowed here: other calls, other architectures. */
static int build_args(uint64_t traits, uint32_t arch, struct buf *out, uint16_t *len,
		      struct zerr *e)
{
	const bool native = arch == seccomp_arch_native();
	AUTO_FILTER scmp_filter_ctx ctx = NULL;
	int r = init_for(arch, SCMP_ACT_ALLOW, SCMP_ACT_ALLOW, &ctx);

	if (r < 0)
		return zerr_code(e, -r, "set up");
	for (const struct seccomp_arg *rule = seccomp_args; r == 0 && rule->call; rule++) {
		if (!seccomp_allows(rule->allow, traits) && (native || !rule->native_only))
			r = add_arg(ctx, rule, e);
	}
	return r < 0 ? r : export(ctx, out, len, e);
}

static int build(uint64_t traits, struct buf *out, uint16_t *len, unsigned *ret_n, struct zerr *e)
{
	const uint32_t compat = traits & TRAIT_COMPAT32 ? compat_arch() : 0;
	int r = build_calls(traits, compat, out, &len[0], e);

	if (r == 0)
		r = build_args(traits, seccomp_arch_native(), out, &len[1], e);
	if (r == 0 && compat)
		r = build_args(traits, compat, out, &len[2], e);
	if (r < 0)
		return zerr_in(e, r, "system call filter");
	*ret_n = compat ? 3 : 2;
	return 0;
}

extern const struct seccomp_module zone_seccomp_module;
__attribute__((visibility("default"))) const struct seccomp_module zone_seccomp_module = {
	.version = SECCOMP_MODULE_VERSION,
	.build = build,
};
