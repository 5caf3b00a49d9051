/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table of verbs, the common options, and the look-up in both. Knows no zone. */
#include "cmd/verbs.h"

#include <string.h>

/* clang-format off */
const struct verb *const verbs[] = {
	&verb_create,
	&verb_destroy,
	&verb_rename,
	&verb_start,
	&verb_stop,
	&verb_restart,
	&verb_reboot,
	&verb_kill,
	&verb_freeze,
	&verb_thaw,
	&verb_wait,
	&verb_enable,
	&verb_disable,
	&verb_autostart,
	&verb_console,
	&verb_exec,
	&verb_run,
	&verb_push,
	&verb_pull,
	&verb_passwd,
	&verb_ls,
	&verb_info,
	&verb_top,
	&verb_monitor,
	&verb_metrics,
	&verb_verify,
	&verb_get,
	&verb_set,
	&verb_unset,
	&verb_edit,
	&verb_device_add,
	&verb_device_rm,
	&verb_clone,
	&verb_snapshot,
	&verb_snapshot_create,
	&verb_snapshot_ls,
	&verb_snapshot_restore,
	&verb_snapshot_rm,
	&verb_snapshot_diff,
	&verb_export,
	&verb_import,
	&verb_image_ls,
	&verb_image_pull,
	&verb_image_rm,
	&verb_image_prune,
	&verb_image_verify,
	&verb_image_publish,
	&verb_network_create,
	&verb_network_ls,
	&verb_network_info,
	&verb_network_set,
	&verb_network_rm,
	&verb_network_up,
	&verb_network_down,
	&verb_network_attach,
	&verb_network_detach,
	&verb_network_tap,
	&verb_forward_add,
	&verb_forward_ls,
	&verb_forward_rm,
	&verb_pool_create,
	&verb_pool_ls,
	&verb_pool_rm,
	&verb_checkconfig,
	&verb_help,
	NULL,
};
/* clang-format on */

#define F(member) offsetof(struct common, member)

const struct opt global_opts[] = {
	{ 'P', "path", "PATH|POOL", "where zones are, instead of /var/lib/zone", OPT_STR, F(path) },
	{ 'q', "quiet", NULL, "errors and results only", OPT_FLAG, F(quiet) },
	{ 'v', "verbose", NULL, "say what is being done", OPT_FLAG, F(verbose) },
	{ 0, "json", NULL, "print JSON", OPT_FLAG, F(json) },
	{ 0, "lock-wait", "S", "wait so long for another command's lock (10)", OPT_SECS,
	  F(lock_wait) },
	{ 0, "version", NULL, "print the version", OPT_FLAG, F(version) },
	{ 'h', "help", NULL, "print this help", OPT_FLAG, F(help) },
	{ 0 },
};

/* After the verb. Its tail serves verbs with one name (from -n), or with none (from -P). */
static const struct opt common_opts[] = {
	{ 0, "all", NULL, "all zones", OPT_FLAG, F(all) },
	{ 'j', "jobs", "N", "so many zones at a time (1)", OPT_UINT, F(jobs) },
	{ 'n', "name", "NAME", "the zone, or network", OPT_LIST, F(names) },
	{ 'P', "path", "PATH|POOL", "where zones are, instead of /var/lib/zone", OPT_STR, F(path) },
	{ 'q', "quiet", NULL, "errors and results only", OPT_FLAG, F(quiet) },
	{ 'v', "verbose", NULL, "say what is being done", OPT_FLAG, F(verbose) },
	{ 0, "json", NULL, "print JSON", OPT_FLAG, F(json) },
	{ 0, "lock-wait", "S", "wait so long for another command's lock (10)", OPT_SECS,
	  F(lock_wait) },
	{ 'h', "help", NULL, "print this help", OPT_FLAG, F(help) },
	{ 0 },
};
enum { COMMON_NAMES = 0, COMMON_NAME = 2, COMMON_PLAIN = 3 };

const struct opt *verb_common(const struct verb *v)
{
	if (v->flags & VERB_NAMES)
		return &common_opts[COMMON_NAMES];
	if (v->flags & (VERB_NAME | VERB_PATTERNS | VERB_NETWORK))
		return &common_opts[COMMON_NAME];
	return &common_opts[COMMON_PLAIN];
}

/* Whether @name is "@word", or "@word @sub". */
static bool is_called(const char *name, const char *word, const char *sub)
{
	const size_t len = strlen(word);

	if (strncmp(name, word, len) != 0)
		return false;
	if (!sub)
		return name[len] == '\0';
	return name[len] == ' ' && strcmp(name + len + 1, sub) == 0;
}

const struct verb *verb_find(const char *word, const char *sub)
{
	for (size_t i = 0; verbs[i]; i++) {
		const struct verb *v = verbs[i];

		if (is_called(v->name, word, sub) || (v->alias && is_called(v->alias, word, sub)))
			return v;
	}
	return NULL;
}

bool verb_is_group(const char *word)
{
	const size_t len = strlen(word);

	for (size_t i = 0; verbs[i]; i++)
		if (strncmp(verbs[i]->name, word, len) == 0 && verbs[i]->name[len] == ' ')
			return true;
	return false;
}

/* Append the word of @name that belongs to @group, unless it is there already. */
static int add_word(const char *group, const char *name, struct strv *ret)
{
	const size_t len = group ? strlen(group) : 0;
	const char *space = strchr(name, ' ');
	AUTO_STRV struct strv first = { 0 };
	int r;

	if (group)
		return space && (size_t)(space - name) == len && strncmp(name, group, len) == 0
			       ? strv_add(ret, space + 1)
			       : 0;
	r = strv_split(&first, name, " ");
	if (r < 0)
		return r;
	return strv_has(ret, first.v[0]) ? 0 : strv_add(ret, first.v[0]);
}

int verb_words(const char *group, struct strv *ret)
{
	int r = 0;

	for (size_t i = 0; verbs[i] && r == 0; i++) {
		r = add_word(group, verbs[i]->name, ret);
		if (r == 0 && verbs[i]->alias)
			r = add_word(group, verbs[i]->alias, ret);
	}
	return r;
}

int verb_unknown(const char *group, const char *word, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	const char *near;
	int r;

	r = verb_words(group, &words);
	if (r < 0)
		return zerr_code(e, -r, "verbs");
	r = zerr_as(e, ZERR_USAGE, "unknown verb \"%s%s%s\"", group ? group : "", group ? " " : "",
		    word);
	near = str_nearest(word, (const char *const *)words.v);
	if (near)
		return zerr_hint(e, r, "did you mean \"%s%s%s\"?", group ? group : "",
				 group ? " " : "", near);
	return zerr_hint(e, r, "\"zone help\" lists them");
}
