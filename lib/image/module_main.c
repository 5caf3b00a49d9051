/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one symbol that the image module exports. The module carries its own copy of lib/base; init()
 * ties its warnings and its idea of signals to the program's.
 */
#include "base/sig.h"
#include "image/bundle.h"
#include "image/cache.h"
#include "image/internal.h"
#include "image/pull.h"

static void init(log_fn *log, int (*signal)(void))
{
	log_set(log, NULL);
	steps_ask_signals(signal);
}

extern const struct image_module zone_image_module;
__attribute__((visibility("default"))) const struct image_module zone_image_module = {
	.version = IMAGE_MODULE_VERSION,
	.init = init,
	.pull = image_pull,
	.list_remote = image_list_remote,
	.local = image_local,
	.oci = image_oci,
	.verify = image_verify,
	.publish = image_publish,
	.flush_cache = cache_flush,
	.unpack = unpack_tar,
	.export_begin = export_begin,
	.export_text = export_text,
	.export_state = export_state,
	.export_end = export_end,
	.import_begin = import_begin,
	.import_next = import_next,
	.import_text = import_text,
	.import_state = import_state,
	.bundle_close = bundle_close,
};
