/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8, as much of it as cleaning and cutting text needs. Knows nothing of locales. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Length of the valid UTF-8 character that begins at @s, and which one it is; 0 when the bytes
 * there are no character (overlong forms, surrogates and a bare NUL included). Reads no byte beyond
 * a NUL.
 * @ret_code may be NULL. */
size_t utf8_char(const char *s, uint32_t *ret_code);
/* The largest length <= @max that does not cut a character of @s in two. */
size_t utf8_cut(const char *s, size_t max);
