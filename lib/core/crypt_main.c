/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only user of libcrypt, a module of its own. */
#include "core/crypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/* SHA-512 is the newest that glibc, musl and busybox have in common; the default of 5000 rounds is
 * of 2007. */
#define PREFIX "$6$"
#define ROUNDS 65536

__attribute__((visibility("default"))) int zone_crypt_hash(const char *password, char *ret,
							   size_t size)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *work = calloc(1, sizeof(*work));
	int r = 0;

	if (!work)
		return -ENOMEM;
	const char *hash = crypt_gensalt_rn(PREFIX, ROUNDS, NULL, 0, setting, (int)sizeof(setting))
				   ? crypt_rn(password, setting, work, (int)sizeof(*work))
				   : NULL;
	if (!hash || hash[0] == '*' || strlen(hash) >= size)
		r = errno ? -errno : -EINVAL;
	else
		memcpy(ret, hash, strlen(hash) + 1);
	explicit_bzero(work, sizeof(*work));
	free(work);
	return r;
}
