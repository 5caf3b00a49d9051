/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LVM: the one wrapper around its program, the names it makes, and what device-mapper says of a
 * thin pool. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Run `lvm @args…` (NULL-terminated, the command first), without a shell or questions. What it
 * prints goes to @out unless NULL. 0, exit status 7 without the program, -EIO with its own last
 * words. */
int lvm_run(const char *const *args, struct buf *out, struct zerr *e);
/* Is there the program, and a device-mapper in the kernel? 0, or exit status 7. */
int lvm_check_host(struct zerr *e);
/* Run one that reports (lvs, vgs, pvs) with what it says of itself left out; its words are added to
 * @ret. */
int lvm_ask(const char *const *args, struct strv *ret, struct zerr *e);
/* The node that volume @name of @group has when it is active; the caller owns it. NULL: no memory.
 */
char *lvm_node(const char *group, const char *name);
bool lvm_is_active(const char *group, const char *name);
/* Whole, as far as can be known. */
bool lvm_has_group(const char *group);
/* Make it active if it is not. 0 or -errno. */
int lvm_activate(const char *group, const char *name, struct zerr *e);
/* Remove it; a missing one is fine, and so is a group that is gone for good. */
int lvm_remove(const char *group, const char *name, struct zerr *e);
/* Does @group have the thin pool @pool? 0, or exit status 7. */
int lvm_check_pool(const char *group, const char *pool, struct zerr *e);

struct lvm_room { /* bytes; metadata in percent */
	uint64_t size, used;
	unsigned metadata;
};
/* Of an active thin pool. 0 or -errno; no message. */
int lvm_room(const char *group, const char *pool, struct lvm_room *ret);
/* Bytes that an active thin volume has blocks for. 0 or -errno; no message. */
int lvm_mapped(const char *group, const char *name, uint64_t *ret);
