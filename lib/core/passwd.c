/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone passwd: the password is hashed here, and only the hash goes inside. */
#include <string.h>

#include "base/fs.h"
#include "base/module.h"
#include "core/accounts.h"
#include "core/crypt.h"
#include "core/inside.h"
#include "core/state.h"

#define PASSWORD_MAX 500 /* libcrypt's own bound is 511 */
#define CREDENTIAL   "credential.passwd.hashed-password.root"

int crypt_password(const char *password, char *ret, size_t size, struct zerr *e)
{
	crypt_hash_fn *const fn =
		(crypt_hash_fn *)(uintptr_t)module_symbol("zone-crypt.so", "zone_crypt_hash", e);
	const int r = fn ? fn(password, ret, size) : -e->code;

	return fn && r < 0 ? zerr_code(e, -r, "hash the password") : r;
}

struct change {
	const char *user, *hash;
};

static int change(void *arg, struct zerr *e)
{
	const struct change *c = arg;

	return accounts_set_hash(c->user, c->hash, e);
}

/* What `create` was given for root holds no longer. */
static int forget_credential(struct zone *z, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	bool changed = false;
	int r = 0;

	if (!pairs_get(&z->spec.credentials, &CREDENTIAL[sizeof("credential.") - 1]))
		return 0;
	r = fs_read(z->dir, "zone.conf", CONF_MAX, &text);
	if (r < 0)
		return zerr_code(e, -r, "zone.conf");
	r = conf_edit(&text, CREDENTIAL, NULL, &changed, e);
	return r == 0 && changed ? fs_write(z->dir, "zone.conf", text.p, text.len, 0600, true, e)
				 : r;
}

int zone_set_password(struct zone_host *h, const char *name, const char *user, const char *password,
		      struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	char hash[256];
	struct change c = { user ? user : "root", hash };

	if (!*password)
		return zerr_as(e, ZERR_USAGE, "the password is empty");
	if (strlen(password) > PASSWORD_MAX || strpbrk(password, "\r\n"))
		return zerr_as(e, ZERR_USAGE, "a password is one line of at most %d bytes",
			       PASSWORD_MAX);
	int r = zone_load(h, name, LOAD_LOCK | LOAD_SPEC, &z, e);
	if (r == 0)
		r = crypt_password(password, hash, sizeof(hash), e);
	if (r == 0)
		r = inside_zone(&z, change, &c, e);
	if (r == 0 && str_eq(c.user, "root"))
		r = forget_credential(&z, e);
	explicit_bzero(hash, sizeof(hash));
	return r;
}
