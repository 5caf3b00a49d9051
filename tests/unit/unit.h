/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every unit test needs: cmocka with the headers it asks for first, and a directory of its own
 * that is gone afterwards. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"

struct tmpdir {
	char path[64];
	int fd;
};

/* cmocka setup: *@state becomes a struct tmpdir. */
static inline int tmpdir_make(void **state)
{
	struct tmpdir *t = calloc(1, sizeof(*t));
	struct zerr e = { 0 };

	assert_non_null(t);
	/* in memory where possible: a busy disk would make 10,000 directories a matter of minutes
	 */
	(void)snprintf(t->path, sizeof(t->path), "%s/zone-unit-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(t->path));
	t->fd = fs_open_dir(t->path, &e);
	assert_true(t->fd >= 0);
	*state = t;
	return 0;
}

/* cmocka teardown. */
static inline int tmpdir_remove(void **state)
{
	struct tmpdir *t = *state;
	struct zerr e = { 0 };
	char *name = strrchr(t->path, '/');
	int parent, r;

	*name++ = '\0';
	parent = fs_open_dir(t->path, &e);
	r = fs_remove(parent, name, &e);
	own_close(parent);
	own_close(t->fd);
	free(t);
	return r;
}

static inline int tmpdir_fd(void **state)
{
	return ((const struct tmpdir *)*state)->fd;
}

#define with_tmpdir(test) cmocka_unit_test_setup_teardown(test, tmpdir_make, tmpdir_remove)
