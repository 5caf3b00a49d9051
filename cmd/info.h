/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON object of zone info. */
#pragma once

#include "base/json.h"
#include "zone.h"

/* One object, from zone_info_get(). */
void info_json(struct json *j, const struct zone_info *i);
