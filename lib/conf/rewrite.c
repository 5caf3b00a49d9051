/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of a configuration file's text by what the scanner says of it. Everything but the key in
 * question stays as its owner wrote it: comments, order and spacing. Values are not judged here.
 */
#include "conf/rewrite.h"

#include <string.h>

#include "base/own.h"
#include "conf/keys.h"
#include "conf/scan.h"

/* Replace @len bytes at @at of @b by @with. 0 or -ENOMEM. */
static int splice(struct buf *b, size_t at, size_t len, const char *with)
{
	struct buf made = { 0 };

	buf_add(&made, b->p, at);
	buf_str(&made, with);
	buf_str(&made, b->p + at + len);
	if (made.failed) {
		buf_done(&made);
		return -ENOMEM;
	}
	buf_done(b);
	*b = made;
	return 0;
}

/* " " when a word before @next would run into it. */
static const char *gap(char next)
{
	return strchr(" \t\r\n", next) ? "" : " "; /* the end of the text counts as blank */
}

static size_t line_start(const char *text, size_t pos)
{
	while (pos > 0 && text[pos - 1] != '\n')
		pos--;
	return pos;
}

/* True when nothing but blanks is before @pos in its line. */
static bool first_in_line(const char *text, size_t pos)
{
	const size_t from = line_start(text, pos);

	return strspn(text + from, " \t") >= pos - from;
}

/* When the rest of the line after @pos is blanks and comments: where the next line begins (or the
 * end of the text). 0 when something else comes first. */
static size_t line_after(const char *text, size_t pos)
{
	for (;;) {
		pos += strspn(text + pos, " \t\r");
		if (text[pos] == '#' || strncmp(text + pos, "//", 2) == 0)
			pos += strcspn(text + pos, "\n");
		else if (strncmp(text + pos, "/*", 2) == 0)
			pos = (size_t)(strstr(text + pos + 2, "*/") + 2 - text); /* scanned */
		else
			break;
	}
	return text[pos] == '\n' ? pos + 1 : text[pos] ? 0 : pos;
}

/* @v as the file has it: in single quotes when double ones would change it. */
static void add_quoted(struct buf *b, const char *v)
{
	const char quote = strpbrk(v, "\"\\$") ? '\'' : '"';

	buf_char(b, quote);
	for (; *v; v++) {
		if (quote == '\'' && strchr("\\'", *v))
			buf_char(b, '\\');
		buf_char(b, *v);
	}
	buf_char(b, quote);
}

static void add_name(struct buf *b, const char *name)
{
	const size_t plain =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			     "_-.:/@");

	if (name[plain] || strstr(name, "//"))
		add_quoted(b, name);
	else
		buf_str(b, name);
}

static void add_value(struct buf *b, const struct edit *ed)
{
	AUTO_STRV struct strv words = { 0 };
	bool flag;

	if (ed->key->type == KEY_LIST) {
		if (strv_split(&words, ed->value, ", ") < 0)
			b->failed = true;
		for (size_t i = 0; i < words.n; i++) {
			buf_str(b, i > 0 ? ", " : "{");
			add_quoted(b, words.v[i]);
		}
		buf_str(b, words.n > 0 ? "}" : "{}");
	} else if (ed->key->type == KEY_BOOL && parse_bool(ed->value, &flag) == 0) {
		buf_str(b, flag ? "true" : "false");
	} else if (*ed->value && !ed->value[strspn(ed->value, "0123456789")]) {
		buf_str(b, ed->value);
	} else {
		add_quoted(b, ed->value);
	}
}

/* "NAME = VALUE" with @name, what is left of the path where it stands. */
static void add_entry(struct buf *b, const struct edit *ed, const char *name)
{
	add_name(b, name);
	buf_str(b, " = ");
	add_value(b, ed);
}

/* Put "NAME = VALUE" after @pos: on a line of its own with @indent when the line of @pos ends
 * there, else into that line after @blanks. */
static int insert_after(const struct edit *ed, size_t pos, const struct buf *indent,
			const char *blanks, const char *name)
{
	AUTO_BUF struct buf b = { 0 };
	const char *text = ed->text->p;
	const size_t at = line_after(text, pos);

	if (at > 0) {
		buf_str(&b, text[at - 1] == '\n' ? "" : "\n");
		buf_str(&b, indent->p ? indent->p : "");
		add_entry(&b, ed, name);
		buf_char(&b, '\n');
	} else {
		buf_str(&b, blanks);
		add_entry(&b, ed, name);
		buf_str(&b, gap(text[pos]));
	}
	return b.failed || indent->failed ? -ENOMEM : splice(ed->text, at > 0 ? at : pos, 0, b.p);
}

