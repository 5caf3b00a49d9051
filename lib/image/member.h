/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a member of an archive may be, before anything of it is unpacked: pure rules, no I/O. The
 * second line of defence is the unpacking child (confine.h), for which nothing outside exists.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MEMBER_ID_MAX 65535 /* ids on disk; zones run shifted by idmapped mounts */

/* The name of a member, or of a hard link's target: relative, without "..". 0 or -EINVAL with a
 * message that names it. @name may be NULL (an error too). */
int member_check_name(const char *name, struct zerr *e);
/* Set @e to "member 'NAME': " and the formatted reason. Returns -@code. */
int member_refuse(struct zerr *e, int code, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int member_check_ids(const char *name, int64_t uid, int64_t gid, struct zerr *e);
/* A device node: 0 for those that every zone gets anyway and for whiteouts (the caller leaves them
 * out), -EINVAL with message for any that gives access to more. */
int member_check_device(const char *name, bool block, unsigned major, unsigned minor,
			struct zerr *e);

enum member_xattr {
	MEMBER_XATTR_KEEP,
	MEMBER_XATTR_SKIP, /* means nothing inside a zone: trusted.*, labels of a security module */
	MEMBER_XATTR_BAD,  /* names an id above MEMBER_ID_MAX */
};
/* An extended attribute of a member. */
enum member_xattr member_check_xattr(const char *key, const void *value, size_t len);

enum member_whiteout {
	MEMBER_PLAIN,
	MEMBER_WHITEOUT, /* removes *ret_target beside it */
	MEMBER_OPAQUE,	 /* removes what lower layers have in its directory */
	MEMBER_AUX,	 /* other bookkeeping under ".wh..wh.": left out */
};
/* An OCI layer's whiteouts by the member's last component. *@ret_target points into @name. A target
 * that is no name ("." or "..") is -EINVAL with message. */
int member_whiteout(const char *name, const char **ret_target, struct zerr *e);
