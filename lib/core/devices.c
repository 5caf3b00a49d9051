/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device program: a list of comparisons, written instruction by instruction for bpf(2). Must
 * only touch a program that carries our name; a service manager may have one of its own on the
 * group. */
#include "core/devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/own.h"

#define PROG_NAME "zone_devices"
#define LOG_SIZE  4096
#define RULES_MAX 512 /* keeps every jump short */
#define MULTI_MAX 64  /* programs that the kernel attaches to one group */

enum { /* registers */
       CTX = BPF_REG_1,
       TYPE = BPF_REG_2,
       ACCESS = BPF_REG_3,
       MAJOR = BPF_REG_4,
       MINOR = BPF_REG_5,
};

struct program {
	struct bpf_insn *p;
	size_t n;
};

static long sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

enum { RW = DEVICE_READ | DEVICE_WRITE, ALL = RW | DEVICE_MKNOD };

static const struct device_rule always[] = {
	{ 'c', ALL, 1, 3 },	       /* null */
	{ 'c', ALL, 1, 5 },	       /* zero */
	{ 'c', ALL, 1, 7 },	       /* full */
	{ 'c', ALL, 1, 8 },	       /* random */
	{ 'c', ALL, 1, 9 },	       /* urandom */
	{ 'c', ALL, 5, 0 },	       /* tty */
	{ 'c', ALL, 5, 2 },	       /* ptmx */
	{ 'c', ALL, 136, DEVICE_ANY }, /* pts */
	/* The node may be made, but what it opens is the host's console: the zone's /dev/console is
	 * a pts. */
	{ 'c', DEVICE_MKNOD, 5, 1 },
};
#define ALWAYS (sizeof(always) / sizeof(always[0]))

int device_stat(const struct device_spec *d, struct stat *ret, struct zerr *e)
{
	if (!d->path)
		return zerr_as(e, ZERR_USAGE, "device.%s: needs a path", d->name);
	if (stat(d->path, ret) < 0) {
		*ret = (struct stat){ 0 };
		if (errno == ENOENT && d->optional)
			return 0;
		return zerr_as(e, ZERR_HOST, "device.%s: %s: %s", d->name, d->path,
			       strerror(errno));
	}
	if (!S_ISCHR(ret->st_mode) && !S_ISBLK(ret->st_mode))
		return zerr_as(e, ZERR_USAGE, "device.%s: %s is not a device", d->name, d->path);
	return 0;
}

static unsigned access_bits(const char *words)
{
	return (strchr(words, 'r') ? DEVICE_READ : 0U) | (strchr(words, 'w') ? DEVICE_WRITE : 0U) |
	       (strchr(words, 'm') ? DEVICE_MKNOD : 0U);
}

int devices_rules(const struct zone_spec *s, struct device_rule ret[static DEVICES_MAX],
		  struct zerr *e)
{
	size_t n = ALWAYS;

	memcpy(ret, always, sizeof(always));
	if (s->fuse)
		ret[n++] = (struct device_rule){ 'c', ALL, 10, 229 };
	if (s->tun)
		ret[n++] = (struct device_rule){ 'c', ALL, 10, 200 };
	if (s->devices_n > DEVICES_MAX - n)
		return zerr_as(e, ZERR_USAGE, "more than %zu devices", DEVICES_MAX - n);
	for (size_t i = 0; i < s->devices_n; i++) {
		const struct device_spec *d = &s->devices[i];
		struct stat st;
		const int r = device_stat(d, &st, e);

		if (r < 0)
			return r;
		if (st.st_mode)
			ret[n++] = (struct device_rule){ S_ISBLK(st.st_mode) ? 'b' : 'c',
							 access_bits(d->access), major(st.st_rdev),
							 minor(st.st_rdev) };
	}
	return (int)n;
}

/* ---- the program ---------------------------------------------------------------------------- */

static void emit(struct program *g, unsigned code, unsigned dst, unsigned src, int off, int imm)
{
	g->p[g->n++] = (struct bpf_insn){ .code = (uint8_t)code,
					  .dst_reg = dst & 0xf,
					  .src_reg = src & 0xf,
					  .off = (int16_t)off,
					  .imm = imm };
}

