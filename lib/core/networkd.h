/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-networkd in a zone takes addresses away that it did not set, so it is told ours: a file
 * in /run/systemd/network for each NIC. Nothing depends on it: what fails is only logged.
 */
#pragma once

#include "core/boot.h"

/* In the /run that a zone is about to get. */
void networkd_give(const struct boot *b, const struct nic_spec *nic, const struct net_lease *l);
/* In a zone that runs, with the state record @state, as its root. One that runs already reads it
 * when it is told to (networkctl reload). */
void networkd_tell(const struct zone *z, const struct record *state, const struct nic_spec *nic,
		   const struct net_lease *l);
/* The file of @nic is gone again. */
void networkd_forget(const struct record *state, const char *nic);
