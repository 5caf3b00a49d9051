/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration files: whatever can be read can also be edited, and means the same afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The only excuse is the size. */
static void edit(struct buf *text, const char *path, const char *value)
{
	struct zerr e = { 0 };
	bool changed;

	if (conf_edit(text, path, value, &changed, &e) == 0 || strstr(e.msg, "larger than"))
		return;
	(void)fprintf(stderr, "%s\n%s\n", e.msg, text->p);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_STRV struct strv all = { 0 };
	AUTO_SPEC struct zone_spec s;

	buf_add(&text, data, strnlen((const char *)data, len));
	spec_init(&s);
	if (text.len == 0 || conf_parse(&s, text.p, "f", NULL) < 0 || conf_dump(&s, true, &all) < 0)
		return 0;
	edit(&text, "autostart", "true");
	edit(&text, "net.eth0.mtu", "1400");
	edit(&text, "raw.cgroup.memory.high", "$'\"\\");
	for (size_t i = 0; i < all.n && i < 16; i += 2)
		edit(&text, all.v[i], all.v[i + 1]);
	for (size_t i = 0; i < all.n && i < 16; i += 2)
		edit(&text, all.v[i], NULL);
	return 0;
}
