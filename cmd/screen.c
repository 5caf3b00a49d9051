/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only user of ncurses. */
#include "cmd/screen.h"

#include <curses.h>
#include <locale.h>
#include <stdio.h>

static SCREEN *screen;

static int open_screen(struct zerr *e)
{
	(void)setlocale(LC_CTYPE, ""); /* how wide characters are; nothing else of the program's */
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return zerr_hint(e, zerr_as(e, ZERR_HOST, "this type of terminal is not known"),
				 "zone top -b prints lines");
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)curs_set(0); /* not every terminal can */
	return 0;
}

static void close_screen(void)
{
	if (!screen)
		return;
	(void)endwin();
	delscreen(screen);
	screen = NULL;
}

static void get_size(unsigned *ret_rows, unsigned *ret_columns)
{
	int rows, columns;

	getmaxyx(stdscr, rows, columns);
	*ret_rows = rows > 0 ? (unsigned)rows : 24;
	*ret_columns = columns > 0 ? (unsigned)columns : 80;
}

static void draw(const struct strv *lines, int heading)
{
	unsigned rows, columns;

	get_size(&rows, &columns);
	(void)erase();
	for (size_t i = 0; i < lines->n && i < rows; i++) {
		if ((int)i == heading)
			(void)attron(A_REVERSE);
		(void)mvaddnstr((int)i, 0, lines->v[i], (int)columns);
		if ((int)i == heading)
			(void)attroff(A_REVERSE);
	}
	(void)refresh();
}

static int get_key(int timeout_ms)
{
	static const struct {
		int curses, key;
	} keys[] = { { KEY_UP, SCREEN_UP },	    { KEY_DOWN, SCREEN_DOWN },
		     { KEY_PPAGE, SCREEN_PAGE_UP }, { KEY_NPAGE, SCREEN_PAGE_DOWN },
		     { KEY_HOME, SCREEN_HOME },	    { KEY_END, SCREEN_END },
		     { KEY_RESIZE, SCREEN_NONE } };

	timeout(timeout_ms);
	const int k = getch();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (k == keys[i].curses)
			return keys[i].key;
	return k == ERR || k > 255 ? SCREEN_NONE : k;
}

__attribute__((visibility("default")))
const struct screen_ops zone_screen = { open_screen, close_screen, get_size, draw, get_key };
