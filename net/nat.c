/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAT as text for the helper program. */
#include "net/nat.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"

#define HELPER_TIMEOUT_MS 30000

static void add_family(struct buf *out, const char *set, const char *type, const char *ip,
		       const struct strv *subnets)
{
	buf_fmt(out, "add set inet zone %s { type %s; flags interval; }\n", set, type);
	buf_fmt(out, "flush set inet zone %s\n", set);
	if (subnets->n == 0)
		return;
	/* between networks of ours the real addresses are kept */
	buf_fmt(out, "add rule inet zone postrouting %s saddr @%s %s daddr != @%s masquerade\n", ip,
		set, ip, set);
	buf_fmt(out, "add element inet zone %s { ", set);
	for (size_t i = 0; i < subnets->n; i++)
		buf_fmt(out, "%s%s", i ? ", " : "", subnets->v[i]);
	buf_str(out, " }\n");
}

void nat_commands(const struct strv *ipv4, const struct strv *ipv6, struct buf *ret)
{
	buf_str(ret, "add table inet zone\n");
	if (ipv4->n == 0 && ipv6->n == 0) {
		buf_str(ret, "delete table inet zone\n");
		return;
	}
	buf_str(ret, "add chain inet zone postrouting "
		     "{ type nat hook postrouting priority srcnat; policy accept; }\n"
		     "flush chain inet zone postrouting\n");
	add_family(ret, "nat4", "ipv4_addr", "ip", ipv4);
	add_family(ret, "nat6", "ipv6_addr", "ip6", ipv6);
}

static int run_helper_with(const struct net_env *env, const char *option, const struct buf *text,
			   struct zerr *e)
{
	const char *const argv[] = { env->helper, option, NULL };
	AUTO_CLOSE int fd = memfd_create("nft", MFD_CLOEXEC);
	const struct run_args args = { .argv = argv,
				       .stdin_fd = fd,
				       .timeout_ms = HELPER_TIMEOUT_MS };
	int r;

	if (text->failed)
		return zerr_code(e, ENOMEM, "nftables");
	if (fd < 0)
		return zerr_sys(e, "memfd_create");
	r = fs_write_all(fd, text->p, text->len);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return zerr_code(e, r < 0 ? -r : errno, "commands for nftables");
	r = run_program(&args, NULL, e);
	if (r == -EIO && e)
		e->status = ZERR_HOST; /* the commands are ours and right: the host cannot */
	return zerr_in(e, r, "nftables");
}

int nat_apply(const struct net_env *env, const struct strv *ipv4, const struct strv *ipv6,
	      struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };

	nat_commands(ipv4, ipv6, &text);
	return run_helper_with(env, NULL, &text, e);
}

int nat_probe(const struct net_env *env, struct zerr *e)
{
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv none = { 0 };
	AUTO_BUF struct buf text = { 0 };

	if (strv_add(&ipv4, "10.77.0.0/16") < 0)
		return zerr_code(e, ENOMEM, "nftables");
	nat_commands(&ipv4, &none, &text);
	return run_helper_with(env, "-c", &text, e);
}
