/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host-wide index: reading, appending, compacting, and the allocation of id slots. Knows
 * nothing of what a zone is beyond its line.
 */
#include "core/index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/core.h"

#define INDEX_FILE  "index"
#define INDEX_FIRST "format=1\n"
#define INDEX_MAX   (64U << 20)
#define DEAD_MIN    64

void index_entry_done(struct index_entry *x)
{
	free(x->name);
	free(x->dir);
	strv_done(&x->leases);
	*x = (struct index_entry){ 0 };
}

void index_done(struct index *x)
{
	for (size_t i = 0; i < x->n; i++)
		index_entry_done(&x->v[i]);
	free(x->v);
	*x = (struct index){ 0 };
}

/* NAME\tSLOT\tDIR[\tLEASE;LEASE] */
static int parse_line(char *line, struct index_entry *ret)
{
	char *save = NULL;
	const char *name = strtok_r(line, "\t", &save);
	const char *slot = strtok_r(NULL, "\t", &save);
	const char *dir = strtok_r(NULL, "\t", &save);
	const char *leases = strtok_r(NULL, "\t", &save);
	uint64_t n;

	if (!name || !slot || !dir || parse_u64(slot, UINT32_MAX, &n) < 0)
		return -EPROTO;
	*ret = (struct index_entry){ .name = strdup(name),
				     .dir = strdup(dir),
				     .slot = (unsigned)n };
	if (!ret->name || !ret->dir || (leases && strv_split(&ret->leases, leases, ";") < 0)) {
		index_entry_done(ret);
		return -ENOMEM;
	}
	return 0;
}

/* A line as read: which name it is about, and whether it adds. */
struct line {
	char *text; /* behind the sign and the tab */
	size_t name_len;
	size_t seq;
	bool add;
};

