/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one line of the events file: an object of strings and numbers, nothing nested. */
#pragma once

#include "base/str.h"

/* Append key, value, key, value … of @line to @ret. \" \\ and \/ are resolved, other escapes stay
 * as they are (they are there because they are no text). 0, -EINVAL, or -ENOMEM. */
int flat_parse(const char *line, struct strv *ret);
/* The value of @key among them, or NULL. */
const char *flat_get(const struct strv *pairs, const char *key);