static void emit_load(struct program *g, unsigned reg, size_t offset)
{
	emit(g, BPF_LDX | BPF_MEM | BPF_W, reg, CTX, (int)offset, 0);
}

static void emit_verdict(struct program *g, bool allow)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Go on to the next rule unless @reg is @value; the jump is patched by emit_rule(). */
static void emit_match(struct program *g, unsigned reg, uint32_t value)
{
	emit(g, BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, (int)value);
}

static void emit_rule(struct program *g, const struct device_rule *rule)
{
	const size_t start = g->n;
	const uint32_t refused = ~rule->access & 7;

	emit_match(g, TYPE, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (refused)
		emit(g, BPF_JMP32 | BPF_JSET | BPF_K, ACCESS, 0, 0, (int)refused);
	if (rule->major != DEVICE_ANY)
		emit_match(g, MAJOR, rule->major);
	if (rule->minor != DEVICE_ANY)
		emit_match(g, MINOR, rule->minor);
	emit_verdict(g, true);
	for (size_t i = start; i + 2 < g->n; i++)
		g->p[i].off = (int16_t)(g->n - i - 1);
}

static void make_program(struct program *g, const struct device_rule *rules, size_t n)
{
	emit_load(g, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(g, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(g, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(g, BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit_load(g, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(g, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = 0; i < n; i++)
		emit_rule(g, &rules[i]);
	emit_verdict(g, false);
}

static int load(const struct program *g, struct zerr *e)
{
	AUTO_FREE char *log = calloc(1, LOG_SIZE);
	union bpf_attr attr = { 0 };
	long fd;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t)g->p;
	attr.insn_cnt = (uint32_t)g->n;
	attr.license = (uintptr_t) "LGPL-2.1-or-later"; /* no helper that wants the GPL is called */
	memcpy(attr.prog_name, PROG_NAME, sizeof(PROG_NAME));
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return (int)fd;
	if (errno != EINVAL && errno != EACCES)
		return zerr_as(e, ZERR_HOST, "load the device program: %s", strerror(errno));
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = log ? LOG_SIZE : 0;
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	return fd >= 0 ? (int)fd : zerr_sys(e, "load the device program: %s", log ? log : "");
}

static int compile(const struct device_rule *rules, size_t n, struct zerr *e)
{
	AUTO_FREE struct bpf_insn *insns = calloc(8 + 6 * n, sizeof(*insns));
	struct program g = { .p = insns };

	if (n > RULES_MAX)
		return zerr_code(e, E2BIG, "device rules");
	if (!insns)
		return zerr_code(e, ENOMEM, "device rules");
	make_program(&g, rules, n);
	return load(&g, e);
}

/* ---- attaching ------------------------------------------------------------------------------ */

/* An owned fd when program @id is one of ours, else -1. */
static int open_ours(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };
	AUTO_CLOSE int fd = -1;

	attr.prog_id = id;
	fd = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return -1;
	attr = (union bpf_attr){ 0 };
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || strcmp(info.name, PROG_NAME) != 0)
		return -1;
	return own_take_fd(&fd);
}

/* The program to replace: an owned fd, or -1. */
static int find_attached(int cgroup_fd)
{
	uint32_t ids[MULTI_MAX];
	union bpf_attr attr = { 0 };
	int fd = -1;

	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = MULTI_MAX;
	if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	for (uint32_t i = 0; fd < 0 && i < attr.query.prog_cnt; i++)
		fd = open_ours(ids[i]);
	return fd;
}

int devices_attach(int cgroup_fd, const struct device_rule *rules, size_t n, struct zerr *e)
{
	union bpf_attr attr = { 0 };
	AUTO_CLOSE int fd = compile(rules, n, e);
	AUTO_CLOSE int old = -1;

	if (fd < 0)
		return fd;
	old = find_attached(cgroup_fd);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	if (sys_bpf(BPF_PROG_ATTACH, &attr) < 0)
		return zerr_as(e, ZERR_HOST, "attach the device program: %s", strerror(errno));
	return 0;
}

int devices_apply(const struct zone_spec *s, int cgroup_fd, struct zerr *e)
{
	struct device_rule rules[DEVICES_MAX];
	const int n = devices_rules(s, rules, e);

	return n < 0 ? n : devices_attach(cgroup_fd, rules, (size_t)n, e);
}
