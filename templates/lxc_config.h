/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a template script wrote into its LXC configuration, as keys of zone.conf. */
#pragma once

#include "templates/template.h"

/* Take the lines of @text: what has a counterpart goes to ret->config, every other setting once to
 * ret->ignored. @rootfs is the path that the script was given. 0 or -ENOMEM. */
int lxc_config_take(char *text, const char *rootfs, struct template_result *ret);
