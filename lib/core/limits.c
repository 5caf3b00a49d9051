/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See limits.h. The form of values was checked when they were set (conf/limits.c); here they become
 * what the kernel reads (Documentation/admin-guide/cgroup-v2.rst has each file). */
#include "core/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"

#define PIDS_DEFAULT "4096"
#define CPU_PERIOD   100000 /* µs, the kernel's own default for cpu.max */

/* Turn the configured text into what the file takes. 0, or a usage error without the key. */
typedef int convert_fn(const char *value, struct buf *out, struct zerr *e);

/* ---- values ---------------------------------------------------------------------------------- */

static int as_it_is(const char *value, struct buf *out, struct zerr *e)
{
	(void)e;
	buf_str(out, value);
	return 0;
}

static bool is_max(const char *value)
{
	return str_eq(value, "max") || str_eq(value, "none");
}

/* "50%" of @whole, or -1. */
static double percent_of(const char *value, double whole)
{
	return str_ends(value, "%") ? strtod(value, NULL) / 100 * whole : -1;
}

static int bytes(const char *value, struct buf *out, struct zerr *e)
{
	const double host = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	const double part = percent_of(value, host);
	uint64_t n;

	if (is_max(value))
		buf_str(out, "max");
	else if (part >= 0)
		buf_fmt(out, "%.0f", part);
	else if (parse_size(value, &n) == 0)
		buf_fmt(out, "%llu", (unsigned long long)n);
	else
		return zerr_as(e, ZERR_USAGE, "not a size");
	return 0;
}

static int processors(const char *value, struct buf *out, struct zerr *e)
{
	const double part = percent_of(value, (double)sysconf(_SC_NPROCESSORS_ONLN));
	const double quota = (part >= 0 ? part : strtod(value, NULL)) * CPU_PERIOD;

	if (is_max(value)) {
		buf_fmt(out, "max %d", CPU_PERIOD);
		return 0;
	}
	if (quota < 1000)
		return zerr_as(e, ZERR_USAGE, "less than the kernel can divide (0.01)");
	buf_fmt(out, "%.0f %d", quota, CPU_PERIOD);
	return 0;
}

static int oom_group(const char *value, struct buf *out, struct zerr *e)
{
	(void)e;
	buf_str(out, str_eq(value, "zone") ? "1" : "0");
	return 0;
}

/* The host's processors, "0-3". */
static int online(struct buf *out)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int sys = fs_open_dir("/sys/devices/system/cpu", &ignored);
	const int r = sys < 0 ? sys : fs_read(sys, "online", 4096, out);

	if (r == 0)
		out->p[strcspn(out->p, "\n")] = '\0';
	return r;
}

