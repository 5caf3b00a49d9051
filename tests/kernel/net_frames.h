/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that a zone may send, and frames that it forges; by tables, each with the guard that
 * stands in its way. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/ipnet.h"

#define FRAME_N 120 /* every frame is filled up to this; the lengths in its headers say so */

extern const uint8_t broadcast[6], stranger[6];

/* Who is who: a lies, b is the victim. */
struct play {
	uint8_t mac_a[6], mac_b[6];
	struct ipnet a4, b4, a6, b6, gateway4, gateway6, local_a; /* local: link-local */
};

struct frame {
	uint8_t b[512];
	size_t n;
};

typedef void build_fn(struct frame *f, const struct play *p);

struct attack {
	const char *name;
	build_fn *build;
	size_t open; /* the guard, as an offset in struct nic_open */
};
extern build_fn *const honest[];      /* ends with NULL */
extern const struct attack attacks[]; /* ends without a name */

/* Append. */
void put(struct frame *f, const void *data, size_t len);
void put8(struct frame *f, uint8_t v);
void eth(struct frame *f, const uint8_t *dst, const uint8_t *src, uint16_t type);
void ip4(struct frame *f, const struct ipnet *src, const uint8_t *dst, uint8_t protocol);
/* The first of the honest ones that everybody hears. */
void honest_arp(struct frame *f, const struct play *p);
