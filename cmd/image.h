/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing of images, for the verbs of image.c and publish.c. */
#pragma once

#include "cmd/out.h"
#include "cmd/verbs.h"

/* Print @images as a table or as JSON, and release them. 0, or -errno and @e. */
int image_print(struct cmd *c, struct zone_images *images, struct zerr *e);
