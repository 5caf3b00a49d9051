/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests that need root have in common. Children of a test cannot use cmocka's asserts: they
 * add up check() and the test asserts that the sum is 0. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <cmocka.h> /* needs the others before it */

#define TEST_BASE 1879048192U /* first id of the test's user namespace: above all zones */

/* Leave (exit status 77) when this is not root. */
void test_need_root(void);
/* True when this is Linux @major.@minor or later. */
bool test_linux(int major, int minor);
/* Go into a mount namespace of our own. */
void test_private_mounts(void);
/* A new directory, 0700, on the root file system. Owned fd; test_dir_remove() it. */
int test_dir_make(void);
void test_dir_remove(int fd);
/* 0 when @ok; else 1, with @what on standard error. */
int check(bool ok, const char *what);
/* An owned fd of a user namespace that maps 0…65535 to TEST_BASE…. */
int test_userns(void);
/* Run @fn as root of @userns, in a mount namespace where the detached tree @root is "/". @fn's
 * result, or 125 when it could not be run. */
int test_run_in(int userns, int root, int (*fn)(void *arg), void *arg);
/* Write @text to the new file @name below @dirfd; @mode is exact. 0 or 1 as check(). */
int test_put(int dirfd, const char *name, const char *text, mode_t mode);
/* True when the file's contents are @text. */
bool test_is(int dirfd, const char *name, const char *text);
bool test_exists(int dirfd, const char *path);
/* True when nothing was mounted or unmounted here since the first call. */
bool test_mounts_same(void);
