/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what the monitor wrote down of init's messages. */
#include "core/guest.h"

int guest_said(const struct zone *z, struct record *ret)
{
	struct zerr ignored = { 0 };
	const int r =
		z->run < 0 ? -ENOENT : record_load(ret, z->run, "said", STATE_FORMAT, &ignored);

	return r == -ENOENT ? 0 : r;
}

bool guest_takes_signals(const struct zone *z)
{
	/* systemd says these long before it takes signals; one that says none will not say more */
	static const char *const first[] = { "hostname", "machine_id" };
	AUTO_RECORD struct record said = { 0 };
	bool announces = false;

	if (guest_said(z, &said) < 0)
		return true;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		announces |= record_get(&said, first[i]) != NULL;
	return !announces || record_u64(&said, "signals_level", 0) >= 2;
}

int guest_info(const struct zone *z, bool live, struct strv *ret)
{
	AUTO_RECORD struct record r = { 0 };
	struct zerr ignored = { 0 };
	int code = 0;

	if (live)
		(void)guest_said(z, &r); /* nothing to show is nothing to tell of */
	else if (z->run >= 0)
		(void)record_load(&r, z->run, "last", STATE_FORMAT, &ignored);
	for (size_t i = 0; i + 1 < r.kv.n && code == 0; i += 2) {
		if (!live && !str_eq(r.kv.v[i], "shutdown"))
			continue;
		code = strv_add(ret, r.kv.v[i]);
		if (code == 0)
			code = strv_add(ret, r.kv.v[i + 1]);
	}
	return code;
}
