/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files: parse, get, edit. `zone.conf` has the shape that man/zone.conf.5 shows and
 * is read with libconfuse; every value also has one dotted path (`net.eth0.network`), used by set,
 * get, JSON and messages alike. Edits keep the file's comments: by line, then parsed again, then
 * renamed. Nothing here is for two threads at once: libconfuse's lexer has one state for all.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/spec.h"

#define CONF_FORMAT    1	   /* "format = 1", the first line of every file that zone writes */
#define CONF_MAX       (256 << 10) /* bytes of a file */
#define CREDENTIAL_MAX (96 << 10)  /* bytes of a credential's text */

enum key_type { KEY_STR, KEY_BOOL, KEY_UINT, KEY_SIZE, KEY_SECS, KEY_ENUM, KEY_LIST };

/* One row for each key; a name that holds a word in capitals ("user.NAME") is a family, and that
 * word stands for any name. */
struct key {
	const char *name; /* "limits.memory", "net.NIC.network", "user.NAME" */
	enum key_type type;
	const char *values;  /* KEY_ENUM: "a|b|c"; others: the word help shows, or NULL */
	const char *missing; /* the default as text, or NULL */
	bool live;	     /* `set` applies it to a running zone; otherwise at next start */
	bool root_only;	     /* refused from image, template and snapshot configuration */
	const char *help;    /* one line */
	/* private to conf/ (keys.h): where it goes, how its value and the free part of its name are
	 * checked */
	size_t off;
	int (*check)(const char *value, struct zerr *e);
	int (*check_name)(const char *name, struct zerr *e);
	unsigned char place; /* enum key_place */
	unsigned char group; /* enum key_group */
	unsigned max;	     /* bytes of a value; 0: TEXT_MAX */
	unsigned char skip;  /* PLACE_PAIR: what of the path is not the pair's name */
};
extern const struct key conf_keys[]; /* ends with a NULL name */

/* The row for a full dotted key, or NULL. */
const struct key *conf_key_find(const char *path);
/* Usage error that names the key and suggests the nearest. */
int conf_key_unknown(const char *path, struct zerr *e);

/* Parse @text into @ret (which spec_init() has filled). @file names it: errors read
 * "FILE:LINE: KEY: what". Unknown keys, wrong types and a duplicate block are usage errors (exit
 * 2). */
int conf_parse(struct zone_spec *ret, const char *text, const char *file, struct zerr *e);
/* Load `zone.conf` below @dirfd; @name names the zone in errors. */
int conf_load(struct zone_spec *ret, int dirfd, const char *name, struct zerr *e);

/* Change @text (KEY=VALUE with the dotted path; value NULL removes it) in place, comments kept. The
 * result has been parsed. Setting a key to what it was changes nothing. 0 or a usage error;
 * *@ret_changed says whether. Removing a key that is not set: -ENOENT. A list is written "a,b".
 * Removing "net.NIC" or "mount.NAME" removes all of it. */
int conf_edit(struct buf *text, const char *path, const char *value, bool *ret_changed,
	      struct zerr *e);
/* All values of @s as path, value, path, value, … in the table's order, NIC by NIC and mount by
 * mount; only what differs from the defaults when @set_only (and the type of every NIC). */
int conf_dump(const struct zone_spec *s, bool set_only, struct strv *ret);
/* One value as text, the default when unset. -ENOENT when it has none; usage error when unknown. */
int conf_get(const struct zone_spec *s, const char *path, struct buf *ret, struct zerr *e);

/* The bytes that a value of credential.ID stands for, appended. 0, -EINVAL or -ENOMEM. */
int conf_credential(const char *value, struct buf *ret);
/* The value that stands for @len bytes of @data, appended. 0 or -ENOMEM. */
int conf_credential_text(const void *data, size_t len, struct buf *ret);

/* The number of a signal given as "TERM", "SIGTERM", "RTMIN+3" or "15"; -EINVAL. */
int conf_signal(const char *text);

/* A port, or a range of them, of the host that leads to one of the zone: a pair forward.NAME. */
struct forward {
	bool udp;		   /* else tcp */
	int family;		   /* of the host's address; 0: any address of both families */
	unsigned char address[16]; /* zeros: any of the family */
	unsigned first, last;	   /* on the host */
	unsigned to;		   /* of first, in the zone; the others follow in order */
};
/* "[ADDRESS:]PORT[-PORT][/tcp|/udp]", an IPv6 address in brackets, and "PORT" (NULL: none yet). 0
 * or a usage error. */
int conf_forward(struct forward *ret, const char *name, const char *value, struct zerr *e);
/* The one spelling of @f's name. @out needs 80 bytes. Returns @out. */
char *conf_forward_name(const struct forward *f, char out[static 80]);
/* True when one port of one address is in both. */
bool conf_forward_overlap(const struct forward *a, const struct forward *b);
