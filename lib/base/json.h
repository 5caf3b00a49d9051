/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A JSON writer onto a struct buf: commas and escapes are its business, nesting the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct json {
	struct buf *out;
	bool comma; /* the next value needs one before it */
};

/* Every function takes a key, NULL inside an array or at the top. */
void json_obj(struct json *j, const char *key);
void json_end_obj(struct json *j);
void json_arr(struct json *j, const char *key);
void json_end_arr(struct json *j);
void json_str(struct json *j, const char *key, const char *value); /* NULL value: null */
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
/* A number whose absence is UINT64_MAX: printed as null. */
void json_opt(struct json *j, const char *key, uint64_t value);
/* With so many decimal places. */
void json_fixed(struct json *j, const char *key, double value, int places);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
/* An array of strings. */
void json_strv(struct json *j, const char *key, const struct strv *v);
/* The bytes of a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, const char *s);
