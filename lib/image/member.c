/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a member of an archive may be. Pure functions over hostile text: no I/O, no memory. */
#include "image/member.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

int member_refuse(struct zerr *e, int code, const char *name, const char *fmt, ...)
{
	char reason[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	return zerr_set(e, code, "member '%.255s': %s", name ? name : "", reason);
}

int member_check_name(const char *name, struct zerr *e)
{
	if (!name || !*name)
		return member_refuse(e, EINVAL, name, "has no name");
	if (strlen(name) >= PATH_MAX)
		return member_refuse(e, ENAMETOOLONG, name, "the name is too long");
	if (*name == '/')
		return member_refuse(e, EINVAL, name, "leads out");
	for (const char *p = name; *p;) {
		const size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return member_refuse(e, EINVAL, name, "leads out");
		p += n;
		p += strspn(p, "/");
	}
	return 0;
}

int member_check_ids(const char *name, int64_t uid, int64_t gid, struct zerr *e)
{
	const int64_t worst = uid < 0 || uid > MEMBER_ID_MAX ? uid : gid;

	if (worst >= 0 && worst <= MEMBER_ID_MAX)
		return 0;
	return member_refuse(e, EINVAL, name, "its %s %lld is not in 0-%d",
			     worst == uid ? "owner" : "group", (long long)worst, MEMBER_ID_MAX);
}

int member_check_device(const char *name, bool block, unsigned major, unsigned minor,
			struct zerr *e)
{
	/* Character devices that a zone has in its own /dev, or that its device rules refuse there.
	 */
	static const struct {
		unsigned major, first, last;
	} usual[] = {
		{ 0, 0, 0 },	      /* a whiteout */
		{ 1, 3, 3 },	      /* null */
		{ 1, 5, 5 },	      /* zero */
		{ 1, 7, 9 },	      /* full, random, urandom */
		{ 1, 11, 11 },	      /* kmsg */
		{ 4, 0, 255 },	      /* tty0, tty1…, ttyS0… */
		{ 5, 0, 2 },	      /* tty, console, ptmx */
		{ 10, 200, 200 },     /* net/tun */
		{ 10, 229, 229 },     /* fuse */
		{ 136, 0, UINT_MAX }, /* pts */
	};

	for (size_t i = 0; !block && i < sizeof(usual) / sizeof(usual[0]); i++)
		if (major == usual[i].major && minor >= usual[i].first && minor <= usual[i].last)
			return 0;
	return member_refuse(e, EINVAL, name,
			     "is a device node (%s %u:%u), which no image may bring",
			     block ? "block" : "character", major, minor);
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The kernel's form of an ACL: a version word, then entries of tag, permissions (16 bits each), id.
 */
static bool acl_ids_fit(const uint8_t *value, size_t len)
{
	for (size_t at = 4; at + 8 <= len; at += 8) {
		const unsigned tag = value[at] | (unsigned)value[at + 1] << 8;
		const bool named = tag == 0x02 || tag == 0x08; /* ACL_USER, ACL_GROUP */

		if (named && le32(value + at + 4) > MEMBER_ID_MAX)
			return false;
	}
	return true;
}

enum member_xattr member_check_xattr(const char *key, const void *value, size_t len)
{
	if (str_starts(key, "user."))
		return MEMBER_XATTR_KEEP;
	if (str_eq(key, "security.capability")) {
		const bool has_root = len >= 24; /* revision 3: ends with the id of its root */

		return has_root && le32((const uint8_t *)value + 20) > MEMBER_ID_MAX
			       ? MEMBER_XATTR_BAD
			       : MEMBER_XATTR_KEEP;
	}
	if (str_eq(key, "system.posix_acl_access") || str_eq(key, "system.posix_acl_default"))
		return acl_ids_fit(value, len) ? MEMBER_XATTR_KEEP : MEMBER_XATTR_BAD;
	return MEMBER_XATTR_SKIP;
}

int member_whiteout(const char *name, const char **ret_target, struct zerr *e)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;

	*ret_target = NULL;
	if (!str_starts(base, ".wh."))
		return MEMBER_PLAIN;
	if (str_eq(base, ".wh..wh..opq"))
		return MEMBER_OPAQUE;
	if (str_starts(base, ".wh..wh."))
		return MEMBER_AUX;
	base += strlen(".wh.");
	if (!*base || str_eq(base, ".") || str_eq(base, ".."))
		return member_refuse(e, EINVAL, name, "leads out");
	*ret_target = base;
	return MEMBER_WHITEOUT;
}
