/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See complete.h. What an operand or an option's argument is, is read from the words of the tables.
 */
#include "cmd/complete.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/out.h"
#include "cmd/row.h"
#include "cmd/verbs.h"

struct complete {
	const char *word; /* being typed */
	const char *lead; /* put before each candidate: "--wait=" */
	struct cmd cmd;	  /* for the host; its name is the zone that was typed */
	struct buf out;
};

static void offer_tail(struct complete *x, const char *candidate, const char *tail)
{
	if (str_starts(candidate, x->word))
		buf_fmt(&x->out, "%s%s%s\n", x->lead, candidate, tail);
}

static void offer(struct complete *x, const char *candidate)
{
	offer_tail(x, candidate, "");
}

static void offer_all(struct complete *x, const struct strv *words)
{
	for (size_t i = 0; i < words->n; i++)
		offer(x, words->v[i]);
}

static bool host(struct complete *x)
{
	struct zerr e = { 0 };

	return geteuid() == 0 && cmd_host(&x->cmd, &e) == 0;
}

static void offer_zones(struct complete *x)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr e = { 0 };

	if (host(x) && zone_names(x->cmd.host, &names, &e) == 0)
		offer_all(x, &names);
}

static void offer_snapshots(struct complete *x)
{
	struct zone_snapshots s = { 0 };
	struct zerr e = { 0 };

	if (!x->cmd.name || !host(x) || zone_snapshot_list(x->cmd.host, x->cmd.name, &s, &e) < 0)
		return;
	for (size_t i = 0; i < s.n; i++)
		offer(x, s.v[i].name);
	zone_snapshots_done(&s);
}

static void offer_pools(struct complete *x)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr e = { 0 };

	if (!host(x) || zone_pool_names(x->cmd.host, &names, &e) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		offer(x, names.v[i]);
}

static void offer_networks(struct complete *x)
{
	struct zone_networks all = { 0 };
	struct zerr e = { 0 };

	if (!host(x) || zone_network_list(x->cmd.host, NULL, &all, &e) < 0)
		return;
	for (size_t i = 0; i < all.n; i++)
		offer(x, all.v[i].name);
	zone_networks_done(&all);
}

static void offer_images(struct complete *x)
{
	const struct zone_image_source here = { 0 };
	struct zone_images images = { 0 };
	struct zerr e = { 0 };

	if (!host(x) ||
	    zone_image_list(x->cmd.host, false, NULL, NULL, NULL, &here, &images, &e) < 0)
		return;
	for (size_t i = 0; i < images.n; i++) {
		AUTO_FREE char *name = str_fmt("%s/%s/%s/%s", images.v[i].dist, images.v[i].release,
					       images.v[i].arch, images.v[i].variant);

		if (name)
			offer(x, name);
	}
	zone_images_done(&images);
}

static void offer_keys(struct complete *x, const char *tail)
{
	struct zone_key k;

	for (unsigned i = 0; zone_key_at(i, &k); i++)
		offer_tail(x, k.name, tail);
}

static void offer_key_values(struct complete *x)
{
	offer_keys(x, "=");
}

static void offer_key_names(struct complete *x)
{
	offer_keys(x, "");
}

static void offer_verbs(struct complete *x)
{
	AUTO_STRV struct strv words = { 0 };

	if (verb_words(NULL, &words) == 0)
		offer_all(x, &words);
}

static void offer_columns(struct complete *x)
{
	const char *comma = strrchr(x->word, ',');
	AUTO_FREE char *lead = NULL;

	if (comma) { /* the last of a list */
		lead = str_fmt("%s%.*s", x->lead, (int)(comma + 1 - x->word), x->word);
		x->lead = lead ? lead : "";
		x->word = comma + 1;
	}
	for (const struct row_field *f = row_fields; f->head; f++)
		offer(x, x->word[0] >= 'a' ? f->json : f->head);
	x->lead = "";
}

static void offer_files(struct complete *x)
{
	buf_str(&x->out, ":files\n");
}

static void offer_dirs(struct complete *x)
{
	buf_str(&x->out, ":dirs\n");
}

static void offer_states(struct complete *x)
{
	static const char *const states[] = { "STOPPED", "RUNNING", "FROZEN", "STARTING",
					      "STOPPING" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		offer(x, states[i]);
}

/* One placeholder of the tables ("NAME", "KEY=VALUE", "a|b|c"). */
static void offer_for(struct complete *x, const char *what)
{
	static const struct {
		const char *what;
		void (*offer)(struct complete *x);
	} kinds[] = {
		{ "NAME", offer_zones },
		{ "PATTERN", offer_zones },
		{ "ZONE", offer_zones },
		{ "SNAP", offer_snapshots },
		{ "IMAGE", offer_images },
		{ "NETWORK", offer_networks },
		{ "POOL", offer_pools },
		{ "KEY", offer_key_names },
		{ "KEY=VALUE", offer_key_values },
		{ "COLS", offer_columns },
		{ "FILE", offer_files },
		{ "SRC", offer_files },
		{ "DST", offer_files },
		{ "TARBALL", offer_files },
		{ "DIR", offer_dirs },
		{ "PATH", offer_dirs },
		{ "VERB", offer_verbs },
		{ "STATE", offer_states },
	};
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, what, "|[]. ") < 0)
		return;
	for (size_t i = 0; i < words.n; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (str_eq(words.v[i], kinds[k].what))
				kinds[k].offer(x);
		if (words.v[i][0] >= 'a' && words.v[i][0] <= 'z')
			offer(x, words.v[i]);
	}
}

