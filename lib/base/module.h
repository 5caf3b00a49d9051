/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of zone that few verbs need are shared objects of their own, loaded on first use, so that
 * the others do not pay for their libraries. */
#pragma once

#include "base/err.h"

/* The address of @symbol in our module @file ("zone-image.so"), beside the running executable or in
 * the libexec directory. Never unloaded. NULL with exit status 7 when it is missing. */
void *module_symbol(const char *file, const char *symbol, struct zerr *e);
