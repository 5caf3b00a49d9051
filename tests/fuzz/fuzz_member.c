/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of members: what is accepted must, walked by hand, stay below where it begins, and so must
 * what a whiteout removes. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/member.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int stays_below(const char *name)
{
	AUTO_STRV struct strv parts = { 0 };

	if (name[0] == '/' || strv_split(&parts, name, "/") < 0)
		return 0;
	for (size_t i = 0; i < parts.n; i++)
		if (str_eq(parts.v[i], ".."))
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_FREE char *name = calloc(1, len + 1);
	const char *target = NULL;
	struct zerr e;

	if (!name)
		return 0;
	memcpy(name, data, len);
	if (member_check_name(name, &e) == 0) {
		if (!stays_below(name))
			abort();
		if (member_whiteout(name, &target, &e) == MEMBER_WHITEOUT &&
		    (!target || !*target || strchr(target, '/') || str_eq(target, ".") ||
		     str_eq(target, "..")))
			abort();
	}
	(void)member_check_xattr("system.posix_acl_access", data, len);
	(void)member_check_xattr("security.capability", data, len);
	return 0;
}
