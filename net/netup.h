/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network's way up and down, as one table of steps. Each step makes be what the record says,
 * whatever is there already: so a network that is up can be brought up again (after a change of its
 * record, or when somebody flushed our tables), and what a killed command left is finished by the
 * next. Below the run directory `.net/.up/NAME` is the record that it was brought up by, and
 * `.net/.journal/NAME` is there while it is neither up nor down. The caller holds the notes' lock.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/network.h"
#include "net/note.h"

/* Bring @name up, or what is missing of it. @ret is what it is up as. After a
 * failure it is down; one that was up already stays. */
int netup(const struct net_env *env, struct nl *nl, const struct notes *notes, const char *name,
	  struct network *ret, struct zerr *e);
/* Bring it down; nothing to do is fine. */
int netdown(const struct net_env *env, struct nl *nl, const struct notes *notes, const char *name,
	    struct zerr *e);
/* When no network is up and no other link is guarded our tables go. */
int netdown_last(const struct notes *notes, struct zerr *e);
/* The record that @name was brought up by, and whether it is whole. 0, -ENOENT when it is down. */
int netup_record(const struct notes *notes, const char *name, struct network *ret, bool *ret_whole,
		 struct zerr *e);
/* Whether anything says that it is up, or half so. */
bool netup_has_traces(const struct notes *notes, const char *name);
/* Names of all networks that are up, or half so. */
int netup_names(const struct notes *notes, struct strv *ret, struct zerr *e);
