/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of images. Whatever a server or an index file says passes these checks before it becomes
 * part of a path or of a URL. */
#pragma once

#include "image/image.h"

#define IMAGE_WORD_MAX 60		  /* four words and three colons are a file name */
#define IMAGE_LIFETIME (30LL * 24 * 3600) /* seconds, when the image itself does not say */

/* A distribution, release, architecture or variant: [A-Za-z0-9][A-Za-z0-9._+~-]*, not too long. */
bool image_word_ok(const char *s);
/* A build: eight digits (a date), then [A-Za-z0-9_.:-]*. */
bool image_build_ok(const char *s);
/* 64 lower-case hex digits. */
bool image_fingerprint_ok(const char *s);
/* A relative path of plain words: no empty, "." or ".." component, nothing that a URL would escape.
 */
bool image_path_ok(const char *s);

/* Replace @dst by a copy. 0 or -ENOMEM. */
int image_ref_copy(struct image_ref *dst, const struct image_ref *src);
bool image_ref_equal(const struct image_ref *a, const struct image_ref *b);
/* True when every non-NULL field of @filter (NULL: none) is the same in @r. */
bool image_ref_match(const struct image_ref *r, const struct image_ref *filter);
/* "DIST:RELEASE:ARCH:VARIANT", the caller's; NULL: no memory. */
char *image_ref_key(const struct image_ref *r);
