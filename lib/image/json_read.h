/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading JSON that came from a server or lies in somebody's directory. json_read.c is the only
 * user of json-c; its values are read-only here and live as long as their document.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct jdoc; /* an owned document */
struct jval; /* a borrowed value in one */

/* Parse the @len bytes at @text, all of them, as one JSON value of at most 32 levels; @what names
 * it in errors. NULL with message. */
struct jdoc *jdoc_parse(const char *text, size_t len, const char *what, struct zerr *e);
void jdoc_free(struct jdoc *d);
static inline void jdoc_free_p(struct jdoc **d)
{
	jdoc_free(*d);
}
#define AUTO_JDOC __attribute__((cleanup(jdoc_free_p)))
/* The document's one value; never NULL. */
const struct jval *jdoc_root(const struct jdoc *d);

/* All of these take NULL or a value of another type for "not there". */

/* Member @key of an object, or NULL. */
const struct jval *jval_get(const struct jval *v, const char *key);
/* A string (NULL when it holds a NUL byte), borrowed; or NULL. */
const char *jval_str(const struct jval *v);
/* jval_str(jval_get(v, key)) */
const char *jval_get_str(const struct jval *v, const char *key);
/* A number that is whole and not negative. 0 or -EINVAL. */
int jval_u64(const struct jval *v, uint64_t *ret);
/* Members of an array or object; 0 for anything else. */
size_t jval_len(const struct jval *v);
/* The @i-th element of an array, or NULL. */
const struct jval *jval_at(const struct jval *v, size_t i);
/* The members of an object, in document order: start with *@pos NULL, ends with false. */
bool jval_next(const struct jval *v, void **pos, const char **ret_key,
	       const struct jval **ret_value);
/* The strings of an array, appended to @ret. 0, -EINVAL when something else is in it, -ENOMEM. */
int jval_strv(const struct jval *v, struct strv *ret);
/* The value as compact JSON text. */
void jval_text(const struct jval *v, struct buf *out);
