/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where things stand in a configuration file: names, blocks, lines and byte offsets, but no values.
 * Those are libconfuse's, which only ever gets text that was scanned: it counts lines wrong after
 * comments, takes an open string for the end of the file, lets `${` run past the end of a string,
 * and drops characters that it does not know.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct scan_entry {
	char *path; /* dotted */
	unsigned line;
	int block;    /* it stands in, or -1 */
	bool list;    /* { … } */
	size_t start; /* of the name */
	size_t value; /* of the value */
	size_t end;   /* after the value */
};

struct scan_block {
	char *path; /* dotted, with the title */
	char *kind; /* dotted, without it */
	unsigned line;
	int parent; /* block it stands in, or -1 */
	bool titled;
	size_t start; /* of the name */
	size_t open;  /* of { */
	size_t close; /* of } */
};

struct scan {
	struct scan_entry *entries; /* in the order of the file, as the blocks */
	size_t entries_n;
	struct scan_block *blocks;
	size_t blocks_n;
	char *clean; /* the text, comments blanked out */
};

/* Scan @text; @file names it in errors. 0, a usage error or -ENOMEM. scan_done() in any case. */
int scan_text(struct scan *ret, const char *text, const char *file, struct zerr *e);
void scan_done(struct scan *s);
#define AUTO_SCAN __attribute__((cleanup(scan_done)))

/* The entry with that path, or NULL. */
const struct scan_entry *scan_find(const struct scan *s, const char *path);
/* The block with that path, or NULL. */
const struct scan_block *scan_find_block(const struct scan *s, const char *path);
