/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A zone's NICs: plugged in when it starts, taken out when it has ended, told in info. */
#pragma once

#include "core/boot.h"

/* Plug all NICs of the specification into the child's namespace; what was made is kept in @state.
 */
int nics_up(struct boot *b, struct record *state, struct zerr *e);
/* Take out what @state has, and what a killed start may have left besides. */
int nics_down(struct zone *z, const struct record *state, struct zerr *e);
/* The @i-th link of the state record. 0 or -ENOENT. */
int nics_link(const struct record *state, size_t i, struct net_link *ret);
/* Add @link to the record, or take the one of @nic out of it. 0 or -ENOMEM. */
int nics_record(struct record *state, const struct net_link *link);
void nics_forget(struct record *state, const char *nic);
/* The link of interface @nic. 0 or -ENOENT. */
int nics_find(const struct record *state, const char *nic, struct net_link *ret);
/* NICs of the configuration, with what @state and the kernel know of them. 0 or -ENOMEM. */
int nics_info(const struct zone *z, const struct record *state, struct zone_info *i);
