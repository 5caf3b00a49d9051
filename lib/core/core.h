/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/core share: the host's places, and one zone as loaded from them. */
#pragma once

#include "base/record.h"
#include "conf/conf.h"
#include "core/index.h"
#include "image/image.h"
#include "net/net.h"
#include "storage/storage.h"
#include "zone.h"

#define MANIFEST_FORMAT 1
#define STATE_FORMAT	1
#define BUNDLE_FORMAT	1
#define ID_RANGE	65536U
#define ID_FIRST	524288U	    /* systemd's UIDS-GIDS: container ranges */
#define ID_LAST		1879048191U /* the last id, not the last range */

struct zone_host {
	struct zone_options o;
	char *etc, *var, *zones_path, *run_path, *cache; /* paths; owned */
	char *group;					 /* our group below the v2 mount: "zone" */
	struct strv lost;     /* pools that could not be made usable: told once */
	struct strv defaults; /* of a pool that is the zone path: "KEY=VALUE" of its zones */
	int zones;	      /* new zones and .images */
	int host;	      /* /var/lib/zone/.host */
	struct index_cache index;
	bool looked_up; /* a first look-up reads for itself alone */
	int run;	/* /run/zone */
	int cgroup;	/* the cgroup v2 mount; -1 until cg_root() */
	char *cgroup_path;
	struct image_env images;
	struct net_env net;
	char *image_conf, *image_keys, *nft; /* owned, for the environments above */
};

struct zone {
	struct zone_host *h;
	char *name;
	struct index_entry entry;
	int dir;  /* its directory; -1: missing */
	int run;  /* /run/zone/NAME; -1: never started */
	int lock; /* -1: not held */
	struct zone_spec spec;
	struct record manifest;
};

enum { LOAD_LOCK = 1, LOAD_SPEC = 2, LOAD_RUN = 4 };

/* Find @name in the index and open what @what asks for: the lock is taken first, LOAD_SPEC reads
 * configuration and manifest, LOAD_RUN makes the run directory. Exit status 3 when there is none.
 */
int zone_load(struct zone_host *h, const char *name, int what, struct zone *ret, struct zerr *e);
/* LOAD_SPEC later, for a zone that is loaded: what was checked under its lock stays so. */
int zone_load_spec(struct zone *z, struct zerr *e);
/* 0, or exit status 4 for a loaded zone whose directory is missing. */
int zone_need_dir(const struct zone *z, struct zerr *e);
/* Zone @name with its configuration alone, to be changed: exit status 4 when its directory is
 * missing. */
int zone_load_config(struct zone_host *h, const char *name, struct zone *ret, struct zerr *e);
void zone_unload(struct zone *z);
#define AUTO_ZONE __attribute__((cleanup(zone_unload)))

/* The run directory, for who only looks and has no host handle. fd, -ENOENT when nothing ever ran.
 */
int host_run_dir(struct zerr *e);

/* Take the lock of @name alone: for names that are not in the index yet. */
int zone_lock(struct zone_host *h, const char *name, struct zerr *e);
/* Give the lock back before a long wait. */
void zone_unlock(struct zone *z);

/* First host id of the zone; 0 at level privileged. */
uid_t zone_base(const struct zone *z);
/* The image store of the zone's own path, which need not be the one in force: @ret borrows the
 * descriptor that is returned, owned by the caller. */
int zone_image_env(const struct zone *z, struct image_env *ret, struct zerr *e);
/* What the configuration and the zone's number say of its volume: all but backend, directory and
 * image. Borrows from
 * @spec. */
void volume_of(const struct zone_spec *spec, unsigned slot, struct volume *ret);
/* The volume of a loaded zone; @ret->image is owned by the caller. */
int zone_volume(const struct zone *z, struct volume *ret, struct zerr *e);

/* The directory of a zone, also of one whose rename was killed; a pool that it is in and that has
 * not been used since the boot is there after that. fd or -errno. */
int zone_open_dir(struct zone_host *h, const struct index_entry *entry);
/* Call @fn for every zone that has a manifest, in order, until it returns other than 0; @dir is the
 * zone's. What it returned, or -errno. */
int zone_each(struct zone_host *h,
	      int (*fn)(void *arg, const char *name, int dir, const struct record *manifest),
	      void *arg, struct zerr *e);

/* An event line and a debug message; @fields as event_emit(). */
void zone_event(struct zone_host *h, const char *name, const char *event,
		const char *const *fields);

/* Finish a restore that was killed (its journal says so); the caller holds the lock. */
int zone_restore_finish(struct zone *z, struct zerr *e);
