/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between archive_read.c and archive_write.c: the sum of a member must come out the same in both.
 */
#pragma once

#include "image/digest.h"

struct archive_entry;

/* digest_begin() with what @en says, called @name. */
int archive_sum_begin(struct digest *d, struct archive_entry *en, const char *name);
