/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of a zone's row: one table for the columns of ls and for the JSON of ls and info. */
#pragma once

#include "cmd/out.h"
#include "zone.h"

struct row_field {
	const char *head;  /* of the column */
	const char *json;  /* key */
	const char *other; /* another name for -F, or NULL */
	int needs;	   /* ZONE_LS_* */
	enum row_kind {
		ROW_TEXT,
		ROW_BOOL,   /* "true", "false" */
		ROW_FLAG,   /* "1", "0" in columns, as LXC has it */
		ROW_PID,    /* 0: none */
		ROW_STATUS, /* -1: none */
		ROW_NUMBER,
		ROW_SIZE,
		ROW_TIME,  /* ns */
		ROW_WORDS, /* "a,b" */
		ROW_LIST,  /* "a, b" */
	} kind;
	size_t off; /* in struct zone_info */
};

extern const struct row_field row_fields[]; /* ends without head */

/* By the name of its column or JSON key, in any case. NULL when there is none. */
const struct row_field *row_field(const char *name);
enum { ROW_COLUMNS_MAX = 32 };
/* The fields of a list like "name,state,ipv4", or a usage error that names them all. @ret needs
 * ROW_COLUMNS_MAX entries. Returns their number. */
int row_columns(const char *list, const struct row_field **ret, struct zerr *e);
/* Add the cell of @f to the row. */
void row_cell(struct out_table *t, const struct row_field *f, const struct zone_info *i);
/* All fields as members of the open object. */
void row_json(struct json *j, const struct zone_info *i);
/* "3d 04:05:06" from nanoseconds. */
char *row_duration(uint64_t ns, char out[static 32]);
