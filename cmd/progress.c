/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See progress.h. Writes to standard error only. */
#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/out.h"

enum { BAR_MAX = 30 };

static void add_left(struct buf *out, uint64_t seconds)
{
	if (seconds >= 3600)
		buf_fmt(out, "  %u:%02u:%02u left", (unsigned)(seconds / 3600),
			(unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	else
		buf_fmt(out, "  %u:%02u left", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

static void add_bar(struct buf *out, unsigned width, uint64_t done, uint64_t total)
{
	const unsigned full = (unsigned)((double)done / (double)total * width);

	buf_str(out, " [");
	for (unsigned i = 0; i < width; i++)
		buf_char(out, i < full ? '#' : '.');
	buf_char(out, ']');
}

void progress_bar(struct buf *out, unsigned columns, const char *what, uint64_t done,
		  uint64_t total, uint64_t rate)
{
	AUTO_BUF struct buf tail = { 0 };
	char a[16], b[16];
	size_t used;

	if (done > total && total > 0)
		done = total;
	if (total > 0)
		buf_fmt(&tail, " %3u%%  %s of %s", (unsigned)((double)done / (double)total * 100),
			format_size(done, a), format_size(total, b));
	else
		buf_fmt(&tail, "  %s", format_size(done, a));
	if (rate > 0) {
		buf_fmt(&tail, "  %s/s", format_size(rate, a));
		if (total > 0)
			add_left(&tail, (total - done + rate - 1) / rate);
	}
	buf_str(out, what);
	used = strlen(what) + tail.len + 4; /* the brackets, and the last column stays free */
	if (total > 0 && used + 10 <= columns)
		add_bar(out, columns - used < BAR_MAX ? (unsigned)(columns - used) : BAR_MAX, done,
			total);
	if (strlen(what) + tail.len < columns)
		buf_str(out, tail.p);
}

static void start(struct progress *p, const char *what, uint64_t done)
{
	progress_clear(p);
	*p = (struct progress){ .first = done, .started = now_ms() };
	(void)snprintf(p->what, sizeof(p->what), "%s", what); /* cut when too long */
	zerr_clean(p->what);
}

static void finish(struct progress *p, uint64_t done)
{
	char size[16];

	progress_clear(p);
	(void)fprintf(stderr, "%s: %s in %.1f s\n", p->what, format_size(done, size),
		      (double)(now_ms() - p->started) / 1000);
	p->finished = true;
}

static void draw(struct progress *p, uint64_t done, uint64_t total)
{
	AUTO_BUF struct buf line = { 0 };
	const int64_t ms = now_ms() - p->started;
	uint64_t rate = 0;

	if (ms > 500 && done > p->first)
		rate = (uint64_t)((double)(done - p->first) / (double)ms * 1000);
	buf_char(&line, '\r');
	progress_bar(&line, out_columns(STDERR_FILENO), p->what, done, total, rate);
	buf_str(&line, "\033[K");
	if (line.failed)
		return;
	(void)fwrite(line.p, 1, line.len, stderr); /* a lost bar is no failure */
	p->drawn = true;
}

void progress_update(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
	char cut[sizeof(p->what)];

	if (!out_is_terminal(STDERR_FILENO))
		return;
	(void)snprintf(cut, sizeof(cut), "%s", what);
	zerr_clean(cut);
	if (strcmp(cut, p->what) != 0 || p->started == 0)
		start(p, cut, done);
	if (p->finished)
		return;
	if (total > 0 && done >= total)
		finish(p, done);
	else
		draw(p, done, total);
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		(void)fputs("\r\033[K", stderr);
	p->drawn = false;
}
