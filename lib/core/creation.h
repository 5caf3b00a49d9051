/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zone coming into being, whatever it is made from: create, clone and import fill one structure
 * and walk one table (creation.c) that differs in two functions. Before its manifest is written the
 * zone is INCOMPLETE; `destroy`, `verify --repair` and the next attempt undo it.
 */
#pragma once

#include "base/steps.h"
#include "core/core.h"
#include "core/state.h"

struct creation;

/* What the table does not know: how the root comes to be. */
struct creation_way {
	const struct op *op; /* its name is that of the command; its steps are creation_steps */
	/* Make the volume @v; c->root is the empty directory to be filled, or -1. */
	int (*volume)(struct creation *c, const struct volume *v, struct zerr *e);
	/* Fill c->root, finish what is in the volume. NULL: nothing to do. */
	int (*build)(struct creation *c, const struct volume *v, struct zerr *e);
};
extern const struct step creation_steps[];

struct creation {
	struct zone_host *h;
	const char *name;
	const struct creation_way *way;
	const struct storage_ops *backend;
	const char *template; /* word of the manifest */
	struct image
		image; /* where its files came from; with a fingerprint it stands on that image */
	char *base, *base_name; /* uuid (and name, a hint) of the zone whose tree it stands on; or
				   NULL */
	struct strv kept;	/* more for the manifest: key, value, … */
	struct buf conf;	/* text of zone.conf */
	struct zone_spec spec;	/* the same, parsed */
	struct index_entry entry;
	const char *fresh; /* what its first start has to do with its files ("", "clone NAME");
			      NULL: nothing */
	int dir;	   /* the zone's directory */
	int root;
	int base_tree; /* with base: the tree; owned */
	int zones;     /* the zone path it is put under; owned */
	char *zones_path;
	struct image_env images; /* the store there */
	void *from;		 /* of the way's functions */
};
/* Under the zone path in force. creation_done() may be called whatever it returns. */
int creation_init(struct creation *c, struct zone_host *h, const char *name, struct zerr *e);
/* Free what was filled in; the zone stays. */
void creation_done(struct creation *c);
#define AUTO_CREATION __attribute__((cleanup(creation_done)))

/* Set @key in c->conf. 0 or a usage error. */
int creation_set(struct creation *c, const char *key, const char *value, struct zerr *e);
/* "KEY=VALUE" each. */
int creation_set_all(struct creation *c, const struct strv *set, struct zerr *e);
/* Parse c->conf into c->spec: whatever way a configuration comes in, here it is judged. */
int creation_judge(struct creation *c, struct zerr *e);
/* Put it where @z is, unless a zone path was asked for. */
int creation_beside(struct creation *c, const struct zone *z, struct zerr *e);
/* It will be under another zone path than @z. */
bool creation_moves(const struct creation *c, const struct zone *z);
/* Exit status 4 when the name is taken. What a killed attempt left is cleared. */
int creation_check_free(struct creation *c, struct zerr *e);
/* That, and a usage error when c->spec would make a circle of zones that start after each other. */
int creation_check(struct creation *c, struct zerr *e);
/* Take the name's lock and make the zone: spec, backend and image are there. All or nothing. */
int creation_run(struct creation *c, struct zerr *e);

/* ---- clone.c --------------------------------------------------------------------------------- */

struct clone {
	const char *to;
	const char *snapshot; /* NULL: the present root */
	bool full;	      /* stands on nothing of the source */
	bool reset;	      /* ssh host keys and the like made anew */
};
/* Make a zone from @from, whose lock is held and which is loaded with its specification. */
int clone_zone(struct zone *from, const struct status *s, const struct clone *a, struct zerr *e);
/* Take out of c->conf what is a zone's own: host name, addresses. */
int clone_drop_identity(struct creation *c, struct zerr *e);