/* The kernel takes processors that do not exist and then quietly uses others. */
static int cpu_list(const char *value, struct buf *out, struct zerr *e)
{
	AUTO_BUF struct buf host = { 0 };
	char *p = (char *)value;

	buf_str(out, value);
	if (online(&host) < 0)
		return 0; /* the kernel's word then */
	while (*p) {
		const unsigned long from = strtoul(p, &p, 10);
		const unsigned long to = *p == '-' ? strtoul(p + 1, &p, 10) : from;

		if (!cpulist_has(host.p, from) || !cpulist_has(host.p, to))
			return zerr_as(e, ZERR_USAGE, "this host has processors %s", host.p);
		p += *p == ',';
	}
	return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static const struct limit {
	const char *key, *controller, *file;
	convert_fn *convert;
	const char *unset; /* what it is when the key is not there, in the kernel's form; NULL: all
			      processors, since a group with processes cannot go back to none */
} limits[] = {
	{ "cpu", "cpu", "cpu.max", processors, "max 100000" },
	{ "cpu_weight", "cpu", "cpu.weight", as_it_is, "100" },
	{ "cpuset", "cpuset", "cpuset.cpus", cpu_list, NULL },
	{ "memory", "memory", "memory.max", bytes, "max" },
	{ "memory_high", "memory", "memory.high", bytes, "max" },
	{ "memory_low", "memory", "memory.low", bytes, "0" },
	{ "swap", "memory", "memory.swap.max", bytes, "max" },
	{ "oom", "memory", "memory.oom.group", oom_group, "0" },
	{ "pids", "pids", "pids.max", as_it_is, PIDS_DEFAULT },
	{ "io_weight", "io", "io.weight", as_it_is, "100" },
};

struct writing {
	const char *key, *was, *value;
	limit_writer *write;
	void *ctx;
	struct zerr *e;
};

static int write_one(const struct writing *g, const char *controller, const char *file,
		     const char *text)
{
	const struct limit_write w = { g->key, g->value ? g->value : "", controller, file, text };
	const int r = g->write(g->ctx, &w, g->e);

	if (r != -ENOENT)
		return r;
	zerr_as(g->e, ZERR_HOST, "cgroup v2 has no %s here", file);
	return zerr_hint(g->e, -ENOTSUP,
			 "the controller %s is bound to v1, not delegated or not built in: boot "
			 "with cgroup_no_v1=%s, or unset limits.%s",
			 controller, controller, g->key);
}

static int write_plain(const struct writing *g, const struct limit *l)
{
	AUTO_BUF struct buf text = { 0 };
	int r = 0;

	if (!g->value && !l->unset)
		r = online(&text) < 0
			    ? zerr_set(g->e, ENOENT, "which processors there are is not known")
			    : 0;
	else if (!g->value)
		buf_str(&text, l->unset);
	else
		r = l->convert(g->value, &text, g->e);
	if (r == 0 && text.failed)
		r = zerr_code(g->e, ENOMEM, "value");
	return r < 0 ? r : write_one(g, l->controller, l->file, text.p);
}

/* "8:0" of limits.io.DEVICE, which names a node or the numbers themselves. */
static int device_numbers(const char *device, struct buf *out, struct zerr *e)
{
	struct stat st;

	if (device[0] != '/') {
		buf_str(out, device);
		return 0;
	}
	if (stat(device, &st) < 0)
		return zerr_as(e, ZERR_HOST, "%s: %s", device, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return zerr_as(e, ZERR_USAGE, "%s is not a block device", device);
	buf_fmt(out, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

/* limits.io.DEVICE = "rbps=10M wiops=100": one line of io.max. What is not named has no limit. */
static int write_io(const struct writing *g, const char *device)
{
	static const char *const names[] = { "rbps", "wbps", "riops", "wiops" };
	AUTO_STRV struct strv words = { 0 };
	AUTO_BUF struct buf line = { 0 };
	int r = device_numbers(device, &line, g->e);

	if (r == 0 && g->value && strv_split(&words, g->value, " ") < 0)
		return zerr_code(g->e, ENOMEM, "value");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && r == 0; i++) {
		const size_t len = strlen(names[i]);
		const char *rate = "max";

		for (size_t k = 0; k < words.n; k++)
			if (strncmp(words.v[k], names[i], len) == 0 && words.v[k][len] == '=')
				rate = words.v[k] + len + 1;
		buf_fmt(&line, " %s=", names[i]);
		r = bytes(rate, &line, g->e);
	}
	if (r == 0 && line.failed)
		r = zerr_code(g->e, ENOMEM, "value");
	return r < 0 ? r : write_one(g, "io", "io.max", line.p);
}

/* The kernel's name of a size of page: "2MB", "1GB", "64KB". */
static int page_name(const char *size, struct buf *out)
{
	static const char units[] = "KMG";
	uint64_t n;
	int unit = 0;

	if (parse_size(size, &n) < 0)
		return -EINVAL;
	for (n /= 1024; n % 1024 == 0 && unit < 2; n /= 1024)
		unit++;
	buf_fmt(out, "hugetlb.%llu%cB.max", (unsigned long long)n, units[unit]);
	return 0;
}

/* limits.hugetlb = "2M=512M 1G=4G": one file for each size of page. */
static int write_hugetlb(const struct writing *g)
{
	AUTO_STRV struct strv words = { 0 };
	int r = 0;

	if (strv_split(&words, g->value ? g->value : g->was ? g->was : "", " ") < 0)
		return zerr_code(g->e, ENOMEM, "value");
	for (size_t i = 0; i < words.n && r == 0; i++) {
		AUTO_BUF struct buf file = { 0 }, text = { 0 };
		char *eq = strchr(words.v[i], '=');

		if (eq)
			*eq = '\0';
		if (!eq || page_name(words.v[i], &file) < 0 ||
		    bytes(g->value ? eq + 1 : "max", &text, g->e) < 0)
			return zerr_as(g->e, ZERR_USAGE, "'%s' is not PAGE=SIZE", words.v[i]);
		r = file.failed || text.failed ? zerr_code(g->e, ENOMEM, "value")
					       : write_one(g, "hugetlb", file.p, text.p);
	}
	return r;
}

static int write_key(const struct writing *g)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (str_eq(limits[i].key, g->key))
			return write_plain(g, &limits[i]);
	if (str_starts(g->key, "io."))
		return write_io(g, g->key + strlen("io."));
	if (str_eq(g->key, "hugetlb"))
		return write_hugetlb(g);
	return zerr_set(g->e, EINVAL, "no row for this key");
}

int limits_write(const char *key, const char *was, const char *value, limit_writer *write,
		 void *ctx, struct zerr *e)
{
	const struct writing g = { key, was, value, write, ctx, e };
	const int r = write_key(&g);
	return value ? zerr_in(e, r, "limits.%s=%s", key, value) : zerr_in(e, r, "limits.%s", key);
}

/* ---- at start -------------------------------------------------------------------------------- */

/* @ctx points to the group's descriptor. */
static int write_direct(void *ctx, const struct limit_write *w, struct zerr *e)
{
	const int r = cg_write(*(const int *)ctx, w->file, w->text);

	return r < 0 && r != -ENOENT ? zerr_code(e, -r, "%s", w->file) : r;
}

/* Without the controller each user of the zone gets what the whole of it should have; at level
 * privileged its users are the host's, so there is nothing to replace it. */
static int default_pids(const struct zone_spec *s, int payload, struct strv *not_enforced,
			uint64_t *ret_nproc, struct zerr *e)
{
	const int r = cg_write(payload, "pids.max", PIDS_DEFAULT);

	if (r == -ENOENT && s->level != LEVEL_PRIVILEGED)
		*ret_nproc = strtoul(PIDS_DEFAULT, NULL, 10);
	else if (r == -ENOENT && strv_add(not_enforced, "limits.pids") < 0)
		return zerr_code(e, ENOMEM, "limits");
	return r < 0 && r != -ENOENT ? zerr_code(e, -r, "pids.max") : 0;
}

static int raw(const struct pairs *all, int payload, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < all->n && r == 0; i++) {
		const struct pair *p = &all->v[i];

		r = cg_write(payload, p->name, p->value);
		if (r < 0)
			r = zerr_as(e, r == -ENOENT ? ZERR_HOST : ZERR_FAILED,
				    "raw.cgroup.%s=%s: %s", p->name, p->value, strerror(-r));
	}
	return r;
}

int limits_start(const struct zone_spec *s, int payload, struct strv *not_enforced,
		 uint64_t *ret_nproc, struct zerr *e)
{
	int r = 0;

	*ret_nproc = 0;
	for (size_t i = 0; i < s->limits.n && r == 0; i++)
		r = limits_write(s->limits.v[i].name, NULL, s->limits.v[i].value, write_direct,
				 &payload, e);
	if (r == 0 && !pairs_get(&s->limits, "pids"))
		r = default_pids(s, payload, not_enforced, ret_nproc, e);
	return r == 0 ? raw(&s->raw_cgroup, payload, e) : r;
}
