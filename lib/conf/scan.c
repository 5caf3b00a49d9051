/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scanner: the grammar of the file, without any knowledge of keys. It is stricter than
 * libconfuse wherever that would guess: what passes here means the same to both.
 */
#include "conf/scan.h"

#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"

#define DEPTH_MAX 4

enum token_type { TOKEN_END, TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUALS, TOKEN_COMMA };

struct token {
	enum token_type type;
	unsigned line;
	size_t start;
	size_t end;
};

struct scanner {
	struct scan *out;
	const char *text;
	const char *file;
	struct zerr *e;
	size_t pos;
	unsigned line;
	int block; /* we are in */
	int depth;
};

static int fail(const struct scanner *s, unsigned line, int r)
{
	return zerr_in(s->e, r, "%s:%u", s->file, line);
}

#define FAIL(s, line, ...) fail((s), (line), zerr_as((s)->e, ZERR_USAGE, __VA_ARGS__))

/* Blank out @n characters of a comment in what libconfuse will see. */
static void skip_comment(struct scanner *s, size_t n)
{
	for (; n > 0; n--, s->pos++) {
		if (s->text[s->pos] == '\n')
			s->line++;
		else
			s->out->clean[s->pos] = ' ';
	}
}

/* Go on to the next token. */
static int skip_gap(struct scanner *s)
{
	for (;;) {
		const char *p = s->text + s->pos, *end;

		if (*p == '\n')
			s->line++;
		if (*p && strchr(" \t\r\n", *p)) {
			s->pos++;
		} else if (*p == '#' || strncmp(p, "//", 2) == 0) {
			skip_comment(s, strcspn(p, "\n"));
		} else if (strncmp(p, "/*", 2) == 0) {
			end = strstr(p + 2, "*/");
			if (!end)
				return FAIL(s, s->line, "a comment is not closed");
			skip_comment(s, (size_t)(end - p) + 2);
		} else {
			return 0;
		}
	}
}

