/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone create, zone destroy. */
#include <stdio.h>

#include "cmd/each.h"
#include "cmd/out.h"
#include "cmd/secret.h"
#include "cmd/tty.h"
#include "cmd/verbs.h"

struct create_opts {
	const char *template;
	const char *backend;
	uint64_t size;
	bool privileged;
	struct strv set, credentials, load_credentials, ssh_keys;
	const char *password_hash, *cloud_init;
};
#define C(member) offsetof(struct create_opts, member)

static const struct opt create_opts[] = {
	{ 't', "template", "TEMPLATE",
	  "download, local, oci, busybox, debootstrap, none, or a script", OPT_STR, C(template) },
	{ 'B', "backend", "BACKEND", "how its root is stored (best)", OPT_STR, C(backend) },
	{ 0, "size", "SIZE", "at most so many bytes for its root", OPT_SIZE, C(size) },
	{ 0, "privileged", NULL, "without a user namespace: its root is the host's", OPT_FLAG,
	  C(privileged) },
	{ 's', "set", "KEY=VALUE", "a key of its configuration; may be repeated", OPT_LIST,
	  C(set) },
	{ 0, "ssh-key", "FILE", "public keys that may log in as root; may be repeated", OPT_LIST,
	  C(ssh_keys) },
	{ 0, "password-hash", "HASH|-", "root's password, hashed; - reads it from standard input",
	  OPT_STR, C(password_hash) },
	{ 0, "cloud-init", "FILE", "user-data for cloud-init", OPT_STR, C(cloud_init) },
	{ 0, "credential", "ID=VALUE", "a credential for init; may be repeated", OPT_LIST,
	  C(credentials) },
	{ 0, "load-credential", "ID:PATH", "the same from a file", OPT_LIST, C(load_credentials) },
	{ 0 },
};

/* A line of a template's listing. */
static void print_line(void *arg, const char *line)
{
	struct zerr *e = arg;

	if (e->code == 0)
		(void)out_line(e, "%s", line); /* the first failure stays in @e */
}

static int create_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct create_opts *o = opts;
	char hash[SECRET_MAX] = "";
	struct zerr print = { 0 };
	struct zone_create z = {
		.template = o->template,
		.backend = o->backend,
		.size = o->size,
		.privileged = o->privileged,
		.set = &o->set,
		.credentials = &o->credentials,
		.load_credentials = &o->load_credentials,
		.ssh_keys = &o->ssh_keys,
		.password_hash = o->password_hash,
		.cloud_init = o->cloud_init,
		.template_argc = c->n_rest,
		.template_argv = c->rest,
		.terminal = tty_is_ours(),
		.print = print_line,
		.print_arg = &print,
	};
	int r = cmd_host(c, e);

	if (r == 0 && str_eq(o->password_hash, "-")) {
		r = secret_read("Hash of root's password", hash, e);
		z.password_hash = hash;
	}
	if (r == 0)
		r = zone_create(c->host, c->name, &z, e);
	if (r == 0 && print.code) {
		*e = print;
		r = -print.code;
	}
	if (r == 0 && c->name && o->privileged && !c->opt.quiet)
		(void)fprintf(
			stderr,
			"note: %s is privileged: root in it is root of the host, held back only "
			"by namespaces, fewer capabilities and the system call filter\n",
			c->name);
	return r;
}

const struct verb verb_create = {
	.name = "create",
	.args = "NAME [-- TEMPLATE-ARGS]",
	.help = "make a zone",
	.group = GROUP_MAKE,
	.flags = VERB_NAME | VERB_NAME_OPTIONAL | VERB_REST,
	.opts = create_opts,
	.opts_size = sizeof(struct create_opts),
	.run = create_run,
};

struct destroy_opts {
	bool force, snapshots;
};
#define D(member) offsetof(struct destroy_opts, member)

static const struct opt destroy_opts[] = {
	{ 'f', "force", NULL, "stop it first", OPT_FLAG, D(force) },
	{ 's', "snapshots", NULL, "with its snapshots", OPT_FLAG, D(snapshots) },
	{ 0 },
};

static int destroy_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const struct destroy_opts *o = opts;

	return zone_destroy(c->host, name, o->force, o->snapshots, e);
}

static bool has_autostart(struct cmd *c, const char *name)
{
	AUTO_STRV struct strv v = { 0 };
	struct zerr ignored = { 0 };

	return zone_get(c->host, name, "autostart", &v, &ignored) == 0 && str_eq(v.v[1], "true");
}

/* Those that others stand on come last: what stands on them may be among the others. */
static int destroy_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 }, first = { 0 }, last = { 0 };
	bool units = false;
	int r = each_begin(c, &names, e);

	for (size_t i = 0; i < names.n && r == 0; i++) {
		struct zerr ignored = { 0 }; /* it will be told when its turn comes */
		const bool shared = zone_is_shared(c->host, names.v[i], &ignored) > 0;

		units = units || has_autostart(c, names.v[i]);
		r = strv_add(shared ? &last : &first, names.v[i]);
	}
	if (r < 0)
		return r == -ENOMEM ? zerr_code(e, ENOMEM, "names") : r;
	r = each_of(c, &first, opts);
	r = status_combine(r, each_of(c, &last, opts));
	if (units)
		zone_units_reload(c->host);
	return r;
}

const struct verb verb_destroy = {
	.name = "destroy",
	.args = "NAME...",
	.help = "remove zones with all that is in them",
	.group = GROUP_MAKE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = destroy_opts,
	.opts_size = sizeof(struct destroy_opts),
	.run = destroy_run,
	.each = destroy_each,
};
