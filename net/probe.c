/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What checkconfig asks: whether networks could come up here. Nothing is changed. */
#include "net/link.h"
#include "net/net.h"
#include "net/table.h"

int net_probe(const struct net_env *env, struct zerr *e)
{
	static const char *const kinds[] = { "bridge", "veth", NULL };
	AUTO_NL struct nl nl = { 0 };
	int r;

	r = nl_open(&nl, e);
	for (size_t i = 0; r == 0 && kinds[i]; i++) {
		r = link_probe(&nl, kinds[i], e);
		if (r == -EOPNOTSUPP)
			return zerr_as(e, ZERR_HOST, "the host's kernel has no %s interfaces",
				       kinds[i]);
		if (r == -EPERM)
			return zerr_as(e, ZERR_PERM, "only root can find out");
	}
	return r < 0 ? r : table_probe(env, e);
}
