/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of a zone's NICs: kept in the index, given by net/. */
#pragma once

#include "core/core.h"

/* The lease of @nic, given (and written to the index) when there is none that fits. */
int lease_ensure(struct zone *z, const struct nic_spec *nic, struct net_lease *ret, struct zerr *e);
/* Leases for all NICs of a zone that is being made; the caller holds index_lock(). Fills
 * @entry->leases. */
int lease_all(struct zone_host *h, const struct zone_spec *spec, const struct index *all,
	      struct index_entry *entry, struct zerr *e);
