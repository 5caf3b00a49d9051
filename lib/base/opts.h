/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options as a table: parsing, help text, completion and the man page check are made from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum opt_type {
	OPT_FLAG, /* bool */
	OPT_STR,  /* const char *, points into argv */
	OPT_UINT, /* unsigned */
	OPT_SECS, /* int, seconds; -1 for "infinity" */
	OPT_SIZE, /* uint64_t */
	OPT_LIST, /* struct strv, every use appends */
	OPT_ENUM, /* const char *, one of the words in `arg` ("a|b|c") */
};

struct opt {
	char letter;	  /* 0: none */
	const char *name; /* long name, or NULL for letters only */
	const char *arg;  /* what help calls the argument */
	const char *help;
	enum opt_type type;
	size_t off; /* offset in the structure that is filled */
};

struct opt_parse {
	const struct opt *opts; /* ends with neither letter nor name */
	void *out;
	const struct opt *also; /* a second table, tried after the first, or NULL */
	void *also_out;
	bool stop_at_operand;
};

/* Parse argv[0..argc) (no program name). Options may stand anywhere before "--"; what is left
 * (operands) is moved to the front of argv, *@ret_operands counts those before "--" and *@ret_rest
 * is the index of the first after it (argc when there is none). With @stop_at_operand parsing ends
 * at the first operand, and everything from there on is an operand. Errors are usage errors (exit
 * 2) that suggest the nearest option. */
int opts_parse(const struct opt_parse *p, int argc, char **argv, int *ret_operands, int *ret_rest,
	       struct zerr *e);
/* Two columns: "  -c, --comment TEXT   what it does". */
void opts_help(const struct opt *opts, struct buf *out);