/* The option that @word is ("-t", "--wait", "--wait=…"), if it takes an argument. */
static const struct opt *option_of(const struct opt *opts, const char *word)
{
	const size_t len = strcspn(word, "=");

	for (const struct opt *o = opts; o && (o->letter || o->name); o++) {
		if (o->type == OPT_FLAG)
			continue;
		if (word[0] == '-' && word[1] && word[1] == o->letter && !word[2])
			return o;
		if (o->name && str_starts(word, "--") && strlen(o->name) == len - 2 &&
		    strncmp(word + 2, o->name, len - 2) == 0)
			return o;
	}
	return NULL;
}

static void offer_options(struct complete *x, const struct opt *opts)
{
	for (const struct opt *o = opts; o && (o->letter || o->name); o++) {
		AUTO_FREE char *text =
			o->name ? str_fmt("--%s", o->name) : str_fmt("-%c", o->letter);

		if (text)
			offer(x, text);
	}
}

/* The placeholder of operand @n in "NAME SRC... DST": the last one is for all that follow. */
static void offer_operand(struct complete *x, const char *args, int n)
{
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, args, " ") < 0)
		return;
	for (size_t i = 0; i < words.n; i++) {
		const bool repeats = strstr(words.v[i], "...") != NULL;

		if (str_starts(words.v[i], "[--") || str_eq(words.v[i], "--"))
			return;
		if (i == (size_t)n || (repeats && i < (size_t)n)) {
			offer_for(x, words.v[i]);
			return;
		}
	}
}

/* Where the words have led to. */
struct place {
	const struct opt *own, *also; /* options that are possible */
	const char *args;	      /* operands, NULL: a verb comes */
	int operands;		      /* so many were given */
	const struct opt *pending;    /* the last word was this option */
	bool rest;		      /* behind "--" */
};

static void take_word(struct complete *x, struct place *p, const char *word)
{
	const struct opt *o = option_of(p->own, word);

	o = o ? o : option_of(p->also, word);
	if (p->pending) {
		if (p->pending->letter == 'n')
			x->cmd.name = word;
		if (p->pending->letter == 'P')
			x->cmd.opt.path = word;
		p->operands += p->pending->letter == 'n';
		p->pending = NULL;
	} else if (str_eq(word, "--")) {
		p->rest = true;
	} else if (o && (word[1] != '-' || !strchr(word, '='))) {
		p->pending = o;
	} else if (word[0] != '-') {
		if (p->operands++ == 0)
			x->cmd.name = word;
	}
}

/* The verb of words[0..n), and how many words it has. */
static const struct verb *find(char **words, int n, int *ret_used)
{
	const struct verb *v = n > 1 ? verb_find(words[0], words[1]) : NULL;

	*ret_used = v ? 2 : 1;
	return v ? v : verb_find(words[0], NULL);
}

static void complete_word(struct complete *x, const struct place *p, const char *group)
{
	const char *equals = str_starts(x->word, "--") ? strchr(x->word, '=') : NULL;
	const struct opt *o = p->pending;
	AUTO_FREE char *lead = NULL;
	AUTO_STRV struct strv subs = { 0 };

	if (!o && equals) {
		o = option_of(p->own, x->word);
		o = o ? o : option_of(p->also, x->word);
		lead = str_fmt("%.*s", (int)(equals + 1 - x->word), x->word);
		x->lead = lead ? lead : "";
		x->word = equals + 1;
	}
	if (p->rest) {
		offer_files(x);
	} else if (o) {
		offer_for(x, o->arg ? o->arg : "");
	} else if (x->word[0] == '-') {
		offer_options(x, p->own);
		offer_options(x, p->also);
	} else {
		if (group && verb_words(group, &subs) == 0)
			offer_all(x, &subs);
		if (p->args)
			offer_operand(x, p->args, p->operands);
		else if (!group)
			offer_verbs(x);
	}
	x->lead = "";
}

int complete_main(int argc, char **words)
{
	struct complete x = { .word = argc > 1 ? words[argc - 1] : "", .lead = "" };
	struct place p = { .own = global_opts };
	struct zerr e = { 0 };
	const char *group = NULL;
	int i = 1, used, r; /* the first is the name of the command */

	x.cmd.opt.quiet = true;
	x.cmd.opt.path = getenv("ZONE_PATH");
	for (; i < argc - 1 && (words[i][0] == '-' || p.pending); i++)
		take_word(&x, &p, words[i]);
	if (i < argc - 1) {
		const struct verb *v = find(words + i, argc - 1 - i, &used);

		if (verb_is_group(words[i]) && argc - 1 - i == 1)
			group = words[i];
		p = (struct place){ .args = v || group ? (v ? v->args : NULL) : "" };
		if (v) {
			p.own = v->opts;
			p.also = verb_common(v);
		}
		for (i += used; i < argc - 1; i++)
			take_word(&x, &p, words[i]);
	}
	complete_word(&x, &p, group);
	r = out_write(&x.out, &e);
	if (r == 0)
		r = out_flush(&e);
	buf_done(&x.out);
	cmd_done(&x.cmd);
	return r < 0 ? 1 : 0;
}
