/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone network tap: packets of a zone's interface for whoever reads pcap. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

struct tap_opts {
	const char *nic, *file;
};
#define O(member) offsetof(struct tap_opts, member)

static const struct opt tap_opts[] = {
	{ 'i', "interface", "NIC", "this one, not the first", OPT_STR, O(nic) },
	{ 'w', "write", "FILE", "to FILE, not standard output", OPT_STR, O(file) },
	{ 0 },
};

static int tap_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct tap_opts *o = opts;
	const char *file = o->file && str_eq(o->file, "-") ? NULL : o->file;
	struct zone_tapped t;
	int r;

	if (!file && isatty(STDOUT_FILENO))
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "packets are not for a terminal"),
				 "-w FILE, or a pipe: zone network tap %s | tcpdump -r -", c->name);
	r = cmd_host(c, e);
	if (r == 0)
		r = zone_network_tap(c->host, c->name, o->nic, file, &t, e);
	if (r == 0 && !c->opt.quiet)
		(void)fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " lost\n", t.packets, t.lost);
	return r;
}

const struct verb verb_network_tap = {
	.name = "network tap",
	.args = "NAME",
	.help = "write what passes a zone's interface, as pcap",
	.group = GROUP_NETWORK,
	.flags = VERB_NAME,
	.opts = tap_opts,
	.opts_size = sizeof(struct tap_opts),
	.run = tap_run,
};
