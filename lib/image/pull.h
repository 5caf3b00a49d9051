/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of the image module that talk to a server or look after what came from one. Their
 * contracts stand in module.h. */
#pragma once

#include "image/module.h"

/* The contracts of module.h. */
int image_pull(const struct image_env *env, const struct image_ref *ref,
	       const struct image_source *src, image_progress *progress, void *arg,
	       struct image *ret, struct zerr *e);
int image_list_remote(const struct image_env *env, const struct image_ref *ref,
		      const struct image_source *src, struct image_rows *ret, struct zerr *e);
int image_verify(const struct image_env *env, const char *fingerprint, struct strv *faults,
		 struct zerr *e);
