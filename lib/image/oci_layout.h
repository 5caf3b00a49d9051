/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An OCI image layout directory: finding one image's manifest in it, and blobs, each checked
 * against size and SHA-256 before it is used. */
#pragma once

#include "image/hash.h"
#include "image/json_read.h"

struct oci_layout {
	int dir;
	char *path; /* for messages; owned */
	char *tag;  /* owned; NULL: none asked for */
};
/* "DIR[:TAG]". */
int oci_layout_open(const char *text, struct oci_layout *ret, struct zerr *e);
void oci_layout_done(struct oci_layout *l);
#define AUTO_LAYOUT __attribute__((cleanup(oci_layout_done)))

/* The blob that a descriptor ({digest, size}) names: an open file at its beginning, or -errno.
 * @hex gets its SHA-256. */
int oci_blob_open(const struct oci_layout *l, const struct jval *descriptor,
		  char hex[static HASH_HEX], struct zerr *e);
/* Only that it is there, of the right size: for what need not be read again. */
int oci_blob_there(const struct oci_layout *l, const struct jval *descriptor, struct zerr *e);
/* The same as oci_blob_open() for a blob that is JSON. */
struct jdoc *oci_blob_json(const struct oci_layout *l, const struct jval *descriptor,
			   char hex[static HASH_HEX], struct zerr *e);
/* The manifest of the image that is meant, for this host's platform; @hex gets its digest. */
struct jdoc *oci_manifest(const struct oci_layout *l, char hex[static HASH_HEX], struct zerr *e);
