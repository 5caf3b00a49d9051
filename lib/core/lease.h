/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of a zone's NICs: kept in the index, given by net/. */
#pragma once

#include <stdbool.h>

#include "core/core.h"

struct lease_line { /* as the index has it; "-": none */
	char nic[16], network[16], ipv4[20], ipv6[48];
};
/* False when it is damaged. */
bool lease_parse(const char *line, struct lease_line *ret);
/* The line of NIC @nic, and which one it is. */
bool lease_find(const struct index_entry *x, const char *nic, struct lease_line *ret,
		size_t *ret_at);

/* Give the lease of zone @name's @nic back; none is fine. */
int lease_drop(struct zone_host *h, const char *name, const char *nic, struct zerr *e);
/* The lease of @nic, given (and written to the index) when there is none that fits. */
int lease_ensure(struct zone *z, const struct nic_spec *nic, struct net_lease *ret, struct zerr *e);
/* Judge the NICs of @spec, which is to be @z's configuration: an address that is taken, an unknown
 * network are errors, what the next change may mend (a key that is missing, an address outside) is
 * a warning, but of the NIC @whole (NULL: none), which is attached as it is. With @keep (the zone
 * does not run) the leases become those of @spec. */
int lease_follow(struct zone *z, const struct zone_spec *spec, const char *whole, bool keep,
		 struct zerr *e);
/* Leases for all NICs of a zone that is being made; the caller holds index_lock(). Fills
 * @entry->leases. */
int lease_all(struct zone_host *h, const struct zone_spec *spec, const struct index *all,
	      struct index_entry *entry, struct zerr *e);
