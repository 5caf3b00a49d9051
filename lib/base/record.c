/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records: parsing is strict, because a damaged record must be noticed and not half believed. Keys
 * are plain words; must not be used for files that people edit. */
#include "base/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"

#define RECORD_MAX (1 << 20) /* bytes of a file */

static size_t find(const struct record *r, const char *key)
{
	size_t i = 0;

	while (i < r->kv.n && !str_eq(r->kv.v[i], key))
		i += 2;
	return i;
}

const char *record_get(const struct record *r, const char *key)
{
	const size_t i = find(r, key);

	return i < r->kv.n ? r->kv.v[i + 1] : NULL;
}

uint64_t record_u64(const struct record *r, const char *key, uint64_t missing)
{
	const char *text = record_get(r, key);
	uint64_t n = missing;

	if (text)
		(void)parse_u64(text, UINT64_MAX, &n); /* not a number: as if missing */
	return n;
}

/* Graphic ASCII without '=', so that a line splits in one way. */
static bool key_ok(const char *key)
{
	if (!*key || str_eq(key, "format"))
		return false;
	for (; *key; key++) {
		if (*key <= ' ' || *key >= 0x7f || *key == '=')
			return false;
	}
	return true;
}

/* Append both or neither. */
static int add_pair(struct record *r, const char *key, const char *value)
{
	int k = strv_add(&r->kv, key);

	if (k < 0)
		return k;
	k = strv_add(&r->kv, value);
	if (k < 0) {
		free(r->kv.v[--r->kv.n]);
		r->kv.v[r->kv.n] = NULL;
	}
	return k;
}

int record_set(struct record *r, const char *key, const char *value)
{
	const size_t i = find(r, key);

	if (i < r->kv.n)
		return str_set(&r->kv.v[i + 1], value);
	return key_ok(key) ? add_pair(r, key, value) : -EINVAL;
}

int record_setf(struct record *r, const char *key, const char *fmt, ...)
{
	AUTO_FREE char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0) {
		value = NULL;
		return -ENOMEM;
	}
	return record_set(r, key, value);
}

void record_unset(struct record *r, const char *key)
{
	const size_t i = find(r, key);

	if (i >= r->kv.n)
		return;
	free(r->kv.v[i]);
	free(r->kv.v[i + 1]);
	memmove(&r->kv.v[i], &r->kv.v[i + 2], (r->kv.n - i - 1) * sizeof(char *));
	r->kv.n -= 2;
}

void record_done(struct record *r)
{
	strv_done(&r->kv);
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* Undo the escapes of @text in place. False when one is wrong or a control character stands there.
 */
static bool unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if ((unsigned char)*text < 0x20)
			return false;
		if (*text != '\\') {
			*out++ = *text;
			continue;
		}
		text++;
		if (*text == 'n') {
			*out++ = '\n';
		} else if (*text == '\\') {
			*out++ = '\\';
		} else if (*text == 'x' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*out = (char)(hex(text[1]) << 4 | hex(text[2]));
			if (*out++ == '\0')
				return false;
			text += 2;
		} else {
			return false;
		}
	}
	*out = '\0';
	return true;
}

static void escape(struct buf *out, const char *value)
{
	for (; *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if (c == '\n')
			buf_str(out, "\\n");
		else if (c == '\\')
			buf_str(out, "\\\\");
		else if (c < 0x20 || c == 0x7f)
			buf_fmt(out, "\\x%02x", c);
		else
			buf_char(out, *value);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 1 when a key is there twice. Sorted, so that a hostile file costs no quadratic time. */
static int has_twice(const struct record *r)
{
	const size_t n = r->kv.n / 2;
	AUTO_FREE char **keys = NULL;

	if (n < 2)
		return 0;
	keys = calloc(n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		keys[i] = r->kv.v[2 * i];
	qsort(keys, n, sizeof(*keys), compare);
	for (size_t i = 1; i < n; i++) {
		if (str_eq(keys[i - 1], keys[i]))
			return 1;
	}
	return 0;
}

/* One line without its newline. 0, -EPROTO, -ENOMEM. */
static int parse_line(struct record *r, char *line)
{
	char *eq = strchr(line, '=');

	if (!eq)
		return -EPROTO;
	*eq = '\0';
	if (!key_ok(line) || !unescape(eq + 1))
		return -EPROTO;
	return add_pair(r, line, eq + 1);
}

/* The number of the first line; *@text moves behind it. */
static int parse_format(char **text, uint64_t *ret)
{
	char *end = strchr(*text, '\n');

	if (!end || !str_starts(*text, "format="))
		return -EPROTO;
	*end = '\0';
	if (parse_u64(*text + strlen("format="), UINT32_MAX, ret) < 0 || *ret == 0)
		return -EPROTO;
	*text = end + 1;
	return 0;
}

static int damaged(int r, unsigned line, const char *what, struct zerr *e)
{
	if (r != -EPROTO)
		return zerr_code(e, -r, "%s", what);
	return zerr_set(e, EPROTO, "%s: line %u is damaged", what, line);
}

int record_parse(struct record *ret, const char *text, unsigned format, const char *what,
		 struct zerr *e)
{
	AUTO_FREE char *copy = strdup(text);
	AUTO_RECORD struct record rec = { 0 };
	uint64_t found = 0;
	char *p = copy;
	int r = copy ? parse_format(&p, &found) : -ENOMEM;

	if (r < 0)
		return damaged(r, 1, what, e);
	if (found > format)
		return zerr_set(e, ENOTSUP, "%s: format %u is newer than this program", what,
				(unsigned)found);
	for (unsigned line = 2; *p; line++) {
		char *end = strchr(p, '\n'); /* none: the file was cut */

		if (end)
			*end = '\0';
		r = end ? parse_line(&rec, p) : -EPROTO;
		if (r < 0)
			return damaged(r, line, what, e);
		p = end + 1;
	}
	r = has_twice(&rec);
	if (r != 0)
		return r < 0 ? zerr_code(e, -r, "%s", what)
			     : zerr_set(e, EPROTO, "%s: a key is there twice", what);
	record_done(ret);
	*ret = rec;
	rec = (struct record){ 0 };
	return 0;
}

int record_load(struct record *ret, int dirfd, const char *name, unsigned format, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = fs_read(dirfd, name, RECORD_MAX, &text);

	if (r == -ENOENT) {
		record_done(ret);
		return r;
	}
	if (r < 0)
		return zerr_code(e, -r, "read %s", name);
	if (strlen(text.p) != text.len)
		return zerr_set(e, EPROTO, "%s: damaged: a zero byte", name);
	return record_parse(ret, text.p, format, name, e);
}

int record_text(const struct record *r, unsigned format, struct buf *ret)
{
	buf_fmt(ret, "format=%u\n", format);
	for (size_t i = 0; i + 1 < r->kv.n; i += 2) {
		buf_fmt(ret, "%s=", r->kv.v[i]);
		escape(ret, r->kv.v[i + 1]);
		buf_char(ret, '\n');
	}
	return ret->failed ? -ENOMEM : ret->len > RECORD_MAX ? -EFBIG : 0;
}

int record_save(const struct record *r, int dirfd, const char *name, unsigned format, bool durable,
		struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int k = record_text(r, format, &text);

	if (k < 0)
		return zerr_code(e, -k, "write %s", name);
	return fs_write(dirfd, name, text.p, text.len, 0600, durable, e);
}
