/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets from standard input: a line, or on a terminal what is typed without being shown. */
#pragma once

#include "base/err.h"

enum { SECRET_MAX = 1024 };

/* One line into @ret, without its end; @prompt is shown on a terminal. Usage error when it is too
 * long or not there; -EINTR when a signal came. */
int secret_read(const char *prompt, char ret[static SECRET_MAX], struct zerr *e);
/* The same, twice on a terminal, until both agree. */
int secret_read_twice(const char *prompt, char ret[static SECRET_MAX], struct zerr *e);
