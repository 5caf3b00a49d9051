/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry of templates, and what every template does with its arguments. Must not know what
 * any template does.
 */
#include "templates/template.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "templates/args.h"

const struct template_ops *const templates[] = {
	&template_download,    &template_local, &template_oci, &template_busybox,
	&template_debootstrap, &template_none,	NULL,
};

const struct template_ops *template_find(const char *name, struct zerr *e)
{
	const char *words[sizeof(templates) / sizeof(templates[0])] = { NULL };
	AUTO_BUF struct buf all = { 0 };
	const char *near;
	int r;

	if (name[0] == '/') {
		if (faccessat(AT_FDCWD, name, X_OK, AT_EACCESS) == 0)
			return &template_script;
		(void)zerr_as(e, ZERR_USAGE, "template %s: %s", name, strerror(errno));
		return NULL;
	}
	for (size_t i = 0; templates[i]; i++) {
		if (str_eq(name, templates[i]->name))
			return templates[i];
		words[i] = templates[i]->name;
		buf_fmt(&all, "%s%s", i ? ", " : "", words[i]);
	}
	r = zerr_as(e, ZERR_USAGE, "no template %s: there are %s, and scripts by their path", name,
		    all.p ? all.p : "none");
	near = str_nearest(name, words);
	if (near)
		(void)zerr_hint(e, r, "did you mean %s?", near);
	return NULL;
}

void template_result_done(struct template_result *r)
{
	image_done(&r->image);
	strv_done(&r->config);
	strv_done(&r->ignored);
	*r = (struct template_result){ 0 };
}

struct help {
	bool wanted;
};
static const struct opt help_opts[] = {
	{ 'h', "help", NULL, "print this", OPT_FLAG, offsetof(struct help, wanted) },
	{ 0 },
};

static void print_help(const struct template_args *a, const struct opt *opts)
{
	AUTO_BUF struct buf text = { 0 };
	char *save = NULL;

	opts_help(opts, &text);
	opts_help(help_opts, &text);
	for (char *l = text.p ? strtok_r(text.p, "\n", &save) : NULL; l;
	     l = strtok_r(NULL, "\n", &save))
		template_print(a, "%s", l);
}

int template_opts(const struct template_args *a, const struct opt *opts, void *out,
		  struct template_result *ret, struct zerr *e)
{
	AUTO_FREE char **argv = calloc((size_t)a->argc + 1, sizeof(*argv));
	struct help help = { 0 };
	const struct opt_parse p = {
		.opts = opts,
		.out = out,
		.also = help_opts,
		.also_out = &help,
	};
	int operands = 0, rest = a->argc, r;

	if (!argv)
		return zerr_code(e, ENOMEM, "template");
	if (a->argc > 0)
		memcpy(argv, a->argv, (size_t)a->argc * sizeof(*argv)); /* parsing reorders them */
	r = opts_parse(&p, a->argc, argv, &operands, &rest, e);
	if (r < 0)
		return zerr_in(e, r, "template %s", a->word);
	if (help.wanted) {
		print_help(a, opts);
		ret->done = true;
		return 1;
	}
	if (operands > 0 || rest < a->argc)
		return zerr_as(e, ZERR_USAGE, "template %s: %s: what is that?", a->word,
			       argv[operands > 0 ? 0 : rest]);
	return 0;
}

int template_config(struct template_result *ret, const char *key, const char *value, struct zerr *e)
{
	if (strv_add(&ret->config, key) < 0 || strv_add(&ret->config, value) < 0)
		return zerr_code(e, ENOMEM, "template");
	return 0;
}

void template_print(const struct template_args *a, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	zerr_clean(line);
	if (a->print)
		a->print(a->print_arg, line);
}
