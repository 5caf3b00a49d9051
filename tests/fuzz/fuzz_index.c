/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classic index and SHA256SUMS: whatever comes out must have passed the checks of names. */
#include <stdlib.h>

#include "base/str.h"
#include "image/ref.h"
#include "image/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_REMOTES struct remote_images r = { 0 };
	AUTO_BUF struct buf text = { 0 };
	char hex[65];

	if (index_parse((const char *)data, len, &r) < 0)
		return 0;
	for (size_t i = 0; i < r.n; i++)
		if (!image_path_ok(r.v[i].path) || !image_build_ok(r.v[i].build) ||
		    !image_word_ok(r.v[i].ref.dist) || !image_word_ok(r.v[i].ref.variant))
			abort();
	buf_add(&text, data, len);
	if (text.p && sums_find(text.p, "rootfs.tar.xz", hex) && !image_fingerprint_ok(hex))
		abort();
	return 0;
}
