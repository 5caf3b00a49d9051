/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON writer. Output is safe on a terminal: every control character, C1 and line separators
 * included, is escaped. Must not validate nesting; the tests of its users parse what they print. */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

static void quote_char(struct buf *out, uint32_t code, const char *s, size_t n)
{
	static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *p = code < 0x80 ? strchr(named, (int)code) : NULL;

	if (p) {
		buf_char(out, '\\');
		buf_char(out, letters[p - named]);
	} else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
		   code == 0x2029) {
		buf_fmt(out, "\\u%04x", (unsigned)code);
	} else {
		buf_add(out, s, n);
	}
}

void json_quote(struct buf *out, const char *s)
{
	buf_char(out, '"');
	while (*s) {
		uint32_t code = 0;
		const size_t n = utf8_char(s, &code);

		if (n)
			quote_char(out, code, s, n);
		else
			buf_str(out, "\xef\xbf\xbd"); /* U+FFFD */
		s += n ? n : 1;
	}
	buf_char(out, '"');
}

/* Comma and key before a value. */
static void begin(struct json *j, const char *key)
{
	if (j->comma)
		buf_char(j->out, ',');
	j->comma = true;
	if (key) {
		json_quote(j->out, key);
		buf_char(j->out, ':');
	}
}

static void open_with(struct json *j, const char *key, char c)
{
	begin(j, key);
	buf_char(j->out, c);
	j->comma = false;
}

static void close_with(struct json *j, char c)
{
	buf_char(j->out, c);
	j->comma = true;
}

void json_obj(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void json_end_obj(struct json *j)
{
	close_with(j, '}');
}

void json_arr(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void json_end_arr(struct json *j)
{
	close_with(j, ']');
}

void json_str(struct json *j, const char *key, const char *value)
{
	begin(j, key);
	if (value)
		json_quote(j->out, value);
	else
		buf_str(j->out, "null");
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	buf_fmt(j->out, "%" PRIu64, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	begin(j, key);
	buf_fmt(j->out, "%" PRId64, value);
}

void json_opt(struct json *j, const char *key, uint64_t value)
{
	if (value == UINT64_MAX)
		json_null(j, key);
	else
		json_u64(j, key, value);
}

void json_fixed(struct json *j, const char *key, double value, int places)
{
	begin(j, key);
	buf_fmt(j->out, "%.*f", places, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	buf_str(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	buf_str(j->out, "null");
}

void json_strv(struct json *j, const char *key, const struct strv *v)
{
	json_arr(j, key);
	for (size_t i = 0; i < v->n; i++)
		json_str(j, NULL, v->v[i]);
	json_end_arr(j);
}
