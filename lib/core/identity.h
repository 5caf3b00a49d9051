/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the zone is, in its own files: hostname, hosts, machine-id and time zone at its first start,
 * resolv.conf and the seed of cloud-init at every one. */
#pragma once

#include "core/core.h"

#define IDENTITY_MARKER "# written by zone at every start; remove this line to keep the file\n"
#define IDENTITY_SEED	"/var/lib/cloud/seed/nocloud" /* of cloud-init */

/* Why its files have to be told who it is; the file `fresh` of the zone's directory says it. */
enum fresh {
	FRESH_NOT,
	FRESH_NEW,    /* "": first start */
	FRESH_CLONE,  /* "clone NAME": its files are those of another zone */
	FRESH_RENAME, /* "rename NAME" */
};

/* Host's side, before the clone: is this the first start, and who is asked for names: the zone's
 * network, or whom the host asks? */
struct identity {
	enum fresh fresh;
	struct buf was; /* the host name that its files have, if they have one */
	struct image
		image; /* with FRESH_NEW: its templates are expanded; empty for zones without one */
	struct buf resolv;   /* text of resolv.conf; owned */
	char timezone[64];   /* the host's, "Europe/Paris"; "" when it is not known */
	char uuid[40];	     /* the zone's */
	char machine_id[40]; /* the same, as /etc/machine-id has it */
};
/* @ret is filled in any case; without a resolver its text is empty. */
void identity_prepare(const struct zone *z, struct identity *ret);
/* Free the text. */
void identity_done(struct identity *i);
/* Inside, after the root is "/": links lead nowhere but into the zone itself. What cannot be
 * written (a read-only root) is left as it is. */
void identity_write(const struct identity *i, const char *name, const char *hostname);
