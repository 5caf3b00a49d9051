/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading our own shared objects; only from where zone itself is installed. */
#include "base/module.h"

#include <dlfcn.h>

#include "base/own.h"
#include "base/run.h"

void *module_symbol(const char *file, const char *symbol, struct zerr *e)
{
	AUTO_FREE char *path = run_helper(file);
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
	void *found = handle ? dlsym(handle, symbol) : NULL;

	if (!found) {
		const char *why = path ? dlerror() : "out of memory";

		zerr_as(e, ZERR_HOST, "module %s: %s", file, why ? why : "of another version");
		(void)zerr_hint(e, -ENOENT, "install zone again: its parts do not fit together");
	}
	return found;
}
