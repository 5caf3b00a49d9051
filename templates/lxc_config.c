/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC's configuration, as much of it as a template script may ask for. A line either has an exact
 * counterpart among zone's keys or is reported; nothing is half honoured. zone checks the result
 * like any configuration.
 */
#include "templates/lxc_config.h"

#include <string.h>

#include "base/own.h"

struct taker {
	struct template_result *ret;
	const char *rootfs;
	unsigned mounts;
	struct buf caps; /* so far, comma-separated */
};

/* The row's function returns 0 when the value was taken, 1 when it has no counterpart, or -ENOMEM.
 */
typedef int take_fn(struct taker *t, const char *key, const char *value);

static int set(struct taker *t, const char *key, const char *value)
{
	struct strv *c = &t->ret->config;

	return strv_add(c, key) < 0 || strv_add(c, value) < 0 ? -ENOMEM : 0;
}

static int take_plain(struct taker *t, const char *key, const char *value)
{
	return set(t, key, value);
}

/* The signal of the last resort: zone sends KILL then, and nothing else. */
static int take_stop(struct taker *t, const char *key, const char *value)
{
	(void)t;
	(void)key;
	return str_eq(value, "SIGKILL") || str_eq(value, "9") ? 0 : 1;
}

static int take_number(struct taker *t, const char *key, const char *value)
{
	uint64_t n;

	return parse_u64(value, 32, &n) < 0 ? 1 : set(t, key, value);
}

static int take_environment(struct taker *t, const char *key, const char *value)
{
	const char *eq = strchr(value, '=');
	AUTO_FREE char *name = eq ? str_fmt("%s%.*s", key, (int)(eq - value), value) : NULL;

	if (!eq || eq == value)
		return 1;
	return name ? set(t, name, eq + 1) : -ENOMEM;
}

static int take_arch(struct taker *t, const char *key, const char *value)
{
	static const char *const known[][2] = {
		{ "x86_64", "amd64" }, { "amd64", "amd64" },  { "i686", "i386" },
		{ "i386", "i386" },    { "x86", "i386" },     { "aarch64", "arm64" },
		{ "arm64", "arm64" },  { "armv7l", "armhf" }, { "armhf", "armhf" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(value, known[i][0]))
			return set(t, key, known[i][1]);
	return 1;
}

/* Collected: several lines add up. */
static int take_caps(struct taker *t, const char *key, const char *value)
{
	AUTO_STRV struct strv caps = { 0 };

	(void)key;
	if (!*value)
		return 1; /* LXC: forget what was dropped before, by an include that we have not
			     read */
	if (strv_split(&caps, value, " \t") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < caps.n; i++)
		buf_fmt(&t->caps, "%s%s", t->caps.len ? "," : "", caps.v[i]);
	return t->caps.failed ? -ENOMEM : 0;
}

static int take_rootfs(struct taker *t, const char *key, const char *value)
{
	(void)key;
	if (str_starts(value, "dir:"))
		value += strlen("dir:");
	return str_eq(value, t->rootfs) ? 0 : 1;
}

/* ---- mounts --------------------------------------------------------------------------------- */

struct mount_words {
	bool bind, readonly, optional;
};

/* What an fstab's options say; those that are left over go to @rest. */
static int split_options(const char *text, struct mount_words *m, struct buf *rest)
{
	/* of bind mounts, or what is so anyway: the target is made when it is missing */
	static const char *const silent[] = { "defaults",   "rw",	   "relative",
					      "create=dir", "create=file", "rprivate" };
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, text, ",") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < words.n; i++) {
		const char *w = words.v[i];
		bool known = false;

		for (size_t k = 0; k < sizeof(silent) / sizeof(silent[0]); k++)
			known |= str_eq(w, silent[k]);
		if (str_eq(w, "bind") || str_eq(w, "rbind"))
			m->bind = true;
		else if (str_eq(w, "ro"))
			m->readonly = true;
		else if (str_eq(w, "optional"))
			m->optional = true;
		else if (!known)
			buf_fmt(rest, "%s%s", rest->len ? "," : "", w);
	}
	return rest->failed ? -ENOMEM : 0;
}

