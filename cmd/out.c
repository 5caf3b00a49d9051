/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See out.h. */
#include "cmd/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/own.h"

/* Characters, not bytes. Wide and combining ones count as one. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void out_clean(struct buf *out, const char *s)
{
	AUTO_FREE char *copy = strdup(s);

	if (!copy) {
		out->failed = true;
		return;
	}
	zerr_clean(copy);
	buf_str(out, copy);
}

void out_text(struct buf *out, const char *s)
{
	if (out_is_terminal(STDOUT_FILENO))
		out_clean(out, s);
	else
		buf_str(out, s);
}

void out_cell(struct out_table *t, const char *text)
{
	AUTO_FREE char *copy = strdup(text && *text ? text : "-");

	if (copy)
		zerr_clean(copy);
	if (!copy || strv_add(&t->cells, copy) < 0)
		t->failed = true;
}

void out_cell_fmt(struct out_table *t, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		out_cell(t, text);
	else
		t->failed = true;
}

void out_cell_strv(struct out_table *t, const struct strv *v, const char *between)
{
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; i < v->n; i++)
		buf_fmt(&b, "%s%s", i > 0 ? between : "", v->v[i]);
	if (b.failed)
		t->failed = true;
	else
		out_cell(t, b.p);
}

static const char *colour_of(const char *word)
{
	static const struct {
		const char *word, *code;
	} colours[] = {
		{ "RUNNING", "\033[32m" },     { "ok", "\033[32m" },
		{ "FROZEN", "\033[36m" },      { "STARTING", "\033[33m" },
		{ "STOPPING", "\033[33m" },    { "limited", "\033[33m" },
		{ "INCOMPLETE", "\033[31m" },  { "DOWN", "\033[31m" },
		{ "UNAVAILABLE", "\033[31m" }, { "missing", "\033[31m" },
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(word, colours[i].word) == 0)
			return colours[i].code;
	return NULL;
}

static void add_cell(struct buf *out, const char *text, size_t width, bool last, bool colour)
{
	const char *code = colour ? colour_of(text) : NULL;

	if (code)
		buf_str(out, code);
	buf_str(out, text);
	if (code)
		buf_str(out, "\033[0m");
	for (size_t n = width_of(text); !last && n <= width; n++)
		buf_char(out, ' ');
}

void out_table(const struct out_table *t, struct buf *out)
{
	const size_t rows = t->cells.n / t->columns;
	AUTO_FREE size_t *widths = calloc(t->columns, sizeof(*widths));

	if (!widths || t->failed)
		out->failed = true;
	if (out->failed || rows == 0)
		return;
	for (size_t c = 0; c < t->columns; c++) {
		widths[c] = width_of(t->heads[c]);
		for (size_t r = 0; r < rows; r++) {
			const size_t w = width_of(t->cells.v[r * t->columns + c]);

			widths[c] = w > widths[c] ? w : widths[c];
		}
		add_cell(out, t->heads[c], widths[c], c + 1 == t->columns, false);
	}
	buf_char(out, '\n');
	for (size_t i = 0; i < rows * t->columns; i++) {
		const size_t c = i % t->columns;
		const bool last = c + 1 == t->columns;

		add_cell(out, t->cells.v[i], widths[c], last, t->colour);
		if (last)
			buf_char(out, '\n');
	}
}

void out_table_done(struct out_table *t)
{
	strv_done(&t->cells);
}

void out_names(const struct strv *names, unsigned width, struct buf *out)
{
	size_t widest = 0, columns, rows;

	for (size_t i = 0; i < names->n; i++) {
		const size_t w = width_of(names->v[i]);

		widest = w > widest ? w : widest;
	}
	columns = (width + 2) / (widest + 2);
	columns = columns < 1 ? 1 : columns;
	rows = (names->n + columns - 1) / columns;
	for (size_t r = 0; r < rows; r++) {
		for (size_t i = r; i < names->n; i += rows) {
			const bool last = i + rows >= names->n;

			out_clean(out, names->v[i]);
			for (size_t n = width_of(names->v[i]); !last && n < widest + 2; n++)
				buf_char(out, ' ');
		}
		buf_char(out, '\n');
	}
}

/* CSI: up to a final byte. */
static size_t csi_length(const char *s, size_t len)
{
	size_t i = 2;

	while (i < len && !(s[i] >= '@' && s[i] <= '~'))
		i++;
	return i < len ? i + 1 : len;
}

/* OSC and its like: up to BEL or ESC \, but not beyond the line. */
static size_t string_length(const char *s, size_t len)
{
	size_t i = 2;

	while (i < len && !strchr("\a\033\n", s[i]))
		i++;
	if (i == len || s[i] == '\n')
		return i;
	return s[i] == '\033' && i + 1 < len ? i + 2 : i + 1;
}

/* The length of the escape sequence at @s (which starts with ESC). */
static size_t escape_length(const char *s, size_t len)
{
	size_t i = 1;

	if (len > 1 && s[1] == '[')
		return csi_length(s, len);
	if (len > 1 && s[1] && strchr("]PX^_", s[1]))
		return string_length(s, len);
	while (i < len && s[i] >= ' ' && s[i] <= '/') /* intermediate bytes */
		i++;
	return i < len && s[i] != '\n' ? i + 1 : i;
}

void out_log(struct buf *out, const char *data, size_t len)
{
	AUTO_BUF struct buf line = { 0 };

	for (size_t i = 0; i <= len; i++) {
		const char c = i < len ? data[i] : '\n';

		if (c == '\n') {
			if (line.p)
				out_clean(out, line.p);
			if (i < len)
				buf_char(out, '\n');
			buf_done(&line);
		} else if (c == '\033') {
			i += escape_length(data + i, len - i) - 1;
		} else if (c == '\t') {
			buf_char(&line, ' ');
		} else if (c != '\r' && c != '\0') {
			buf_char(&line, c);
		}
	}
	out->failed |= line.failed;
}

void out_json_auto(struct json *j, const char *key, const char *value)
{
	uint64_t n;

	if (value && parse_u64(value, UINT64_MAX, &n) == 0)
		json_u64(j, key, n);
	else if (str_eq(value, "true") || str_eq(value, "false"))
		json_bool(j, key, str_eq(value, "true"));
	else
		json_str(j, key, value);
}

void out_json_time(struct json *j, const char *key, int64_t seconds)
{
	char text[32];

	json_str(j, key, seconds ? format_time(seconds, text) : NULL);
}

bool out_is_terminal(int fd)
{
	const int saved = errno;
	const bool r = isatty(fd);

	errno = saved;
	return r;
}

bool out_colour(int fd)
{
	const char *none = getenv("NO_COLOR");

	return !(none && *none) && !str_eq(getenv("TERM"), "dumb") && out_is_terminal(fd);
}

unsigned out_columns(int fd)
{
	struct winsize ws = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
		return 80;
	return ws.ws_col;
}

int out_write(const struct buf *b, struct zerr *e)
{
	if (b->failed)
		return zerr_code(e, ENOMEM, "output");
	if (b->len > 0 && fwrite(b->p, 1, b->len, stdout) != b->len)
		return zerr_sys(e, "standard output");
	return 0;
}

int out_line(struct zerr *e, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	AUTO_BUF struct buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return zerr_code(e, ENOMEM, "output");
	out_clean(&line, text);
	buf_char(&line, '\n');
	return out_write(&line, e);
}

int out_flush(struct zerr *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return zerr_sys(e, "standard output");
	return 0;
}
