/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of JSON per event, appended to the events file in one write, so that readers need no
 * lock. */
#pragma once

#include "base/err.h"
#include "base/json.h"

#define EVENT_MAX    512       /* bytes of a line, the newline included */
#define EVENT_ROTATE (4 << 20) /* bytes; then the file is renamed to events.1 */

/* Append {"time":…,"zone":@zone,"event":@event, fields…} to `events` below @dirfd. @fields are key,
 * value pairs of strings, NULL-terminated, or NULL; what is a number is written as one. A failure
 * is reported but never fails its caller's operation. */
int event_emit(int dirfd, const char *zone, const char *event, const char *const *fields,
	       struct zerr *e);
