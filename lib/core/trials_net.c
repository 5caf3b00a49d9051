/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* checkconfig: what networks need, and who may stand in their way. */
#include <stdio.h>

#include "base/own.h"
#include "base/run.h"
#include "core/check.h"
#include "core/core.h"

/* Zones' own network interfaces, and the helper that writes the rules. */
void check_networks(struct finding *f)
{
	AUTO_FREE char *helper = run_helper("zone-nft");
	const struct net_env env = { .host = -1, .run = -1, .helper = helper };
	struct zerr e = { 0 };

	if (net_probe(&env, &e) < 0)
		SAY(f, CHECK_LIMITED, "%.160s %.70s", e.msg, e.hint);
	else
		SAY(f, CHECK_OK, "bridges, veth, nftables");
}

void check_names(struct finding *f)
{
	if (net_probe_names())
		SAY(f, CHECK_OK, "networks serve names and addresses by dnsmasq");
	else
		SAY(f, CHECK_LIMITED,
		    "no dnsmasq: zones have addresses, but neither DHCP nor each other's names: "
		    "apt "
		    "install dnsmasq-base");
}

/* Those that have come since a network is up; when it comes up they are seen to. */
void check_firewalls(struct finding *f)
{
	struct zerr e = { 0 };
	AUTO_CLOSE int run = host_run_dir(&e);
	const struct net_env env = { .host = -1, .run = run };
	AUTO_STRV struct strv names = { 0 };
	char chain[120];

	SAY(f, CHECK_OK, "none drops what zones send");
	if (run < 0 || net_network_list_up(&env, &names, &e) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (net_network_blocked(&env, names.v[i], chain, sizeof(chain), &e) == 0 && *chain)
			SAY(f, CHECK_LIMITED, "%s drops what network %s sends: zone network up %s",
			    chain, names.v[i], names.v[i]);
}
