/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What -v shows, and warnings: the library has no streams of its own, the command sets a callback.
 */
#pragma once

enum log_level { LOG_LEVEL_WARN, LOG_LEVEL_NOTE, LOG_LEVEL_DEBUG };

typedef void log_fn(enum log_level level, const char *text, void *arg);

/* NULL switches it off (the default). One per process. */
void log_set(log_fn *fn, void *arg);
/* A line that another process of ours made. */
void log_line(enum log_level level, const char *text);
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
