/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiled filters: found in the cache by a name that changes with every rule, built by the module
 * when missing, installed by the child. Must not trust a cached file that somebody else than root
 * could have written, nor one that a crash cut short.
 */
#include "core/seccomp.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "core/seccomp_profile.h"

#define FILE_MAGIC UINT64_C(0x315045435a4e4f5a) /* "ZONZECP1" */
#define FILE_MAX   (1 << 20)

struct file_head { /* of a cached filter; the instructions follow */
	uint64_t magic, key, sum;
	uint16_t len[SECCOMP_PROGRAMS];
	uint16_t n;
};

/* ---- names ---------------------------------------------------------------------------------- */

#define HASH_START UINT64_C(0xcbf29ce484222325) /* FNV-1a */

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	for (const unsigned char *p = data; len > 0; p++, len--)
		h = (h ^ *p) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t hash_u64(uint64_t h, uint64_t value)
{
	return hash(h, &value, sizeof(value));
}

static uint64_t hash_str(uint64_t h, const char *s)
{
	return hash(h, s, strlen(s) + 1);
}

/* Traits that no rule asks for make no difference. */
static uint64_t used_traits(uint64_t traits)
{
	uint64_t used = TRAIT_NESTING | TRAIT_COMPAT32;

	for (const struct seccomp_set *set = seccomp_sets; set->calls; set++)
		used |= set->allow;
	for (const struct seccomp_arg *rule = seccomp_args; rule->call; rule++)
		used |= rule->allow;
	return traits & used & ~TRAIT_NEVER;
}

/* Everything that makes the programs what they are, but the kernel. */
static uint64_t filter_key(uint64_t traits)
{
	uint64_t h = hash_str(HASH_START, SECCOMP_LIBRARY); /* its version and the architecture */

	h = hash_u64(hash_u64(h, SECCOMP_MODULE_VERSION), traits);
	for (const struct seccomp_set *set = seccomp_sets; set->calls; set++)
		h = hash_u64(hash_u64(hash_str(h, set->calls), set->allow), (uint64_t)set->refusal);
	for (const struct seccomp_arg *rule = seccomp_args; rule->call; rule++) {
		h = hash_u64(hash_u64(hash_str(h, rule->call), rule->allow),
			     (uint64_t)rule->refusal);
		h = hash_u64(hash(h, rule->match, sizeof(rule->match)), rule->native_only);
	}
	return h;
}

/* ---- the cache ------------------------------------------------------------------------------ */

/* Take over @data, a head and its instructions. */
static int filter_set(struct seccomp_filter *ret, void *data, size_t size, uint64_t key)
{
	const struct file_head *head = data;
	char *insns = (char *)data + sizeof(*head);
	size_t left = size - sizeof(*head);

	if (size < sizeof(*head) || head->magic != FILE_MAGIC || head->key != key || head->n == 0 ||
	    head->n > SECCOMP_PROGRAMS || head->sum != hash(HASH_START, insns, left))
		return -EPROTO;
	*ret = (struct seccomp_filter){ .n = head->n };
	for (unsigned i = 0; i < head->n; i++) {
		const size_t bytes = head->len[i] * sizeof(struct sock_filter);

		if (bytes == 0 || bytes > left)
			return -EPROTO;
		ret->prog[i].len = head->len[i];
		ret->prog[i].insns = (struct sock_filter *)(void *)insns;
		insns += bytes;
		left -= bytes;
	}
	ret->data = data;
	return 0;
}

static int cache_read(int dirfd, const char *name, uint64_t key, struct seccomp_filter *ret)
{
	AUTO_CLOSE int fd = fs_open_below(dirfd, name, O_RDONLY | O_NONBLOCK, 0);
	AUTO_FREE void *data = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 077) || st.st_size > FILE_MAX)
		return -EPERM;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	if (read(fd, data, (size_t)st.st_size) != st.st_size)
		return -EIO;
	r = filter_set(ret, data, (size_t)st.st_size, key);
	if (r == 0)
		(void)own_take(data);
	return r;
}

static const struct seccomp_module *module_load(struct zerr *e)
{
	static const struct seccomp_module *module; /* stays loaded: one more profile may follow */
	AUTO_FREE char *path = NULL;
	void *handle;

	if (module)
		return module;
	path = run_helper("zone-seccomp.so");
	if (!path) {
		(void)zerr_code(e, ENOMEM, "find zone-seccomp.so");
		return NULL;
	}
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		(void)zerr_as(e, ZERR_HOST, "load the seccomp module: %s", dlerror());
		return NULL;
	}
	module = dlsym(handle, "zone_seccomp_module");
	if (!module || module->version != SECCOMP_MODULE_VERSION) {
		module = NULL;
		(void)zerr_as(e, ZERR_HOST, "%s is of another version", path);
		(void)dlclose(handle);
	}
	return module;
}

/* Build the file of @traits in @out. */
static int build_file(uint64_t traits, uint64_t key, struct buf *out, struct zerr *e)
{
	const struct seccomp_module *module = module_load(e);
	struct file_head head = { .magic = FILE_MAGIC, .key = key };
	unsigned n = 0;
	int r;

	if (!module)
		return -e->code;
	buf_add(out, &head, sizeof(head));
	r = module->build(traits, out, head.len, &n, e);
	if (r < 0)
		return r;
	if (out->failed)
		return zerr_code(e, ENOMEM, "build the system call filter");
	head.n = (uint16_t)n;
	head.sum = hash(HASH_START, out->p + sizeof(head), out->len - sizeof(head));
	memcpy(out->p, &head, sizeof(head));
	return 0;
}

int seccomp_prepare(int cache_dirfd, enum security_level level, bool compat32, uint64_t caps,
		    struct seccomp_filter *ret, struct zerr *e)
{
	const uint64_t traits = used_traits(caps | (compat32 ? TRAIT_COMPAT32 : 0) |
					    (level == LEVEL_NESTING ? TRAIT_NESTING : 0));
	const uint64_t key = filter_key(traits);
	AUTO_BUF struct buf file = { 0 };
	struct zerr ignored = { 0 };
	AUTO_FREE char *name = str_fmt("filter-%016llx.bpf", (unsigned long long)key);
	int r;

	if (!name)
		return zerr_code(e, ENOMEM, "system call filter");
	if (cache_read(cache_dirfd, name, key, ret) == 0)
		return 0;
	r = build_file(traits, key, &file, e);
	if (r < 0)
		return r;
	/* Without a cache the next start only takes longer. */
	if (fs_write(cache_dirfd, name, file.p, file.len, 0600, false, &ignored) < 0)
		log_debug("seccomp: %s is not cached: %s", name, ignored.msg);
	r = filter_set(ret, file.p, file.len, key);
	if (r < 0)
		return zerr_code(e, -r, "build the system call filter");
	file = (struct buf){ 0 }; /* now owned by *ret */
	return 0;
}

void seccomp_done(struct seccomp_filter *f)
{
	free(f->data);
	*f = (struct seccomp_filter){ 0 };
}

int seccomp_apply(const struct seccomp_filter *f, bool no_new_privs, struct zerr *e)
{
	if (no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return zerr_sys(e, "set no_new_privs");
	for (unsigned i = 0; i < f->n; i++) {
		const struct sock_fprog prog = { .len = f->prog[i].len,
						 .filter = f->prog[i].insns };

		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
			return zerr_sys(e, "install the system call filter");
	}
	return 0;
}
