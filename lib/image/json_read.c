/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading JSON; the only file that sees json-c. It parses text that nobody has vouched for: bounded
 * depth, no comments or other extensions, and no value of it is trusted to have the expected type.
 */
#include "image/json_read.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/own.h"

#define DEPTH 32

static struct json_object *as_json(const struct jval *v)
{
	return (struct json_object *)(uintptr_t)v;
}

static const struct jval *as_value(struct json_object *o)
{
	return (const struct jval *)o;
}

struct jdoc *jdoc_parse(const char *text, size_t len, const char *what, struct zerr *e)
{
	struct json_tokener *t = json_tokener_new_ex(DEPTH);
	struct json_object *o;
	enum json_tokener_error err;

	if (!t || len > INT_MAX) {
		zerr_code(e, t ? EFBIG : ENOMEM, "%s", what);
		if (t)
			json_tokener_free(t);
		return NULL;
	}
	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, text, (int)len);
	if (!o && json_tokener_get_error(t) == json_tokener_continue)
		o = json_tokener_parse_ex(t, "", 1); /* the NUL ends a bare number or word */
	err = json_tokener_get_error(t);
	for (size_t end = json_tokener_get_parse_end(t); o && end < len; end++) {
		if (memchr(" \t\r\n", text[end], 4))
			continue;
		json_object_put(o);
		o = NULL;
		err = json_tokener_error_parse_unexpected;
	}
	if (!o)
		zerr_set(e, EPROTO, "%s: not JSON: %s", what,
			 err == json_tokener_success ? "null" : json_tokener_error_desc(err));
	json_tokener_free(t);
	return (struct jdoc *)o;
}

void jdoc_free(struct jdoc *d)
{
	json_object_put((struct json_object *)d);
}

const struct jval *jdoc_root(const struct jdoc *d)
{
	return (const struct jval *)d;
}

const struct jval *jval_get(const struct jval *v, const char *key)
{
	struct json_object *o = NULL;

	if (!json_object_is_type(as_json(v), json_type_object) ||
	    !json_object_object_get_ex(as_json(v), key, &o))
		return NULL;
	return as_value(o);
}

const char *jval_str(const struct jval *v)
{
	const char *s;

	if (!json_object_is_type(as_json(v), json_type_string))
		return NULL;
	s = json_object_get_string(as_json(v));
	return s && strlen(s) == (size_t)json_object_get_string_len(as_json(v)) ? s : NULL;
}

const char *jval_get_str(const struct jval *v, const char *key)
{
	return jval_str(jval_get(v, key));
}

int jval_u64(const struct jval *v, uint64_t *ret)
{
	int64_t n;

	if (!json_object_is_type(as_json(v), json_type_int))
		return -EINVAL;
	n = json_object_get_int64(as_json(v));
	if (n < 0)
		return -EINVAL;
	*ret = n == INT64_MAX ? json_object_get_uint64(as_json(v)) : (uint64_t)n;
	return 0;
}

size_t jval_len(const struct jval *v)
{
	if (json_object_is_type(as_json(v), json_type_array))
		return json_object_array_length(as_json(v));
	if (json_object_is_type(as_json(v), json_type_object))
		return (size_t)json_object_object_length(as_json(v));
	return 0;
}

const struct jval *jval_at(const struct jval *v, size_t i)
{
	if (!json_object_is_type(as_json(v), json_type_array))
		return NULL;
	return as_value(json_object_array_get_idx(as_json(v), i));
}

bool jval_next(const struct jval *v, void **pos, const char **ret_key,
	       const struct jval **ret_value)
{
	struct lh_entry *entry;

	if (!json_object_is_type(as_json(v), json_type_object))
		return false;
	entry = *pos ? lh_entry_next((struct lh_entry *)*pos)
		     : lh_table_head(json_object_get_object(as_json(v)));
	if (!entry)
		return false;
	*pos = entry;
	*ret_key = lh_entry_k(entry);
	*ret_value = as_value(lh_entry_v(entry));
	return true;
}

int jval_strv(const struct jval *v, struct strv *ret)
{
	for (size_t i = 0; i < jval_len(v); i++) {
		const char *s = jval_str(jval_at(v, i));

		if (!s)
			return -EINVAL;
		if (strv_add(ret, s) < 0)
			return -ENOMEM;
	}
	return 0;
}

void jval_text(const struct jval *v, struct buf *out)
{
	const char *s = json_object_to_json_string_ext(
		as_json(v), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (s)
		buf_str(out, s);
	else
		out->failed = true;
}
