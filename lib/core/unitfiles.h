/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What administrators have made of zone@NAME.service in /etc/systemd: links of `systemctl enable`
 * and `add-wants`, drop-ins of `systemctl edit` and `set-property`. (What zones' configurations say
 * becomes units by the generator, anew at each reload.) Only for zones in the standard places,
 * which are those that units know. */
#pragma once

#include "core/core.h"

/* They are those of zone @to from now on. 1: there were some; 0: none; or -errno with message. */
int unitfiles_move(const struct zone_host *h, const char *from, const char *to, struct zerr *e);
/* They go. As above; what can be removed is. */
int unitfiles_remove(const struct zone_host *h, const char *name, struct zerr *e);
