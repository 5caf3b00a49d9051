/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What init is started with: its environment, and the stub where the command needs one. */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "base/own.h"
#include "base/run.h"
#include "core/boot.h"

/* "NAME=VALUE", or nothing when there is no value. */
static int add(struct strv *env, const char *name, const char *value)
{
	return value ? strv_addf(env, "%s=%s", name, value) : 0;
}

/* The value of @key in the text of an os-release file, without its quotes; or NULL. */
static char *release_value(const char *text, const char *key)
{
	const size_t len = strlen(key);

	for (const char *l = text; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
		if (strncmp(l, key, len) != 0 || l[len] != '=')
			continue;
		const char *v = l + len + 1;
		const bool quoted = *v == '"' || *v == '\'';
		const char end[] = { quoted ? *v : '\n', '\n', '\0' };

		v += quoted;
		return strndup(v, strcspn(v, end));
	}
	return NULL;
}

/* container_host_id and its like: what the host is. */
static int add_host(struct boot *b)
{
	static const char *const keys[] = { "ID", "VERSION_ID", "BUILD_ID", "VARIANT_ID" };
	int r = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && r == 0; i++) {
		AUTO_FREE char *value = b->release.p ? release_value(b->release.p, keys[i]) : NULL;
		char name[32] = "container_host_";

		for (size_t n = strlen(name), k = 0; keys[i][k]; k++)
			name[n++] = (char)tolower((unsigned char)keys[i][k]);
		r = add(&b->env, name, value);
	}
	return r;
}

/* container_ttys: the consoles beside /dev/console, "pts/1 pts/2". */
static int list_ttys(const struct boot *b, struct buf *ret)
{
	for (unsigned i = 1; i < b->consoles_n; i++)
		buf_fmt(ret, "%spts/%u", i > 1 ? " " : "", i);
	return ret->failed ? -ENOMEM : 0;
}

/* As sd_listen_fds(3) has it: init is process 1. */
static int add_listen(struct boot *b)
{
	int r = b->listen_n ? strv_addf(&b->env, "LISTEN_FDS=%u", b->listen_n) : 0;

	if (r == 0 && b->listen_n)
		r = strv_add(&b->env, "LISTEN_PID=1");
	return r < 0 ? r : add(&b->env, "LISTEN_FDNAMES", b->listen_n ? b->listen_names : NULL);
}

static int make_environment(struct boot *b, struct zerr *e)
{
	const struct pairs *own = &b->z->spec.init_env;
	AUTO_BUF struct buf ttys = { 0 };
	const struct {
		const char *name, *value;
	} rows[] = {
		/* systemd.io/CONTAINER_INTERFACE */
		{ "container", "zone" },
		{ "container_uuid", record_get(&b->z->manifest, "uuid") },
		{ "NOTIFY_SOCKET", "/run/host/notify" },
		{ "CREDENTIALS_DIRECTORY",
		  b->z->spec.credentials.n ? "/run/host/credentials" : NULL },
		{ "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		{ "TERM", "xterm-256color" },
		{ "HOME", b->args->argv ? "/root" : NULL },
	};
	int r = list_ttys(b, &ttys);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == 0; i++)
		r = add(&b->env, rows[i].name, rows[i].value);
	if (r == 0)
		r = add_host(b);
	if (r == 0)
		r = add_listen(b);
	if (r == 0)
		r = add(&b->env, "container_ttys", ttys.p);
	for (size_t i = 0; i < own->n && r == 0; i++)
		r = add(&b->env, own->v[i].name, own->v[i].value);
	return r < 0 ? zerr_code(e, ENOMEM, "environment") : 0;
}

static int prepare_stub(struct boot *b, struct zerr *e)
{
	AUTO_FREE char *path = run_helper("zone-init");

	if (b->kind != KIND_STUB)
		return 0;
	b->gift.init = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (b->gift.init < 0)
		return zerr_sys(e, "stub init");
	/* its argv[0] is a name only; the command follows */
	AUTO_STRV struct strv v = { 0 };
	int r = strv_add(&v, "zone-init");
	for (size_t i = 0; i < b->argv.n && r == 0; i++)
		r = strv_add(&v, b->argv.v[i]);
	if (r < 0)
		return zerr_code(e, ENOMEM, "stub init");
	strv_done(&b->argv);
	b->argv = v;
	v = (struct strv){ 0 };
	return 0;
}

int init_prepare(struct boot *b, struct zerr *e)
{
	const int r = make_environment(b, e);

	return r < 0 ? r : prepare_stub(b, e);
}
