/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host-wide index, .host/index: NAME → directory, id slot, leases. One line for each change,
 * the last of a name wins; appended and synced under .host/lock, rewritten when most of it is dead.
 * It makes names unique on the host whatever the zone path, and is the only place that gives out
 * ids and addresses. Readers take no lock: a torn last line is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct index_entry {
	char *name;
	char *dir;	    /* absolute path of the zone's directory */
	unsigned slot;	    /* short stable id; ids begin at ID_FIRST + slot * ID_RANGE */
	struct strv leases; /* "NIC NETWORK IPV4 IPV6", see lease.h */
};
/* Free its strings. */
void index_entry_done(struct index_entry *x);

struct index {
	struct index_entry *v; /* sorted by name */
	size_t n;
};
/* Free all entries. */
void index_done(struct index *x);
#define AUTO_INDEX __attribute__((cleanup(index_done)))

/* All live entries. 0 or -errno. */
int index_load(int hostdir, struct index *ret, struct zerr *e);
/* One entry, for who needs no other. 0 or -ENOENT without message. */
int index_find_one(int hostdir, const char *name, struct index_entry *ret, struct zerr *e);

/* What was read last, for who asks again and again; begins zeroed, c->all is released by
 * index_done(). */
struct index_cache {
	struct index all;
	bool loaded;
	uint64_t ino;
	int64_t size, mtime_ns;
};
/* All live entries as they are now, read anew only when the file has changed: borrowed until the
 * next call. */
int index_cached(int hostdir, struct index_cache *c, const struct index **ret, struct zerr *e);
/* One entry of those. 0 or -ENOENT without message. */
int index_find(int hostdir, struct index_cache *c, const char *name, struct index_entry *ret,
	       struct zerr *e);
/* Exclusive right to allocate; the lock is the descriptor. */
int index_lock(int hostdir, struct zerr *e);
/* Add or replace, and remove, durably. The caller holds index_lock(). */
int index_put(int hostdir, const struct index_entry *x, struct zerr *e);
int index_remove(int hostdir, const char *name, struct zerr *e);
/* Give the entry of @from, if there is one, the name @to, in one step that nothing can tear. */
int index_rename(int hostdir, const char *from, const char *to, struct zerr *e);
/* The lowest slot that neither a zone nor /etc/subuid or /etc/subgid has. */
int index_free_slot(const struct index *all, unsigned *ret, struct zerr *e);
