/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the templates share among themselves. */
#pragma once

#include "base/opts.h"
#include "templates/template.h"

extern const struct template_ops template_download, template_local, template_oci, template_busybox,
	template_debootstrap, template_none, template_script;

/* Parse what stood behind "--" into @out by @opts. Every table gets -h, --help beside its own rows.
 * 0; 1 when help was printed (ret->done is set); or a usage error. Strings point into a->argv. */
int template_opts(const struct template_args *a, const struct opt *opts, void *out,
		  struct template_result *ret, struct zerr *e);
/* Add a key and its value to ret->config. */
int template_config(struct template_result *ret, const char *key, const char *value,
		    struct zerr *e);
/* Print one formatted line of results. */
void template_print(const struct template_args *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