/* The entry that stands last among those of @block. */
static const struct scan_entry *last_entry(const struct scan *s, int block)
{
	const struct scan_entry *last = NULL;

	for (size_t i = 0; i < s->entries_n; i++) {
		if (s->entries[i].block == block)
			last = &s->entries[i];
	}
	return last;
}

static int insert_in_block(const struct edit *ed, const struct scan *s, int block)
{
	const struct scan_block *in = &s->blocks[block];
	const struct scan_entry *last = last_entry(s, block);
	const char *text = ed->text->p, *name = ed->path + strlen(in->path) + 1;
	AUTO_BUF struct buf indent = { 0 };
	const bool own = last && first_in_line(text, last->start);
	const size_t from = line_start(text, own ? last->start : in->start);

	buf_add(&indent, text + from, strspn(text + from, " \t"));
	if (!own)
		buf_char(&indent, '\t');
	return last ? insert_after(ed, last->end, &indent, "  ", name)
		    : insert_after(ed, in->open + 1, &indent, " ", name);
}

/* True when the path goes on from that of @b. In net and mount it is the key's own NIC or mount:
 * eth0.5 is not in eth0. */
static bool holds(const struct scan_block *b, const struct edit *ed)
{
	const size_t len = strlen(b->path);

	return strncmp(ed->path, b->path, len) == 0 && ed->path[len] == '.' &&
	       !(b->titled && key_group_len(ed->key, ed->path) != len);
}

/* The block that the key belongs into, the innermost; -1 when none is there. */
static int find_home(const struct edit *ed, const struct scan *s)
{
	int best = -1;

	for (size_t i = 0; i < s->blocks_n; i++) {
		const struct scan_block *b = &s->blocks[i];

		if (holds(b, ed) && (best < 0 || strlen(b->path) > strlen(s->blocks[best].path)))
			best = (int)i;
	}
	return best;
}

/* A block called as the first @len characters of the path, at the end of the file. */
static int append_block(const struct edit *ed, size_t len)
{
	AUTO_BUF struct buf b = { 0 };
	const struct buf *t = ed->text;
	const size_t title = ed->key->group == GROUP_ZONE ? 0 : strcspn(ed->path, ".") + 1;

	buf_str(&b, t->len > 0 && t->p[t->len - 1] != '\n' ? "\n" : "");
	if (title > 0) /* "net eth0 {" */
		buf_fmt(&b, "%.*s ", (int)title - 1, ed->path);
	buf_fmt(&b, "%.*s {\n\t", (int)(len - title), ed->path + title);
	add_entry(&b, ed, ed->path + len + 1);
	buf_str(&b, "\n}\n");
	return b.failed ? -ENOMEM : splice(ed->text, t->len, 0, b.p);
}

/* How much of the path is the name of the block that a file should have it in; 0 for the top. */
static size_t block_length(const struct edit *ed)
{
	bool titled;
	const size_t len =
		ed->key->place == PLACE_PAIR ? ed->key->skip - 1U : strcspn(ed->path, ".");

	if (ed->key->group != GROUP_ZONE)
		return key_group_len(ed->key, ed->path);
	return ed->path[len] && key_block(ed->path, len, &titled) ? len : 0;
}

static int insert(const struct edit *ed, const struct scan *s)
{
	const struct scan_entry *last = last_entry(s, -1);
	const struct buf none = { 0 };
	const int home = find_home(ed, s);
	const size_t len = block_length(ed);

	if (home >= 0)
		return insert_in_block(ed, s, home);
	return len > 0 ? append_block(ed, len) : insert_after(ed, last->end, &none, "  ", ed->path);
}

