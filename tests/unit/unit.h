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
	(void)snprintf(t->path, sizeof(t->path), "/tmp/zone-unit-XXXXXX");
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
	AUTO_CLOSE int tmp = fs_open_dir("/tmp", &e);
	const int r = fs_remove(tmp, strrchr(t->path, '/') + 1, &e);

	own_close(t->fd);
	free(t);
	return r;
}

static inline int tmpdir_fd(void **state)
{
	return ((const struct tmpdir *)*state)->fd;
}

#define with_tmpdir(test) cmocka_unit_test_setup_teardown(test, tmpdir_make, tmpdir_remove)
