/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image module on a store and a cache of one's own, without the rest of zone: for pull.bats.
 * pull_driver STORE CACHE VERB [ARGUMENT] [options]. Prints results as words on standard output,
 * and errors, hints and warnings as the command does.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/opts.h"
#include "base/own.h"
#include "base/steps.h"
#include "image/module.h"

struct options {
	const char *server, *keyring, *cafile, *keys, *config, *user;
	bool require_signature, no_verify, force_cache, flush_cache, expired, progress;
	unsigned timeout;
};

#define OFF(field) offsetof(struct options, field)
static const struct opt opts[] = {
	{ 0, "server", "URL", "", OPT_STR, OFF(server) },
	{ 0, "keyring", "FILE", "", OPT_STR, OFF(keyring) },
	{ 0, "cafile", "FILE", "", OPT_STR, OFF(cafile) },
	{ 0, "keys", "DIR", "", OPT_STR, OFF(keys) },
	{ 0, "config", "FILE", "", OPT_STR, OFF(config) },
	{ 0, "user", "NAME", "who stands on every image", OPT_STR, OFF(user) },
	{ 0, "require-signature", NULL, "", OPT_FLAG, OFF(require_signature) },
	{ 0, "no-verify", NULL, "", OPT_FLAG, OFF(no_verify) },
	{ 0, "force-cache", NULL, "", OPT_FLAG, OFF(force_cache) },
	{ 0, "flush-cache", NULL, "", OPT_FLAG, OFF(flush_cache) },
	{ 0, "expired", NULL, "", OPT_FLAG, OFF(expired) },
	{ 0, "progress", NULL, "", OPT_FLAG, OFF(progress) },
	{ 0, "timeout", "S", "", OPT_UINT, OFF(timeout) },
	{ 0 },
};

static void print_log(enum log_level level, const char *text, void *arg)
{
	static const char *const words[] = { "warning", "note", "debug" };

	(void)arg;
	(void)fprintf(stderr, "%s: %s\n", words[level], text);
}

static void print_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)fprintf(stderr, "progress: %s %llu/%llu\n", what, (unsigned long long)done,
		      (unsigned long long)total);
}

static int users(void *arg, const char *fingerprint, struct strv *ret, struct zerr *e)
{
	(void)fingerprint;
	(void)e;
	return arg ? strv_add(ret, arg) : 0;
}

static void print_image(const struct image *i)
{
	(void)printf("%s/%s/%s/%s build=%s fingerprint=%s verified=%s server=%s templates=%zu\n",
		     i->ref.dist, i->ref.release, i->ref.arch, i->ref.variant, i->build,
		     i->fingerprint, i->verified, i->server, i->templates.n);
}

struct call {
	const struct image_module *m;
	struct image_env env;
	struct image_source src;
	const struct options *o;
	const char *arg;
};

static int do_pull(const struct call *c, struct zerr *e)
{
	AUTO_IMAGE struct image i = { 0 };
	struct image_ref ref = { 0 };
	int r = image_ref_parse(c->arg, &ref, e);

	if (r == 0)
		r = c->m->pull(&c->env, &ref, &c->src, c->o->progress ? print_progress : NULL, NULL,
			       &i, e);
	if (r == 0)
		print_image(&i);
	image_ref_done(&ref);
	return r;
}

static int do_list(const struct call *c, struct zerr *e)
{
	struct image_rows rows = { 0 };
	const struct image_ref ref = { .release = (char *)c->arg };
	int r = c->m->list_remote(&c->env, &ref, &c->src, &rows, e);

	for (size_t i = 0; r == 0 && i < rows.n; i++)
		(void)printf("%s/%s/%s/%s build=%s cached=%d verified=%s size=%llu\n",
			     rows.v[i].ref.dist, rows.v[i].ref.release, rows.v[i].ref.arch,
			     rows.v[i].ref.variant, rows.v[i].build, rows.v[i].cached,
			     rows.v[i].verified ? rows.v[i].verified : "-",
			     (unsigned long long)rows.v[i].size);
	image_rows_done(&rows);
	return r;
}

static int do_verify(const struct call *c, struct zerr *e)
{
	AUTO_STRV struct strv faults = { 0 };
	const int r = c->m->verify(&c->env, c->arg, &faults, e);

	for (size_t i = 0; i < faults.n; i++)
		(void)printf("%s\n", faults.v[i]);
	return r;
}

static int do_stored(const struct call *c, struct zerr *e)
{
	AUTO_STRV struct strv prints = { 0 };
	const int r = image_store_list(&c->env, &prints, e);

	for (size_t i = 0; i < prints.n; i++)
		(void)printf("%s\n", prints.v[i]);
	return r;
}

static int do_rm(const struct call *c, struct zerr *e)
{
	return image_store_remove(&c->env, c->arg, e);
}

static int do_flush(const struct call *c, struct zerr *e)
{
	return c->m->flush_cache(&c->env, c->o->expired, e);
}

static int run(int argc, char **argv, const struct options *o, struct zerr *e)
{
	static const struct {
		const char *verb;
		int (*fn)(const struct call *c, struct zerr *e);
	} verbs[] = {
		{ "pull", do_pull },	 { "list", do_list }, { "verify", do_verify },
		{ "stored", do_stored }, { "rm", do_rm },     { "flush", do_flush },
	};
	AUTO_CLOSE int store = fs_make_dir(argv[1], 0755, e);
	struct call c = {
		.m = image_module_load(e),
		.env = { .zones = store,
			 .cache = argv[2],
			 .keys = o->keys ? o->keys : "/nonexistent",
			 .config = o->config ? o->config : "/nonexistent/image.conf",
			 .users = users,
			 .users_arg = (void *)o->user },
		.src = { .server = o->server,
			 .keyring = o->keyring,
			 .cafile = o->cafile,
			 .require_signature = o->require_signature,
			 .no_verify = o->no_verify,
			 .force_cache = o->force_cache,
			 .flush_cache = o->flush_cache,
			 .timeout = o->timeout },
		.o = o,
		.arg = argc > 4 ? argv[4] : NULL,
	};

	if (store < 0 || !c.m)
		return store < 0 ? store : -e->code;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (str_eq(argv[3], verbs[i].verb))
			return verbs[i].fn(&c, e);
	return zerr_as(e, ZERR_USAGE, "unknown verb %s", argv[3]);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct opt_parse parse = { .opts = opts, .out = &o };
	struct zerr e = { 0 };
	int operands = 0, rest = 0, r;

	log_set(print_log, NULL);
	steps_catch_signals();
	r = opts_parse(&parse, argc - 1, argv + 1, &operands, &rest, &e);
	if (r == 0 && operands < 3)
		r = zerr_as(&e, ZERR_USAGE, "pull_driver STORE CACHE VERB [ARGUMENT]");
	if (r == 0)
		r = run(operands + 1, argv, &o, &e);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "zone: %s\n", e.msg);
	if (e.hint[0])
		(void)fprintf(stderr, "hint: %s\n", e.hint);
	return e.status ? e.status : 1;
}
