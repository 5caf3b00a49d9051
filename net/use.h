/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a network: it comes up with its first user and goes down with its last. A user is a note
 * in its directory (note.h), or HELD there: the network was brought up by hand.
 */
#pragma once

#include "base/err.h"
#include "net/net.h"
#include "net/network.h"
#include "net/nlm.h"
#include "net/note.h"

#define USE_HELD ".held"

/* Note that @user uses @network ("": none of ours; @ret is not filled then), which comes up when it
 * is down. The descriptor of its directory of notes, or -errno. */
int use_begin(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	      struct network *ret, struct zerr *e);
/* Replace the note @from by @to, which says what @n says. */
int use_confirm(int dir, const char *from, const char *to, const struct note *n, struct zerr *e);
/* Read the note @user. 0, -ENOENT. */
int use_load(const struct net_env *env, const char *network, const char *user, struct note *ret,
	     struct zerr *e);
/* Write the note @user again. */
int use_save(const struct net_env *env, const char *network, const char *user, const struct note *n,
	     struct zerr *e);
/* Take a note back; the network goes down when it was the last. Nothing to do is fine. */
int use_end(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	    struct zerr *e);
/* 0 to go on, -errno to end it. */
typedef int use_fn(const struct note *n, const char *name, void *arg, struct zerr *e);
/* Call @fn for each note of @zone (NULL: of every zone), without the lock. */
int use_each(const struct net_env *env, const char *zone, use_fn *fn, void *arg, struct zerr *e);
/* Take all notes of @zone back, and bring every network without users down. */
int use_forget(const struct net_env *env, struct nl *nl, const char *zone, struct zerr *e);

/* Bring @network up and keep it up without users, or no longer. Down: exit status 4 when somebody
 * uses it. */
int use_hold(const struct net_env *env, struct nl *nl, const char *network, bool hold,
	     struct zerr *e);
/* Our tables are there again (they were flushed, or nobody has needed them yet), with what each
 * network that is up has in them. */
int use_restore(const struct net_env *env, struct nl *nl, struct zerr *e);
