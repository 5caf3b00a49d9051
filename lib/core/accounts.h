/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a zone's accounts, changed from inside (inside.h): with "/" being the zone's root
 * and no right over the host. Links in their places are refused, all else is kept as it was. */
#pragma once

#include "base/err.h"

/* The password of @user becomes @hash, in /etc/shadow as crypt(5) has it. */
int accounts_set_hash(const char *user, const char *hash, struct zerr *e);
/* Lines of @keys that are not in ~@user/.ssh/authorized_keys are added to it. */
int accounts_add_keys(const char *user, const char *keys, struct zerr *e);
