/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits at start: a table from keys to the files of the zone's group. A limit that was asked for
 * and cannot be applied is an error; a default that cannot is replaced or listed, never dropped
 * silently. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"

#define PIDS_DEFAULT 4096
#define CPU_PERIOD   100000 /* µs, the kernel's own default for cpu.max */

/* Turn the configured text into what the file takes; *@out is empty to write it as it is. */
typedef int convert_fn(const char *value, struct buf *out);

static int size_or_max(const char *value, struct buf *out)
{
	uint64_t bytes;

	if (str_eq(value, "max") || str_eq(value, "none")) {
		buf_str(out, "max");
		return 0;
	}
	const size_t len = strlen(value);
	if (len && value[len - 1] == '%') {
		const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
		const double percent = strtod(value, NULL);

		buf_fmt(out, "%.0f", (double)pages * (double)page * percent / 100);
		return 0;
	}
	if (parse_size(value, &bytes) < 0)
		return -EINVAL;
	buf_fmt(out, "%llu", (unsigned long long)bytes);
	return 0;
}

static int cpu_max(const char *value, struct buf *out)
{
	const size_t len = strlen(value);
	char *end;
	double cpus = strtod(value, &end);

	if (str_eq(value, "max") || str_eq(value, "none")) {
		buf_str(out, "max");
		return 0;
	}
	if (len && value[len - 1] == '%')
		cpus = cpus / 100 * (double)sysconf(_SC_NPROCESSORS_ONLN);
	else if (*end)
		return -EINVAL;
	if (cpus * CPU_PERIOD < 1000) /* the kernel's least quota, 1 ms */
		return -ERANGE;
	buf_fmt(out, "%.0f %d", cpus * CPU_PERIOD, CPU_PERIOD);
	return 0;
}

static int oom_group(const char *value, struct buf *out)
{
	buf_str(out, str_eq(value, "zone") ? "1" : "0");
	return 0;
}

static const struct limit {
	const char *key, *controller, *file;
	convert_fn *convert; /* NULL: as it is */
	const char *unset;   /* what the key means when it is not there, in its own notation */
} limits[] = {
	{ "cpu", "cpu", "cpu.max", cpu_max, "max" },
	{ "cpu_weight", "cpu", "cpu.weight", NULL, "100" },
	{ "cpuset", "cpuset", "cpuset.cpus", NULL, "\n" },
	{ "memory", "memory", "memory.max", size_or_max, "max" },
	{ "memory_high", "memory", "memory.high", size_or_max, "max" },
	{ "memory_low", "memory", "memory.low", size_or_max, "0" },
	{ "swap", "memory", "memory.swap.max", size_or_max, "max" },
	{ "oom", "memory", "memory.oom.group", oom_group, "process" },
	{ "pids", "pids", "pids.max", NULL, "4096" },
	{ "io_weight", "io", "io.weight", NULL, "100" },
};
#define IO_UNSET "rbps=max wbps=max riops=max wiops=max"

static int unavailable(struct zerr *e, const char *key, const char *controller, const char *value)
{
	zerr_as(e, ZERR_HOST, "limits.%s=%s: cgroup v2 has no %s controller here", key, value,
		controller);
	return zerr_hint(e, -ENOTSUP,
			 "the controller is bound to v1 or not delegated: boot with "
			 "cgroup_no_v1=%s, or unset limits.%s",
			 controller, key);
}

static int apply(const struct limit *l, int payload, const char *value, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = 0;

	if (l->convert)
		r = l->convert(value, &text);
	if (r < 0)
		return zerr_as(e, ZERR_USAGE, "limits.%s: '%s' is not a possible value", l->key,
			       value);
	r = cg_write(payload, l->file, text.len ? text.p : value);
	if (r == -ENOENT)
		return unavailable(e, l->key, l->controller, value);
	return r < 0 ? zerr_code(e, -r, "limits.%s=%s: %s", l->key, value, l->file) : 0;
}

/* limits.io.DEVICE = "rbps=… wiops=…": one line of io.max for that device. */
static int apply_io(int payload, const struct pair *p, struct zerr *e)
{
	const char *path = p->name + strlen("io.");
	AUTO_BUF struct buf line = { 0 };
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return zerr_as(e, ZERR_USAGE, "limits.%s: %s is not a block device of this host",
			       p->name, path);
	buf_fmt(&line, "%u:%u %s", major(st.st_rdev), minor(st.st_rdev), p->value);
	const int r = line.failed ? -ENOMEM : cg_write(payload, "io.max", line.p);
	if (r == -ENOENT)
		return unavailable(e, p->name, "io", p->value);
	return r < 0 ? zerr_code(e, -r, "limits.%s=%s: io.max", p->name, p->value) : 0;
}