/* Length of "${NAME}" or "${NAME:-TEXT}" at @p, 0 when it is something else. */
static size_t variable_length(const char *p)
{
	size_t n = 2 +
		   strspn(p + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	if (n > 2 && strncmp(p + n, ":-", 2) == 0)
		n += 2 + strcspn(p + n + 2, "}\"\\\n");
	return n > 2 && p[n] == '}' ? n + 1 : 0;
}

/* After a backslash or a ${ in a string: how far to go on; 0 with an error set. */
static size_t string_special(const struct scanner *s, const char *p, char quote)
{
	size_t n = 2;

	if (*p == '$') {
		n = p[1] == '{' ? variable_length(p) : 1;
		if (n == 0)
			(void)FAIL(s, s->line,
				   "${ that is no variable: write the value in single quotes");
	} else if (p[1] == '\0' || p[1] == '\n') {
		n = 0;
		(void)FAIL(s, s->line, "a string is not closed");
	} else if (quote == '"' && p[1] >= '0' && p[1] <= '9') {
		n = 0;
		(void)FAIL(s, s->line,
			   "no numbers after a backslash: write the value in single quotes");
	}
	return n;
}

static int lex_string(struct scanner *s)
{
	const char *begin = s->text + s->pos, quote = *begin, *p = begin + 1;

	while (*p != quote) {
		size_t n = 1;

		if (*p == '\0' || *p == '\n')
			return FAIL(s, s->line, "a string is not closed");
		if (*p == '\\' || (*p == '$' && quote == '"'))
			n = string_special(s, p, quote);
		if (n == 0)
			return -EINVAL;
		p += n;
	}
	s->pos += (size_t)(p - begin) + 1;
	return 0;
}

/* A word without quotes: as libconfuse has it, less what it would drop or replace. */
static int lex_bare(struct scanner *s)
{
	const char *p = s->text + s->pos;
	const size_t n = strcspn(p, " #\"'\t\n\r={}()+,*");

	if (n == 0)
		return FAIL(s, s->line, "unexpected %c: put the value in quotes", *p);
	for (size_t i = 0; i < n; i++) {
		if (strchr("$\\;", p[i]) || (unsigned char)p[i] < ' ' || p[i] == 0x7f)
			return FAIL(s, s->line, "a character that needs quotes in %.*s",
				    n < 60 ? (int)n : 60, p);
	}
	s->pos += n;
	return 0;
}

static int next(struct scanner *s, struct token *ret)
{
	static const char marks[] = "{}=,";
	static const enum token_type types[] = { TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUALS,
						 TOKEN_COMMA };
	int r = skip_gap(s);
	const char *mark;

	if (r < 0)
		return r;
	*ret = (struct token){ .type = TOKEN_END, .line = s->line, .start = s->pos, .end = s->pos };
	if (!s->text[s->pos])
		return 0;
	mark = strchr(marks, s->text[s->pos]);
	if (mark) {
		ret->type = types[mark - marks];
		s->pos++;
	} else {
		ret->type = TOKEN_WORD;
		r = strchr("\"'", s->text[s->pos]) ? lex_string(s) : lex_bare(s);
	}
	ret->end = s->pos;
	return r;
}

/* The text of a name. */
static int name_text(const struct scanner *s, const struct token *t, struct buf *ret)
{
	const char *p = s->text + t->start;
	size_t n = t->end - t->start;
	int r;

	if (*p == '"' && (memchr(p, '\\', n) || memchr(p, '$', n)))
		return FAIL(s, t->line, "a name with \\ or $ goes into single quotes");
	if (*p != '"' && *p != '\'') {
		buf_add(ret, p, n);
	} else {
		for (size_t i = 1; i < n - 1; i++) {
			if (p[i] == '\\' && strchr("\\'", p[i + 1]))
				i++;
			buf_char(ret, p[i]);
		}
	}
	r = ret->failed ? zerr_code(s->e, ENOMEM, "read a name")
			: check_free_name(ret->p ? ret->p : "", s->e);
	return r < 0 ? fail(s, t->line, r) : 0;
}

/* The dotted path of @t (and of @title) where we are; the caller owns it. */
static int path_text(const struct scanner *s, const struct token *t, const struct token *title,
		     char **ret)
{
	AUTO_BUF struct buf name = { 0 }, more = { 0 };
	const char *in = s->block >= 0 ? s->out->blocks[s->block].path : "";
	int r = name_text(s, t, &name);

	if (r == 0 && title)
		r = name_text(s, title, &more);
	if (r < 0)
		return r;
	*ret = str_fmt("%s%s%s%s%s", in, *in ? "." : "", name.p, title ? "." : "",
		       title ? more.p : "");
	return *ret ? 0 : zerr_code(s->e, ENOMEM, "read a name");
}

/* After "{" of a list. */
static int scan_list(struct scanner *s, struct token *ret_close)
{
	const unsigned line = s->line;
	int r = next(s, ret_close);

	while (r == 0 && ret_close->type == TOKEN_WORD) {
		r = next(s, ret_close);
		if (r < 0 || ret_close->type != TOKEN_COMMA)
			break;
		r = next(s, ret_close);
	}
	if (r < 0 || ret_close->type == TOKEN_CLOSE)
		return r;
	return FAIL(s, line, "a list is written { \"a\", \"b\" }");
}

/* After "NAME =". */
static int scan_value(struct scanner *s, const struct token *name)
{
	struct scan *out = s->out;
	struct scan_entry *entries;
	struct token first, last;
	char *path;
	int r;

	r = next(s, &first);
	if (r < 0)
		return r;
	last = first;
	if (first.type != TOKEN_WORD && first.type != TOKEN_OPEN)
		return FAIL(s, name->line, "there is no value after =");
	if (first.type == TOKEN_OPEN)
		r = scan_list(s, &last);
	if (r < 0)
		return r;
	entries = reallocarray(out->entries, out->entries_n + 1, sizeof(*entries));
	if (!entries)
		return zerr_code(s->e, ENOMEM, "read %s", s->file);
	out->entries = entries;
	r = path_text(s, name, NULL, &path);
	if (r < 0)
		return r;
	entries[out->entries_n++] = (struct scan_entry){
		.path = path,
		.line = name->line,
		.block = s->block,
		.list = first.type == TOKEN_OPEN,
		.start = name->start,
		.value = first.start,
		.end = last.end,
	};
	return 0;
}

/* After "NAME {" or "NAME TITLE {". */
static int open_block(struct scanner *s, const struct token *name, const struct token *title,
		      size_t open)
{
	struct scan *out = s->out;
	struct scan_block *blocks;
	char *path = NULL, *kind = NULL;
	int r;

	if (++s->depth > DEPTH_MAX)
		return FAIL(s, name->line, "blocks in blocks in blocks");
	blocks = reallocarray(out->blocks, out->blocks_n + 1, sizeof(*blocks));
	if (!blocks)
		return zerr_code(s->e, ENOMEM, "read %s", s->file);
	out->blocks = blocks;
	r = path_text(s, name, title, &path);
	if (r == 0)
		r = path_text(s, name, NULL, &kind);
	if (r < 0) {
		free(path);
		return r;
	}
	blocks[out->blocks_n] = (struct scan_block){
		.path = path,
		.kind = kind,
		.line = name->line,
		.parent = s->block,
		.titled = title,
		.start = name->start,
		.open = open,
	};
	s->block = (int)out->blocks_n++;
	return 0;
}

/* After a name: "= VALUE", "{" or "TITLE {". */
static int scan_item(struct scanner *s, const struct token *name)
{
	struct token t, open;
	int r = next(s, &t);

	if (r < 0)
		return r;
	if (t.type == TOKEN_EQUALS)
		return scan_value(s, name);
	if (t.type == TOKEN_OPEN)
		return open_block(s, name, NULL, t.start);
	if (t.type == TOKEN_WORD) {
		r = next(s, &open);
		if (r < 0)
			return r;
		if (open.type == TOKEN_OPEN)
			return open_block(s, name, &t, open.start);
	}
	return FAIL(s, name->line, "after %.*s there should be = or {",
		    name->end - name->start < 60 ? (int)(name->end - name->start) : 60,
		    s->text + name->start);
}

static int scan_all(struct scanner *s)
{
	struct token t;
	int r = next(s, &t);

	while (r == 0 && t.type != TOKEN_END) {
		if (t.type == TOKEN_WORD) {
			r = scan_item(s, &t);
		} else if (t.type == TOKEN_CLOSE && s->block >= 0) {
			s->out->blocks[s->block].close = t.start;
			s->block = s->out->blocks[s->block].parent;
			s->depth--;
		} else {
			return FAIL(s, t.line, "unexpected %c", s->text[t.start]);
		}
		if (r == 0)
			r = next(s, &t);
	}
	if (r < 0)
		return r;
	if (s->block >= 0)
		return FAIL(s, s->out->blocks[s->block].line, "%.80s { is not closed",
			    s->out->blocks[s->block].path);
	return 0;
}

int scan_text(struct scan *ret, const char *text, const char *file, struct zerr *e)
{
	struct scanner s = {
		.out = ret, .text = text, .file = file, .e = e, .line = 1, .block = -1
	};

	*ret = (struct scan){ .clean = strdup(text) };
	if (!ret->clean)
		return zerr_code(e, ENOMEM, "read %s", file);
	return scan_all(&s);
}

void scan_done(struct scan *s)
{
	for (size_t i = 0; i < s->entries_n; i++)
		free(s->entries[i].path);
	free(s->entries);
	for (size_t i = 0; i < s->blocks_n; i++) {
		free(s->blocks[i].path);
		free(s->blocks[i].kind);
	}
	free(s->blocks);
	free(s->clean);
	*s = (struct scan){ 0 };
}

const struct scan_entry *scan_find(const struct scan *s, const char *path)
{
	for (size_t i = 0; i < s->entries_n; i++) {
		if (strcmp(s->entries[i].path, path) == 0)
			return &s->entries[i];
	}
	return NULL;
}

const struct scan_block *scan_find_block(const struct scan *s, const char *path)
{
	for (size_t i = 0; i < s->blocks_n; i++) {
		if (strcmp(s->blocks[i].path, path) == 0)
			return &s->blocks[i];
	}
	return NULL;
}
