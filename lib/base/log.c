/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The debug and warning callback. Must not print by itself. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

static log_fn *log_to;
static void *log_arg;

void log_set(log_fn *fn, void *arg)
{
	log_to = fn;
	log_arg = arg;
}

void log_line(enum log_level level, const char *text)
{
	if (log_to)
		log_to(level, text, log_arg);
}

__attribute__((format(printf, 2, 0))) static void emit(enum log_level level, const char *fmt,
						       va_list ap)
{
	char text[1024];

	if (!log_to)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	zerr_clean(text);
	log_line(level, text);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_NOTE, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}
