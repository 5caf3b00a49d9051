/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vectors and buffers for users of the shared library. The functions of base/str.h stay inside it;
 * results that are plain structures of that header are built and released through these. No logic
 * of its own.
 */
#include "zone.h"

int zone_strv_add(struct strv *v, const char *s)
{
	return strv_add(v, s);
}

void zone_strv_done(struct strv *v)
{
	strv_done(v);
}

void zone_buf_done(struct buf *b)
{
	buf_done(b);
}