/* Take out what is between @from and @to, and its line when nothing else is left there. */
static int take_out(struct buf *b, size_t from, size_t to)
{
	const size_t next = line_after(b->p, to), after = to + strspn(b->p + to, " \t");

	if (next > 0 && first_in_line(b->p, from)) {
		from = line_start(b->p, from);
		to = next;
	} else if (b->p[after] && !strchr("}\r\n", b->p[after])) {
		to = after;
	} else { /* last in its line or block */
		while (from > 0 && strchr(" \t", b->p[from - 1]))
			from--;
	}
	return splice(b, from, to - from, from > 0 && *gap(b->p[from - 1]) ? gap(b->p[to]) : "");
}

/* Take out blocks that the removal of the key left empty. */
static int drop_empty(const struct edit *ed)
{
	for (;;) {
		AUTO_SCAN struct scan s = { 0 };
		const struct scan_block *b = NULL;
		int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

		for (size_t i = 0; r == 0 && i < s.blocks_n; i++) {
			const size_t inside = s.blocks[i].open + 1;

			if (holds(&s.blocks[i], ed) &&
			    inside + strspn(ed->text->p + inside, " \t\r\n") == s.blocks[i].close)
				b = &s.blocks[i];
		}
		if (r < 0 || !b)
			return r;
		r = take_out(ed->text, b->start, b->close + 1);
		if (r < 0)
			return zerr_code(ed->e, -r, "edit");
	}
}

/* A key of the NIC or mount that is written with its whole path, or NULL. */
static const struct scan_entry *find_outside(const struct scan *s, const char *group)
{
	const size_t len = strlen(group);

	for (size_t i = 0; i < s->entries_n; i++) {
		const char *path = s->entries[i].path;
		const struct key *k = conf_key_find(path);

		if (s->entries[i].block < 0 && k && strncmp(path, group, len) == 0 &&
		    path[len] == '.' && key_group_len(k, path) == len)
			return &s->entries[i];
	}
	return NULL;
}

/* Remove a NIC or mount: its block, and keys that stand outside of it. */
static int remove_group(const struct edit *ed)
{
	for (bool any = false;; any = true) {
		AUTO_SCAN struct scan s = { 0 };
		const struct scan_entry *n;
		const struct scan_block *b;
		int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

		if (r < 0)
			return r;
		n = find_outside(&s, ed->path);
		b = scan_find_block(&s, ed->path);
		if (!n && !b)
			return any ? 0 : zerr_set(ed->e, ENOENT, "%.200s: not set", ed->path);
		r = take_out(ed->text, n ? n->start : b->start, n ? n->end : b->close + 1);
		if (r < 0)
			return zerr_code(ed->e, -r, "edit");
	}
}

static int remove_key(const struct edit *ed)
{
	AUTO_SCAN struct scan s = { 0 };
	const struct scan_entry *n;
	int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

	if (r < 0)
		return r;
	n = scan_find(&s, ed->path);
	if (!n)
		return zerr_set(ed->e, ENOENT, "%.200s: not set", ed->path);
	r = take_out(ed->text, n->start, n->end);
	return r < 0 ? zerr_code(ed->e, -r, "edit") : drop_empty(ed);
}

static int set_key(const struct edit *ed)
{
	AUTO_SCAN struct scan s = { 0 };
	AUTO_BUF struct buf value = { 0 };
	const struct scan_entry *n;
	int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

	if (r < 0)
		return r;
	n = scan_find(&s, ed->path);
	add_value(&value, ed);
	buf_str(&value, n ? gap(ed->text->p[n->end]) : "");
	if (value.failed)
		r = -ENOMEM;
	else
		r = n ? splice(ed->text, n->value, n->end - n->value, value.p) : insert(ed, &s);
	return r < 0 ? zerr_code(ed->e, -r, "edit") : 0;
}

/* Every file that zone writes says its format first. */
static int add_format(const struct edit *ed)
{
	AUTO_SCAN struct scan s = { 0 };
	AUTO_FREE char *line = str_fmt("format = %d\n", CONF_FORMAT);
	int r = scan_text(&s, ed->text->p, REWRITE_LABEL, ed->e);

	if (r < 0 || scan_find(&s, "format"))
		return r;
	r = line ? splice(ed->text, 0, 0, line) : -ENOMEM;
	return r < 0 ? zerr_code(ed->e, -r, "edit") : 0;
}

int rewrite(const struct edit *ed)
{
	const int r = add_format(ed);

	if (r < 0)
		return r;
	if (ed->value)
		return set_key(ed);
	return ed->key ? remove_key(ed) : remove_group(ed);
}
