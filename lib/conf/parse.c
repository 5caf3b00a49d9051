/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a file's text to the specification. libconfuse reads the values (this is the only file that
 * includes its header), the scanner has made sure that it reads what stands there, and the key
 * table judges. Everything in a block is free-form to libconfuse, so that unknown keys are our
 * errors.
 */
#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "conf/keys.h"
#include "conf/scan.h"

struct parser {
	struct zone_spec *spec;
	const struct scan *scan;
	const char *file;
	struct zerr *e;
};

#define BLOCK  (CFGF_NODEFAULT | CFGF_KEYSTRVAL)
#define TITLED (BLOCK | CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

/* Blocks and lists of the key table, as libconfuse has to know them; all else is a string. */
static cfg_opt_t free_names[] = { CFG_END() };
static cfg_opt_t security_names[] = {
	CFG_STR_LIST("caps_add", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("caps_drop", NULL, CFGF_NODEFAULT),
	CFG_END(),
};
static cfg_opt_t start_names[] = {
	CFG_STR_LIST("after", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("requires", NULL, CFGF_NODEFAULT),
	CFG_END(),
};
static cfg_opt_t net_names[] = {
	CFG_STR_LIST("address", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("gateway", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("vlans", NULL, CFGF_NODEFAULT),
	CFG_END(),
};
static cfg_opt_t limits_names[] = { CFG_SEC("io", free_names, BLOCK), CFG_END() };
static cfg_opt_t raw_names[] = { CFG_SEC("cgroup", free_names, BLOCK), CFG_END() };
static cfg_opt_t file_names[] = {
	CFG_STR_LIST("groups", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("start.after", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("start.requires", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("security.caps_add", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("security.caps_drop", NULL, CFGF_NODEFAULT),
	CFG_SEC("init.env", free_names, BLOCK),
	CFG_SEC("start", start_names, BLOCK),
	CFG_SEC("stop", free_names, BLOCK),
	CFG_SEC("reboot", free_names, BLOCK),
	CFG_SEC("console", free_names, BLOCK),
	CFG_SEC("journal", free_names, BLOCK),
	CFG_SEC("root", free_names, BLOCK),
	CFG_SEC("lvm", free_names, BLOCK),
	CFG_SEC("security", security_names, BLOCK),
	CFG_SEC("limits", limits_names, BLOCK),
	CFG_SEC("limits.io", free_names, BLOCK),
	CFG_SEC("rlimit", free_names, BLOCK),
	CFG_SEC("net", net_names, TITLED),
	CFG_SEC("forward", free_names, BLOCK),
	CFG_SEC("mount", free_names, TITLED),
	CFG_SEC("restart", free_names, BLOCK),
	CFG_SEC("health", free_names, BLOCK),
	CFG_SEC("hook", free_names, BLOCK),
	CFG_SEC("credential", free_names, BLOCK),
	CFG_SEC("device", free_names, TITLED),
	CFG_SEC("sysctl", free_names, BLOCK),
	CFG_SEC("raw", raw_names, BLOCK),
	CFG_SEC("raw.cgroup", free_names, BLOCK),
	CFG_SEC("user", free_names, BLOCK),
	CFG_END(),
};

/* libconfuse hands its error function no pointer of ours. It also calls it for every free-form
 * name, so only the last message before a failure counts. */
static _Thread_local char confuse_error[256];

static void __attribute__((format(printf, 2, 0)))
note_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)vsnprintf(confuse_error, sizeof(confuse_error), fmt, ap); /* cut off is good enough */
}

static void cfg_done(cfg_t **cfg)
{
	if (*cfg)
		(void)cfg_free(*cfg); /* fails for NULL only */
}

static int at(const struct parser *p, unsigned line, const char *path, int r)
{
	return zerr_in(p->e, r, "%s:%u: %.200s", p->file, line, path);
}

/* `format` stands first or not at all. */
static int check_format(const struct parser *p, const struct scan_entry *n)
{
	const char *text = p->scan->clean + n->value;
	char digits[8] = "";
	uint64_t format;
	int r = 0;

	if (n->end - n->value < sizeof(digits))
		memcpy(digits, text, n->end - n->value);
	if (n != p->scan->entries || (p->scan->blocks_n > 0 && p->scan->blocks[0].start < n->start))
		r = zerr_as(p->e, ZERR_USAGE, "it has to be the first key");
	else if (parse_u64(digits, UINT32_MAX, &format) < 0 || format == 0)
		r = zerr_as(p->e, ZERR_USAGE, "not the number of a format");
	else if (format > CONF_FORMAT)
		r = zerr_as(p->e, ZERR_USAGE,
			    "written by a newer zone (format %llu, this one knows %d)",
			    (unsigned long long)format, CONF_FORMAT);
	return at(p, n->line, "format", r);
}

static int check_entry(const struct parser *p, const struct scan_entry *n)
{
	const struct scan_block *in = n->block >= 0 ? &p->scan->blocks[n->block] : NULL;
	const struct key *k = conf_key_find(n->path);
	int r = 0;

	if (str_eq(n->path, "format"))
		return check_format(p, n);
	if (!k || (in && in->titled && key_group_len(k, n->path) != strlen(in->path)))
		return zerr_in(p->e, conf_key_unknown(n->path, p->e), "%s:%u", p->file, n->line);
	if (n->list && k->type != KEY_LIST)
		r = zerr_as(p->e, ZERR_USAGE, "takes one value, not a list");
	return at(p, n->line, n->path, r);
}

static int check_block(const struct parser *p, const struct scan_block *b)
{
	bool titled = false;
	int r = 0;

	if (conf_key_find(b->kind))
		return at(p, b->line, b->kind,
			  zerr_as(p->e, ZERR_USAGE, "it is a key and not a block"));
	if (!key_block(b->kind, strlen(b->kind), &titled))
		return zerr_in(p->e, key_block_unknown(b->kind, p->e), "%s:%u", p->file, b->line);
	if (titled && !b->titled)
		r = zerr_as(p->e, ZERR_USAGE, "such a block has a name: %s NAME { … }", b->kind);
	else if (!titled && b->titled)
		r = zerr_as(p->e, ZERR_USAGE, "such a block has no name: %s { … }", b->kind);
	return at(p, b->line, b->kind, r);
}

struct place {
	const char *path;
	unsigned line;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int c = strcmp(x->path, y->path);

	return c ? c : (int)x->line - (int)y->line;
}

/* Whatever is said twice is a mistake: of two values one would be silently dropped. */
static int check_twice(const struct parser *p)
{
	const struct scan *s = p->scan;
	const size_t n = s->entries_n + s->blocks_n;
	AUTO_FREE struct place *v = calloc(n + 1, sizeof(*v));

	if (!v)
		return zerr_code(p->e, ENOMEM, "read %s", p->file);
	for (size_t i = 0; i < s->entries_n; i++)
		v[i] = (struct place){ s->entries[i].path, s->entries[i].line };
	for (size_t i = 0; i < s->blocks_n; i++)
		v[s->entries_n + i] = (struct place){ s->blocks[i].path, s->blocks[i].line };
	qsort(v, n, sizeof(*v), compare_places);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(v[i - 1].path, v[i].path) == 0)
			return at(p, v[i].line, v[i].path,
				  zerr_as(p->e, ZERR_USAGE,
					  "it stands here twice, first in line %u", v[i - 1].line));
	}
	return 0;
}

static int check_all(const struct parser *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->scan->blocks_n; i++)
		r = check_block(p, &p->scan->blocks[i]);
	for (size_t i = 0; r == 0 && i < p->scan->entries_n; i++)
		r = check_entry(p, &p->scan->entries[i]);
	return r < 0 ? r : check_twice(p);
}

static int store(const struct parser *p, const char *path, cfg_opt_t *opt)
{
	AUTO_STRV struct strv values = { 0 };
	const struct key *k = conf_key_find(path);
	const struct scan_entry *n;
	int r = 0;

	if (str_eq(path, "format"))
		return 0;
	for (unsigned i = 0; r == 0 && i < cfg_opt_size(opt); i++)
		r = strv_add(&values, cfg_opt_getnstr(opt, i));
	if (r < 0)
		return zerr_code(p->e, -r, "read %s", p->file);
	r = k ? key_store(p->spec, k, path, &values, p->e) : conf_key_unknown(path, p->e);
	if (r == 0)
		return 0;
	n = scan_find(p->scan, path);
	return at(p, n ? n->line : 0, path, r);
}

static int walk(const struct parser *p, cfg_t *cfg, const char *prefix);

static int walk_block(const struct parser *p, cfg_t *cfg, const char *prefix)
{
	const char *title = cfg_title(cfg);
	AUTO_FREE char *path = str_fmt("%s%s%s", prefix, title ? "." : "", title ? title : "");
	const struct scan_block *b;
	int r = 0;

	if (!path)
		return zerr_code(p->e, ENOMEM, "read %s", p->file);
	if (title) {
		r = group_add(p->spec, group_of_block(prefix), title, p->e);
		b = scan_find_block(p->scan, path);
		r = at(p, b ? b->line : 0, path, r);
	}
	return r < 0 ? r : walk(p, cfg, path);
}

static int walk(const struct parser *p, cfg_t *cfg, const char *prefix)
{
	int r = 0;

	for (cfg_opt_t *opt = cfg->opts; r == 0 && opt->name; opt++) {
		AUTO_FREE char *path = str_fmt("%s%s%s", prefix, *prefix ? "." : "", opt->name);

		if (!path)
			return zerr_code(p->e, ENOMEM, "read %s", p->file);
		if (opt->type != CFGT_SEC && (opt->flags & CFGF_MODIFIED))
			r = store(p, path, opt);
		for (unsigned i = 0; r == 0 && opt->type == CFGT_SEC && i < cfg_opt_size(opt); i++)
			r = walk_block(p, cfg_opt_getnsec(opt, i), path);
	}
	return r;
}

static int read_values(const struct parser *p)
{
	__attribute__((cleanup(cfg_done))) cfg_t *cfg = cfg_init(file_names, CFGF_KEYSTRVAL);

	if (!cfg)
		return zerr_code(p->e, ENOMEM, "read %s", p->file);
	(void)cfg_set_error_function(cfg, note_error); /* returns the one before */
	confuse_error[0] = '\0';
	if (cfg_parse_buf(cfg, p->scan->clean) != CFG_SUCCESS)
		return zerr_as(p->e, ZERR_USAGE, "%s:%d: %s", p->file, cfg->line, confuse_error);
	return walk(p, cfg, "");
}

int conf_parse(struct zone_spec *ret, const char *text, const char *file, struct zerr *e)
{
	AUTO_SCAN struct scan scan = { 0 };
	const struct parser p = { .spec = ret, .scan = &scan, .file = file, .e = e };
	int r;

	if (strlen(text) > CONF_MAX)
		return zerr_as(e, ZERR_USAGE, "%s: larger than %d bytes", file, CONF_MAX);
	r = scan_text(&scan, text, file, e);
	if (r == 0)
		r = check_all(&p);
	return r < 0 ? r : read_values(&p);
}

int conf_load(struct zone_spec *ret, int dirfd, const char *name, struct zerr *e)
{
	AUTO_FREE char *file = str_fmt("%s/zone.conf", name);
	AUTO_BUF struct buf text = { 0 };
	int r;

	if (!file)
		return zerr_code(e, ENOMEM, "read zone.conf");
	r = fs_read(dirfd, "zone.conf", CONF_MAX, &text);
	if (r < 0)
		return zerr_code(e, -r, "%s", file);
	if (text.p && strlen(text.p) != text.len)
		return zerr_as(e, ZERR_USAGE, "%s: not a text file", file);
	return conf_parse(ret, text.p ? text.p : "", file, e);
}