static int by_name(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	const size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	const int r = memcmp(x->text, y->text, n);

	if (r)
		return r;
	if (x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static bool same_name(const struct line *a, const struct line *b)
{
	return a->name_len == b->name_len && memcmp(a->text, b->text, a->name_len) == 0;
}

/* Take the line [@p, @end) apart, without its sign. Each ends with a tab and a dot: one that does
 * not was torn by a power loss and says nothing, whatever has been appended behind it since. */
static bool take_line(char *p, char *end, struct line *ret)
{
	*end = '\0';
	if ((p[0] != '+' && p[0] != '-') || p[1] != '\t' || end - p < 4 || end[-2] != '\t' ||
	    end[-1] != '.')
		return false;
	end[-2] = '\0';
	*ret = (struct line){ p + 2, strcspn(p + 2, "\t"), 0, p[0] == '+' };
	return true;
}

/* Split @text into lines, sorted by name, then age. */
static struct line *split(char *text, size_t *ret_n)
{
	size_t n = 0, cap = 0;
	struct line *v = NULL;

	for (char *p = text, *end; (end = strchr(p, '\n')); p = end + 1) {
		struct line l;

		if (!take_line(p, end, &l))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			struct line *w = reallocarray(v, cap, sizeof(*v));

			if (!w) {
				free(v);
				return NULL;
			}
			v = w;
		}
		l.seq = n;
		v[n++] = l;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_name);
	*ret_n = n;
	return v ? v : calloc(1, sizeof(*v));
}

static int read_text(int hostdir, struct buf *text, struct zerr *e)
{
	const int r = fs_read(hostdir, INDEX_FILE, INDEX_MAX, text);

	if (r < 0 && r != -ENOENT)
		return zerr_code(e, -r, "index of zones");
	if (r == 0 && text->len && !str_starts(text->p, INDEX_FIRST))
		return zerr_set(e, EPROTO, "index of zones: written by another version of zone");
	return 0;
}

static int load(int hostdir, struct index *ret, size_t *ret_dead, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_INDEX struct index x = { 0 };
	size_t n = 0;
	const int r = read_text(hostdir, &text, e);

	if (r < 0)
		return r;
	AUTO_FREE struct line *lines = text.len ? split(text.p, &n) : NULL;
	if (text.len && !lines)
		return zerr_code(e, ENOMEM, "index of zones");
	x.v = calloc(n + 1, sizeof(*x.v));
	if (!x.v)
		return zerr_code(e, ENOMEM, "index of zones");
	for (size_t i = 0; i < n; i++) {
		const bool last = i + 1 == n || !same_name(&lines[i], &lines[i + 1]);

		if (last && lines[i].add && parse_line(lines[i].text, &x.v[x.n]) == 0)
			x.n++;
	}
	if (ret_dead)
		*ret_dead = n - x.n;
	*ret = x;
	x = (struct index){ 0 };
	return 0;
}

int index_load(int hostdir, struct index *ret, struct zerr *e)
{
	return load(hostdir, ret, NULL, e);
}

/* Whether what was read then is what is there now: every change appends or puts a new file there.
 */
static bool is_fresh(const struct index_cache *c, const struct stat *st)
{
	return c->loaded && c->ino == st->st_ino && c->size == st->st_size &&
	       c->mtime_ns == st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec;
}

int index_cached(int hostdir, struct index_cache *c, const struct index **ret, struct zerr *e)
{
	struct index fresh = { 0 };
	struct stat st = { 0 };

	/* asked before it is read: what is appended in between makes the next call read again */
	if (fstatat(hostdir, INDEX_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return zerr_sys(e, "index of zones");
	if (!is_fresh(c, &st)) {
		const int r = index_load(hostdir, &fresh, e);

		if (r < 0)
			return r;
		index_done(&c->all);
		*c = (struct index_cache){ fresh, true, st.st_ino, st.st_size,
					   st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec };
	}
	*ret = &c->all;
	return 0;
}

static int compare_entry(const void *name, const void *entry)
{
	return strcmp(name, ((const struct index_entry *)entry)->name);
}

static int copy_entry(const struct index_entry *x, struct index_entry *ret)
{
	struct index_entry c = { .name = strdup(x->name), .dir = strdup(x->dir), .slot = x->slot };
	int r = c.name && c.dir ? 0 : -ENOMEM;

	for (size_t i = 0; i < x->leases.n && r == 0; i++)
		r = strv_add(&c.leases, x->leases.v[i]);
	if (r < 0)
		index_entry_done(&c);
	else
		*ret = c;
	return r;
}

int index_find(int hostdir, struct index_cache *c, const char *name, struct index_entry *ret,
	       struct zerr *e)
{
	const struct index *all;
	const int r = index_cached(hostdir, c, &all, e);

	if (r < 0)
		return r;
	const struct index_entry *x =
		all->n ? bsearch(name, all->v, all->n, sizeof(*all->v), compare_entry) : NULL;
	if (!x)
		return -ENOENT;
	return copy_entry(x, ret) < 0 ? zerr_code(e, ENOMEM, "index of zones") : 0;
}

/* Without sorting or keeping the rest: the last line of that name counts. */
int index_find_one(int hostdir, const char *name, struct index_entry *ret, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const size_t len = strlen(name);
	struct line l, last = { 0 };
	const int r = read_text(hostdir, &text, e);

	if (r < 0)
		return r;
	for (char *p = text.p, *end; p && (end = strchr(p, '\n')); p = end + 1)
		if (take_line(p, end, &l) && l.name_len == len && memcmp(l.text, name, len) == 0)
			last = l;
	if (!last.text || !last.add)
		return -ENOENT;
	const int k = parse_line(last.text, ret);
	return k == -ENOMEM ? zerr_code(e, ENOMEM, "index of zones") : k < 0 ? -ENOENT : 0;
}

int index_lock(int hostdir, struct zerr *e)
{
	return zerr_in(e, fs_lock(hostdir, "lock", 10000, e), "index of zones");
}

static void format_line(struct buf *b, const struct index_entry *x)
{
	buf_fmt(b, "+\t%s\t%u\t%s", x->name, x->slot, x->dir);
	for (size_t i = 0; i < x->leases.n; i++)
		buf_fmt(b, "%s%s", i ? ";" : "\t", x->leases.v[i]);
	buf_str(b, "\t.\n");
}

static int save(int hostdir, const struct index *all, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };

	buf_str(&text, INDEX_FIRST);
	for (size_t i = 0; i < all->n; i++)
		format_line(&text, &all->v[i]);
	if (text.failed)
		return zerr_code(e, ENOMEM, "index of zones");
	return fs_write(hostdir, INDEX_FILE, text.p, text.len, 0600, true, e);
}

/* Rewrite the index when most of its lines are dead. */
static int compact(int hostdir, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	size_t dead = 0;
	const int r = load(hostdir, &all, &dead, e);

	return r < 0 || dead < DEAD_MIN || dead < 2 * all.n ? r : save(hostdir, &all, e);
}

int index_rename(int hostdir, const char *from, const char *to, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	int r = load(hostdir, &all, NULL, e);

	for (size_t i = 0; i < all.n && r == 0; i++)
		if (str_eq(all.v[i].name, from))
			r = str_set(&all.v[i].name, to) < 0 ? zerr_code(e, ENOMEM, "index of zones")
							    : save(hostdir, &all, e);
	return r;
}

static int append(int hostdir, const struct buf *line, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(hostdir, INDEX_FILE, O_RDWR | O_APPEND, 0);
	bool fresh = false;
	char last = '\n';

	if (line->failed)
		return zerr_code(e, ENOMEM, "index of zones");
	if (fd == -ENOENT) {
		const int r = fs_write(hostdir, INDEX_FILE, INDEX_FIRST, strlen(INDEX_FIRST), 0600,
				       true, e);

		if (r < 0)
			return r;
		fd = fs_open_below(hostdir, INDEX_FILE, O_RDWR | O_APPEND, 0);
		fresh = true;
	}
	if (fd < 0)
		return zerr_code(e, -fd, "index of zones");
	const off_t size = lseek(fd, 0, SEEK_END);
	if (!fresh && size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' &&
	    fs_write_all(fd, "\n", 1) < 0) /* a line torn by a power loss */
		return zerr_sys(e, "index of zones: write");
	const int r = fs_write_all(fd, line->p, line->len);
	if (r < 0 || fdatasync(fd) < 0) {
		const int code = r < 0 ? -r : errno;

		if (ftruncate(fd, size) < 0) /* keep no half line; readers pass over one anyway */
			return zerr_sys(e, "index of zones: truncate");
		return zerr_code(e, code, "index of zones: write");
	}
	return 0;
}

int index_put(int hostdir, const struct index_entry *x, struct zerr *e)
{
	AUTO_BUF struct buf line = { 0 };

	if (strpbrk(x->dir, "\t\n"))
		return zerr_as(e, ZERR_USAGE,
			       "path: tabs and newlines are not possible in a zone path");
	format_line(&line, x);
	return append(hostdir, &line, e);
}

int index_remove(int hostdir, const char *name, struct zerr *e)
{
	AUTO_BUF struct buf line = { 0 };

	buf_fmt(&line, "-\t%s\t.\n", name);
	const int r = append(hostdir, &line, e);
	return r < 0 ? r : compact(hostdir, e);
}

/* Mark the slots that a line "NAME:START:COUNT" of /etc/subuid touches. */
static void mark_file(const char *path, unsigned char *used, unsigned slots)
{
	AUTO_FCLOSE FILE *f = fopen(path, "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');
		unsigned long long start, count;

		if (!colon || sscanf(colon, ":%llu:%llu", &start, &count) != 2 || count == 0 ||
		    start > ID_LAST)
			continue;
		if (count > ID_LAST)
			count = ID_LAST;
		unsigned long long end = start + count - 1;
		if (end < ID_FIRST)
			continue;
		const unsigned long long from =
			start < ID_FIRST ? 0 : (start - ID_FIRST) / ID_RANGE;
		for (unsigned long long s = from; s <= (end - ID_FIRST) / ID_RANGE && s < slots;
		     s++)
			used[s] = 1;
	}
}

int index_free_slot(const struct index *all, unsigned *ret, struct zerr *e)
{
	const unsigned slots = (ID_LAST + 1 - ID_FIRST) / ID_RANGE;
	AUTO_FREE unsigned char *used = calloc(slots, 1);

	if (!used)
		return zerr_code(e, ENOMEM, "ids");
	mark_file("/etc/subuid", used, slots);
	mark_file("/etc/subgid", used, slots);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].slot < slots)
			used[all->v[i].slot] = 1;
	const unsigned char *hole = memchr(used, 0, slots);
	if (!hole)
		return zerr_as(e, ZERR_HOST, "ids: all %u ranges of 65536 ids are taken", slots);
	*ret = (unsigned)(hole - used);
	return 0;
}
