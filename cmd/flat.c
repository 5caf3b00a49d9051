/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See flat.h. */
#include "cmd/flat.h"

#include <string.h>

static const char *skip(const char *p, const char *chars)
{
	return p + strspn(p, chars);
}

/* A string from its opening quote on; the byte behind it, or NULL. */
static const char *take_string(const char *p, struct buf *out)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1] && strchr("\"\\/", p[1]))
			p++;
		else if (*p == '\\' && p[1])
			buf_char(out, *p++);
		buf_char(out, *p);
	}
	return *p == '"' ? p + 1 : NULL;
}

static const char *take_value(const char *p, struct buf *out)
{
	const size_t len = strcspn(p, ",} \t\n");

	if (*p == '"')
		return take_string(p, out);
	if (len == 0 || strchr("{[", *p))
		return NULL;
	buf_add(out, p, len);
	return p + len;
}

int flat_parse(const char *line, struct strv *ret)
{
	const char *p = skip(line, " \t");

	if (*p != '{')
		return -EINVAL;
	for (p = skip(p + 1, " \t"); *p == '"'; p = skip(p, ", \t")) {
		AUTO_BUF struct buf key = { 0 }, value = { 0 };

		p = take_string(p, &key);
		if (!p || *(p = skip(p, " \t")) != ':')
			return -EINVAL;
		p = take_value(skip(p + 1, " \t"), &value);
		if (!p)
			return -EINVAL;
		if (key.failed || value.failed || strv_add(ret, key.p ? key.p : "") < 0 ||
		    strv_add(ret, value.p ? value.p : "") < 0)
			return -ENOMEM;
		p = skip(p, " \t");
	}
	return *p == '}' ? 0 : -EINVAL;
}

const char *flat_get(const struct strv *pairs, const char *key)
{
	for (size_t i = 0; i + 1 < pairs->n; i += 2)
		if (str_eq(pairs->v[i], key))
			return pairs->v[i + 1];
	return NULL;
}