/* limits.hugetlb = "2M=512M 1G=4G": one file for each size of page. */
static int apply_hugetlb(int payload, const char *value, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	int r = strv_split(&words, value, " ");

	for (size_t i = 0; i < words.n && r == 0; i++) {
		char *eq = strchr(words.v[i], '=');
		AUTO_FREE char *file =
			eq ? str_fmt("hugetlb.%.*sB.max", (int)(eq - words.v[i]), words.v[i])
			   : NULL;
		AUTO_BUF struct buf bytes = { 0 };

		if (!file || size_or_max(eq + 1, &bytes) < 0)
			return zerr_as(e, ZERR_USAGE, "limits.hugetlb: '%s' is not PAGE=SIZE",
				       words.v[i]);
		r = cg_write(payload, file, bytes.p);
	}
	if (r == -ENOENT)
		return unavailable(e, "hugetlb", "hugetlb", value);
	return r < 0 ? zerr_code(e, -r, "limits.hugetlb=%s", value) : 0;
}

static const struct limit *find(const char *key)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (str_eq(limits[i].key, key))
			return &limits[i];
	return NULL;
}

static int apply_any(int payload, const struct pair *p, struct zerr *e)
{
	const struct limit *l = find(p->name);

	if (l)
		return apply(l, payload, p->value, e);
	if (str_starts(p->name, "io."))
		return apply_io(payload, p, e);
	if (str_eq(p->name, "hugetlb"))
		return apply_hugetlb(payload, p->value, e);
	return unavailable(e, p->name, p->name, p->value);
}

static int default_pids(int payload, uint64_t *ret_nproc, struct zerr *e)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", PIDS_DEFAULT);
	const int r = cg_write(payload, "pids.max", text);
	if (r == -ENOENT) {
		*ret_nproc =
			PIDS_DEFAULT; /* for each user of the zone instead of the whole of it */
		return 0;
	}
	return r < 0 ? zerr_code(e, -r, "pids.max") : 0;
}

int cg_limits(const struct zone *z, int payload, struct strv *not_enforced, uint64_t *ret_nproc,
	      struct zerr *e)
{
	int r = 0;

	*ret_nproc = 0;
	for (size_t i = 0; i < z->spec.limits.n && r == 0; i++)
		r = apply_any(payload, &z->spec.limits.v[i], e);
	for (size_t i = 0; i < z->spec.raw_cgroup.n && r == 0; i++) {
		const struct pair *p = &z->spec.raw_cgroup.v[i];

		r = cg_write(payload, p->name, p->value);
		if (r < 0)
			r = zerr_as(e, r == -ENOENT ? ZERR_HOST : ZERR_FAILED,
				    "raw.cgroup.%s=%s: %s", p->name, p->value, strerror(-r));
	}
	if (r == 0 && !pairs_get(&z->spec.limits, "pids") && z->spec.level != LEVEL_PRIVILEGED)
		r = default_pids(payload, ret_nproc, e);
	else if (r == 0 && !pairs_get(&z->spec.limits, "pids") &&
		 cg_write(payload, "pids.max", "4096") == -ENOENT &&
		 strv_add(not_enforced, "limits.pids") < 0)
		r = zerr_code(e, ENOMEM, "limits");
	return r;
}

/* ---- live ------------------------------------------------------------------------------------ */

static int change_one(int payload, const char *name, const char *value, struct zerr *e)
{
	const struct limit *l = find(name);
	const char *unset = l ? l->unset : str_starts(name, "io.") ? IO_UNSET : NULL;
	const struct pair p = { (char *)name, (char *)(value ? value : unset) };

	if (!p.value) /* the sizes of huge pages: there is no one default to go back to */
		return zerr_as(e, ZERR_STATE, "limits.%s cannot be unset while the zone runs",
			       name);
	return apply_any(payload, &p, e);
}

/* Names of either list whose values differ. */
static int differences(const struct pairs *from, const struct pairs *to, struct strv *ret)
{
	const struct pairs *const lists[] = { from, to };
	int r = 0;

	for (int l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n && r == 0; i++) {
			const char *name = lists[l]->v[i].name;
			const char *a = pairs_get(from, name), *b = pairs_get(to, name);

			if (!(a && b && str_eq(a, b)) && !strv_has(ret, name))
				r = strv_add(ret, name);
		}
	return r;
}

int cg_limits_change(int payload, const struct zone_spec *from, const struct zone_spec *to,
		     struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = 0;

	if (differences(&from->limits, &to->limits, &names) < 0)
		return zerr_code(e, ENOMEM, "limits");
	for (size_t i = 0; i < names.n && r == 0; i++) {
		r = change_one(payload, names.v[i], pairs_get(&to->limits, names.v[i]), e);
		for (size_t k = 0; r < 0 && k < i; k++) { /* all or nothing */
			struct zerr ignored = { 0 };

			(void)change_one(payload, names.v[k], pairs_get(&from->limits, names.v[k]),
					 &ignored);
		}
	}
	return r;
}
