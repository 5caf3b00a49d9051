/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of verbs: one const struct verb per file (or pair), all of them listed in verbs.c.
 * Lookup, help, completion, did-you-mean and the check of the man page are made from it. A new verb
 * is one file, one line here, one line in verbs.c, one section of zone(8).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opts.h"
#include "base/str.h"
#include "cmd/progress.h"
#include "zone.h"

enum verb_group {
	GROUP_MAKE,
	GROUP_LIFE,
	GROUP_INSIDE,
	GROUP_LOOK,
	GROUP_CONFIG,
	GROUP_SNAPSHOT,
	GROUP_IMAGE,
	GROUP_NETWORK,
	GROUP_HOST,
};

enum {
	VERB_NAME = 1,		 /* the first operand (or -n) is a zone's name */
	VERB_NAME_OPTIONAL = 2,	 /* … which may be missing */
	VERB_NAMES = 4,		 /* names, globs, --all, -j; all operands are names */
	VERB_NAMES_OPTIONAL = 8, /* … none is all */
	VERB_PATTERNS = 16,	 /* operands (or -n) are patterns of names; none is all */
	VERB_REST = 32,		 /* takes what stands behind "--" */
	VERB_ANYONE = 64,	 /* needs no root */
	VERB_COMMAND = 128,	 /* the status is a command's: failures of our own are 125 */
	VERB_STATE = 256,	 /* … but 3 and 4 are kept */
	VERB_NETWORK = 512,	 /* the first operand (or -n) is a network's name */
};

/* What every verb understands, before and after its name. */
struct common {
	const char *path;
	bool quiet, verbose, json, version, help;
	int lock_wait; /* seconds; -1: for ever */
	bool all;
	unsigned jobs;
	struct strv names; /* -n */
};

struct verb;

/* One invocation. */
struct cmd {
	struct common opt;
	const struct verb *verb;
	struct zone_host *host; /* by cmd_host() */
	const char *name;	/* with VERB_NAME; NULL when left out. Errors name it */
	char **args; /* operands behind NAME; with VERB_NAMES the names; NULL-terminated */
	int n_args;
	char **rest; /* behind "--", NULL-terminated; NULL when there is no "--" */
	int n_rest;
	int64_t started;   /* now_ms() */
	char **words;	   /* memory of args and rest */
	void *opts;	   /* the verb's own structure, filled */
	const char *group; /* "zone image -h": help is asked for its verbs */
	struct progress progress;
};

struct verb {
	const char *name; /* "start", "image ls" */
	const char *alias;
	const char *args; /* as help prints them; completion reads the words too */
	const char *help;
	enum verb_group group;
	unsigned flags;
	int min_args, max_args; /* operands beside NAME; max -1: any number */
	const struct opt *opts; /* NULL: none of its own */
	const void *defaults;	/* of the structure that opts fill, NULL: zeros */
	size_t opts_size;
	/* Whole verb. The exit status, or -errno and @e. NULL: each_run() with `each`. */
	int (*run)(struct cmd *c, void *opts, struct zerr *e);
	/* One zone. 0, or -errno and @e. */
	int (*each)(struct cmd *c, const char *name, void *opts, struct zerr *e);
};

/* All verbs, by group; ends with NULL. */
extern const struct verb *const verbs[];
/* Options before the verb. */
extern const struct opt global_opts[];
/* Those that @v takes beside its own. */
const struct opt *verb_common(const struct verb *v);

/* The verb called @word (a name or an alias), or "@word @sub" when @sub is not NULL; or NULL. */
const struct verb *verb_find(const char *word, const char *sub);
/* Whether there are verbs "@word SOMETHING". */
bool verb_is_group(const char *word);
/* Appends all first words (@group NULL) or the second words of @group. */
int verb_words(const char *group, struct strv *ret);
/* A usage error: unknown @word (of @group), with the nearest as hint. */
int verb_unknown(const char *group, const char *word, struct zerr *e);

/* The list of verbs; of one; of a group's. */
void help_all(struct buf *out);
void help_verb(const struct verb *v, struct buf *out);
void help_group(const char *group, struct buf *out);
/* All tables as one JSON object: programs that wrap zone, and the check of the man page, read it.
 */
void help_json(struct buf *out);

/* Fill @c from argv[1..]: common options, the verb, its options, operands. Errors are usage errors;
 * c->verb is set as soon as it is known. With -h or --version what is left is not looked at. */
int cmd_parse(struct cmd *c, int argc, char **argv, struct zerr *e);
void cmd_done(struct cmd *c);

/* The host, opened at the first call and closed by main. 0, or -errno and @e. */
int cmd_host(struct cmd *c, struct zerr *e);
/* Open another host handle with the options of @c; without progress when @quiet. */
int cmd_open(struct cmd *c, bool quiet, struct zone_host **ret, struct zerr *e);

/* Milliseconds of an OPT_SECS value: -1 stays, what is too much becomes the longest there is. */
int cmd_ms(int seconds);
/* The exit status that @e means for @v (NULL: before a verb was found). */
int cmd_status(const struct verb *v, const struct zerr *e);
/* Print "zone: VERB NAME: message" and the hint on standard error. Returns cmd_status(). */
int cmd_fail(struct cmd *c, const char *name, const struct zerr *e);

extern const struct verb verb_create, verb_destroy, verb_start, verb_stop, verb_restart,
	verb_reboot, verb_kill, verb_freeze, verb_thaw, verb_wait, verb_console, verb_exec,
	verb_run, verb_ls, verb_info, verb_get, verb_set, verb_unset, verb_edit, verb_verify,
	verb_help, verb_image_ls, verb_image_pull, verb_image_rm, verb_image_prune,
	verb_image_publish, verb_image_verify, verb_checkconfig, verb_push, verb_pull, verb_monitor,
	verb_clone, verb_export, verb_import, verb_snapshot_diff, verb_rename, verb_snapshot,
	verb_snapshot_create, verb_snapshot_ls, verb_snapshot_restore, verb_snapshot_rm,
	verb_device_add, verb_device_rm, verb_top, verb_metrics, verb_network_create,
	verb_network_ls, verb_network_info, verb_network_set, verb_network_rm, verb_network_up,
	verb_network_down, verb_network_attach, verb_network_detach, verb_network_tap,
	verb_forward_add, verb_forward_ls, verb_forward_rm, verb_pool_create, verb_pool_ls,
	verb_pool_rm, verb_passwd, verb_enable, verb_disable, verb_autostart;