/* zone makes these itself. */
static bool is_ours(const char *target)
{
	static const char *const dirs[] = { "proc", "sys", "dev" };

	target += strspn(target, "/");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (str_starts(target, dirs[i]) && strchr("/", target[strlen(dirs[i])]))
			return true;
	return false;
}

static int set_mount(struct taker *t, const char *field, const char *value)
{
	AUTO_FREE char *key = str_fmt("mount.lxc%u.%s", t->mounts, field);

	return key ? set(t, key, value) : -ENOMEM;
}

static int set_mount_keys(struct taker *t, const char *source, const char *target,
			  const struct mount_words *m, const char *options)
{
	int r = set_mount(t, "source", source);

	if (r == 0)
		r = set_mount(t, "target", target);
	if (r == 0 && m->readonly)
		r = set_mount(t, "readonly", "true");
	if (r == 0 && m->optional)
		r = set_mount(t, "optional", "true");
	if (r == 0 && options)
		r = set_mount(t, "options", options);
	t->mounts++;
	return r;
}

/* An fstab line; the target may be relative to the root. */
static int take_mount(struct taker *t, const char *key, const char *value)
{
	AUTO_BUF struct buf target = { 0 }, options = { 0 };
	AUTO_STRV struct strv w = { 0 };
	struct mount_words m = { 0 };
	bool tmpfs;

	(void)key;
	if (strv_split(&w, value, " \t") < 0)
		return -ENOMEM;
	if (w.n < 4 || is_ours(w.v[1]))
		return 1;
	if (split_options(w.v[3], &m, &options) < 0)
		return -ENOMEM;
	tmpfs = str_eq(w.v[2], "tmpfs");
	if (!tmpfs && (!m.bind || w.v[0][0] != '/'))
		return 1;
	buf_fmt(&target, "/%s", w.v[1] + strspn(w.v[1], "/"));
	if (target.failed)
		return -ENOMEM;
	return set_mount_keys(t, tmpfs ? "tmpfs" : w.v[0], target.p, &m, options.p);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static const struct {
	const char *lxc;
	take_fn *take;
	const char *key;
} rows[] = {
	{ "lxc.signal.halt", take_plain, "stop.signal" },
	{ "lxc.signal.reboot", take_plain, "reboot.signal" },
	{ "lxc.signal.stop", take_stop, NULL },
	{ "lxc.mount.entry", take_mount, NULL },
	{ "lxc.tty.max", take_number, "console.ttys" },
	{ "lxc.uts.name", take_plain, "hostname" },
	{ "lxc.environment", take_environment, "init.env." },
	{ "lxc.cap.drop", take_caps, NULL },
	{ "lxc.rootfs.path", take_rootfs, NULL },
	{ "lxc.arch", take_arch, "arch" },
};

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	for (end = s + strlen(s); end > s && strchr(" \t\r", end[-1]); end--)
		end[-1] = '\0';
	if (end - s >= 2 && (*s == '"' || *s == '\'') && end[-1] == *s) {
		end[-1] = '\0';
		s++;
	}
	return s;
}

static int take_line(struct taker *t, char *line)
{
	char *eq = strchr(line, '='), *key, *value;
	int r = 1;

	if (!eq)
		return 0; /* no setting */
	*eq = '\0';
	key = trim(line);
	value = trim(eq + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(key, rows[i].lxc))
			r = rows[i].take(t, rows[i].key, value);
	if (r == 1) {
		AUTO_FREE char *shown = str_fmt("%s = %s", key, value);

		if (!shown)
			return -ENOMEM;
		r = strv_has(&t->ret->ignored, shown) ? 0 : strv_add(&t->ret->ignored, shown);
	}
	return r;
}

int lxc_config_take(char *text, const char *rootfs, struct template_result *ret)
{
	struct taker t = { .ret = ret, .rootfs = rootfs };
	char *save = NULL;
	int r = 0;

	for (char *l = strtok_r(text, "\n", &save); r == 0 && l; l = strtok_r(NULL, "\n", &save)) {
		l += strspn(l, " \t");
		if (*l != '#')
			r = take_line(&t, l);
	}
	if (r == 0 && t.caps.len)
		r = set(&t, "security.caps_drop", t.caps.p);
	buf_done(&t.caps);
	return r;
}
