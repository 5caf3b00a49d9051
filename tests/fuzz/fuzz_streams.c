/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simplestreams, both files: whatever comes out must have passed the checks of names. */
#include <stdlib.h>
#include <string.h>

#include "image/ref.h"
#include "image/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_REMOTES struct remote_images r = { 0 };
	AUTO_STRV struct strv paths = { 0 };
	struct zerr e = { 0 };

	(void)streams_index((const char *)data, len, &paths, &e);
	for (size_t i = 0; i < paths.n; i++)
		if (!image_path_ok(paths.v[i]))
			abort();
	(void)streams_products((const char *)data, len, &r, &e);
	for (size_t i = 0; i < r.n; i++)
		if (!image_path_ok(r.v[i].path) || !image_build_ok(r.v[i].build) ||
		    !image_fingerprint_ok(r.v[i].sha256) || !image_word_ok(r.v[i].ref.arch) ||
		    strchr(r.v[i].file, '/'))
			abort();
	return 0;
}
