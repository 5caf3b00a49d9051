/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Having the helper program write the tables, and removing them. */
#include "net/table.h"

#include <arpa/inet.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"

#define HELPER_TIMEOUT_MS 30000

static int run_helper_with(const struct net_env *env, const char *option, int commands,
			   struct zerr *e)
{
	const char *const argv[] = { env->helper, option, NULL };
	const struct run_args args = { .argv = argv,
				       .stdin_fd = commands,
				       .timeout_ms = HELPER_TIMEOUT_MS };
	const int r = run_program(&args, NULL, e);

	if (r == -EIO && e)
		e->status = ZERR_HOST; /* what we ask is right: the host cannot */
	return zerr_in(e, r, "nftables");
}

/* By the sets that the rules have last. */
static bool is_there(void)
{
	return elem_has_set(ELEM_INET, MAP_ONE6) && elem_has_set(ELEM_BRIDGE, SET_EGRESS);
}

/* nft has the kernel compare what is in an interval set as big-endian numbers. */
void table_near(struct elems *l, const struct ipnet *net, unsigned link)
{
	const struct ipnet last = ipnet_last(net);
	const uint32_t index = htonl(link);
	const size_t len = net->family == AF_INET ? 4 : 16;
	struct elem x = { .table = ELEM_INET,
			  .set = net->family == AF_INET ? SET_NEAR4 : SET_NEAR6 };

	if (!net->family)
		return;
	elem_part(&x.key, net->addr, len);
	elem_part(&x.key, &index, sizeof(index));
	elem_part(&x.end, last.addr, len);
	elem_part(&x.end, &index, sizeof(index));
	elems_add(l, &x);
}

int table_write(const struct net_env *env, struct zerr *e)
{
	return is_there() ? 0 : run_helper_with(env, NULL, 0, e);
}

int table_run(const struct net_env *env, const struct buf *commands, struct zerr *e)
{
	AUTO_CLOSE int fd = memfd_create("nft", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fs_write_all(fd, commands->p, commands->len);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? zerr_code(e, -r, "commands for nftables")
		     : run_helper_with(env, "-f", fd, e);
}

int table_remove(struct zerr *e)
{
	return elem_drop_tables(e);
}

int table_probe(const struct net_env *env, struct zerr *e)
{
	return run_helper_with(env, "-c", 0, e);
}
