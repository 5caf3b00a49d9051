/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elements of the sets and maps of our nftables tables (table.h), put in and taken out by one
 * transaction in the kernel, without libnftables. What a set is for is not known here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/nlm.h"

enum elem_table { ELEM_BRIDGE, ELEM_INET };

/* libnftnl's name for the first item of an element's user data; nft(8) prints it. */
#define UDATA_COMMENT 0

#define ELEM_KEY_MAX 32 /* bytes of a key or a value, each part of it padded to 4 */

/* A key (or value) in the making: parts one behind the other. */
struct elem_key {
	uint8_t bytes[ELEM_KEY_MAX];
	size_t len;
};
/* Append a part of @len bytes as the packet has it. An index of an interface is a host's integer.
 */
void elem_part(struct elem_key *k, const void *part, size_t len);

struct elem {
	enum elem_table table;
	const char *set; /* static */
	struct elem_key key;
	struct elem_key end;   /* of an interval; len 0: none */
	struct elem_key value; /* of a map; len 0: a set */
	uint64_t rate;	       /* of a set with limits: bytes per second, else 0 */
	const char *note;      /* a comment kept with it, or NULL; borrowed */
};

struct elems {
	struct elem *v;
	size_t n;
	bool failed; /* out of memory */
};
/* Add a copy of @x. */
void elems_add(struct elems *l, const struct elem *x);
/* Free the list. */
void elems_done(struct elems *l);
#define AUTO_ELEMS __attribute__((cleanup(elems_done)))

enum elems_how {
	ELEMS_PUT,  /* one that is there already is fine */
	ELEMS_NEW,  /* … is -EEXIST */
	ELEMS_TAKE, /* take them out; one that is not there is fine */
};
/* All of @l, or after a failure nothing. 0, -ENOENT when a table or set is missing (not for TAKE),
 * -EEXIST, -EBUSY (a map has another value there), or -errno. */
int elems_commit(const struct elems *l, enum elems_how how, struct zerr *e);

/* Take @out out, and put @in in as new ones, by one transaction. What of @out is not there is fine.
 */
int elems_swap(const struct elems *out, const struct elems *in, struct zerr *e);

/* Drop packets that matched element @x of a set with counters. 0, -ENOENT. */
int elem_count(const struct elem *x, uint64_t *ret_packets);
/* Call @fn with the key and the drop packets of each element of a set with counters. 0 or -errno.
 */
int elem_count_all(enum elem_table table, const char *set,
		   int (*fn)(const struct elem_key *key, uint64_t packets, void *arg), void *arg);
/* The comment of element @x, "" when it has none. 0, -ENOENT. */
int elem_note(const struct elem *x, char *ret, size_t room);

/* Whether the set is there. */
bool elem_has_set(enum elem_table table, const char *set);
/* Remove our tables; a missing one is fine. */
int elem_drop_tables(struct zerr *e);

/* For changes in others' tables: begin a message of nf_tables, add it to a
 * transaction, carry that out (-ENOENT and so on as the kernel has them). */
void elem_begin(struct nlm *m, uint16_t type, uint16_t flags, uint8_t family);
/* The same in one of ours. */
void elem_begin_in(struct nlm *m, uint16_t type, uint16_t flags, enum elem_table table);
/* The body of a message about one element, or without a key about a set; @whole: with all that
 * belongs to its key. */
void elem_put(struct nlm *m, const struct elem *x, bool whole);
/* See above. */
void elem_batch_add(struct nl_batch *b, const struct nlm *m);
/* See above. */
int elem_batch_send(struct nl_batch *b, struct zerr *e);
/* Put a comment into user data, attribute @type, of an element or a rule. */
void elem_put_comment(struct nlm *m, uint16_t type, const char *note);
/* The comment in user data of an element or a rule; left as it is when there is none. */
void elem_comment(const struct nlattr *udata, char *ret, size_t room);
