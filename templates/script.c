/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Template scripts with LXC's contract: called as root with --path, --name and --rootfs before
 * their own arguments, they fill the root file system and add to the configuration in PATH/config.
 * They are trusted programs of the administrator; what they write is mapped by lxc_config.c.
 */
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "templates/args.h"
#include "templates/lxc_config.h"

#define CONFIG	   "config"
#define CONFIG_MAX (1U << 20)

/* The arguments are the script's own; whether they are good it says when it runs. */
static int script_prepare(const struct template_args *a, struct template_result *ret,
			  struct zerr *e)
{
	(void)ret;
	if (a->zone && a->word)
		return 0;
	return zerr_as(e, ZERR_USAGE, "template %s: a name for the zone is missing",
		       a->word ? a->word : "script");
}

static int make_argv(const struct template_args *a, const char *dir, const char *rootfs,
		     struct strv *argv)
{
	int r = strv_add(argv, a->word);

	if (r == 0)
		r = strv_addf(argv, "--path=%s", dir);
	if (r == 0)
		r = strv_addf(argv, "--name=%s", a->zone);
	if (r == 0)
		r = strv_addf(argv, "--rootfs=%s", rootfs);
	for (int i = 0; r == 0 && i < a->argc; i++)
		r = strv_add(argv, a->argv[i]);
	return r;
}

/* What it printed, for the user to read. */
static void show(const struct buf *out)
{
	char *save = NULL;

	for (char *l = out->p ? strtok_r(out->p, "\n", &save) : NULL; l;
	     l = strtok_r(NULL, "\n", &save))
		log_note("%s", l);
}

static int run_script(const struct template_args *a, const char *dir, const char *rootfs,
		      struct zerr *e)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_BUF struct buf out = { 0 };
	struct run_args run = { .out = &out };
	int r = make_argv(a, dir, rootfs, &argv);

	if (r < 0)
		return zerr_code(e, -r, "template");
	run.argv = (const char *const *)argv.v;
	r = run_program(&run, NULL, e);
	show(&out);
	return r;
}

static int take_config(int dir, const char *rootfs, struct template_result *ret, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	int r = fs_read(dir, CONFIG, CONFIG_MAX, &text);

	if (r == 0 && text.p)
		r = lxc_config_take(text.p, rootfs, ret);
	return r < 0 ? zerr_code(e, -r, "the script's configuration") : 0;
}

/* LXC's path of a container is the directory that holds its root; the configuration in it is only
 * lent to the script. */
static int script_build(const struct template_args *a, int root, const char *path,
			struct template_result *ret, struct zerr *e)
{
	AUTO_FREE char *dir_path = strdup(path);
	AUTO_BUF struct buf config = { 0 };
	AUTO_CLOSE int dir = -1;
	struct zerr other = { 0 };
	char *slash = dir_path ? strrchr(dir_path, '/') : NULL;
	int r;

	(void)root;
	buf_fmt(&config, "lxc.rootfs.path = dir:%s\n", path);
	if (!slash || config.failed)
		return zerr_code(e, ENOMEM, "template");
	*slash = '\0';
	dir = fs_open_dir(dir_path, e);
	if (dir < 0)
		return dir;
	r = fs_write(dir, CONFIG, config.p, config.len, 0600, false, e);
	if (r == 0)
		r = run_script(a, dir_path, path, e);
	if (r == 0)
		r = take_config(dir, path, ret, e);
	return fs_remove(dir, CONFIG, r < 0 ? &other : e) < 0 && r == 0 ? -e->code : r;
}

const struct template_ops template_script = {
	.name = "script",
	.help = "a script with LXC's template contract, by its path",
	.prepare = script_prepare,
	.build = script_build,
};
