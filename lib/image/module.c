/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads the image module on first use: the command itself stays free of curl, json-c and
 * libarchive. The module is never unloaded.
 */
#include "image/module.h"

#include <dlfcn.h>

#include "base/own.h"
#include "base/run.h"
#include "base/steps.h"

#define MODULE "zone-image.so"

static void forward_log(enum log_level level, const char *text, void *arg)
{
	(void)arg;
	switch (level) {
	case LOG_LEVEL_WARN:
		log_warn("%s", text);
		break;
	case LOG_LEVEL_NOTE:
		log_note("%s", text);
		break;
	case LOG_LEVEL_DEBUG:
		log_debug("%s", text);
		break;
	}
}

static int host_error(struct zerr *e, const char *what)
{
	const int r = zerr_as(e, ZERR_HOST, "image module %s: %s", MODULE, what);

	return zerr_hint(e, r, "install it beside zone's other helpers");
}

const struct image_module *image_module_load(struct zerr *e)
{
	static const struct image_module *loaded;
	AUTO_FREE char *path = NULL;
	const struct image_module *m;
	void *handle;

	if (loaded)
		return loaded;
	path = run_helper(MODULE);
	handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!handle) {
		(void)host_error(e, path ? dlerror() : "out of memory");
		return NULL;
	}
	m = dlsym(handle, "zone_image_module");
	if (!m || m->version != IMAGE_MODULE_VERSION) {
		(void)host_error(e, "of another version");
		return NULL;
	}
	m->init(forward_log, steps_signal);
	loaded = m;
	return m;
}

void image_rows_done(struct image_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		image_ref_done(&r->v[i].ref);
		free(r->v[i].build);
		free(r->v[i].sha256);
		free(r->v[i].verified);
	}
	free(r->v);
	*r = (struct image_rows){ 0 };
}
