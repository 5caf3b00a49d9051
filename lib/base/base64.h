/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base 64 of RFC 4648, with padding, without line ends. */
#pragma once

#include "base/str.h"

/* Append the text that stands for @len bytes of @data. */
void base64_encode(const void *data, size_t len, struct buf *out);
/* Append the bytes that @text stands for. 0, or -EINVAL for anything but whole, padded base 64. */
int base64_decode(const char *text, struct buf *out);
