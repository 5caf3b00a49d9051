/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start's step "net": a lease for each NIC, the NIC itself, and its record, by which the way
 * down finds it in another process. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/lease.h"
#include "core/life.h"

static int save_link(struct record *state, size_t i, const struct net_link *n)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "nic.%zu", i);
	return record_setf(state, key, "%s %s %s %u", n->nic, n->network, n->host_name, n->ifindex);
}

int life_link(const struct record *state, size_t i, struct net_link *ret)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "nic.%zu", i);
	const char *v = record_get(state, key);
	*ret = (struct net_link){ 0 };
	return v && sscanf(v, "%15s %15s %15s %u", ret->nic, ret->network, ret->host_name,
			   &ret->ifindex) == 4
		       ? 0
		       : -ENOENT;
}

/* systemd-networkd in the zone would drop addresses that it did not set: tell it ours. */
static void tell_networkd(const struct boot *b, const struct net_lease *n)
{
	AUTO_BUF struct buf t = { 0 };
	char name[64];
	struct zerr ignored = { 0 };

	buf_fmt(&t,
		"[Match]\nName=%s\n[Network]\nDHCP=no\nKeepConfiguration=static\nIPv6AcceptRA=no\n",
		n->nic);
	if (n->ipv4[0])
		buf_fmt(&t, "Address=%s\n", n->ipv4);
	if (n->ipv6[0])
		buf_fmt(&t, "Address=%s\n", n->ipv6);
	if (n->gateway4[0])
		buf_fmt(&t, "Gateway=%s\n", n->gateway4);
	if (n->gateway6[0])
		buf_fmt(&t, "Gateway=%s\n", n->gateway6);
	(void)snprintf(name, sizeof(name), "systemd/network/00-zone-%s.network", n->nic);
	AUTO_CLOSE int fd =
		fs_open_below(b->gift.tree[TREE_RUN], name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || t.failed || fs_write_all(fd, t.p, t.len) < 0 ||
	    fchown(fd, b->base, b->base) < 0)
		log_debug("networkd configuration: %s", ignored.msg);
}

/* By this name the guest's networkd and its documentation know the first interface. */
static void name_host0(const struct boot *b, const struct record *state)
{
	struct zerr ignored = { 0 };
	struct net_link link;

	if (life_link(state, 0, &link) == 0 && net_alias(b->netns, link.nic, "host0", &ignored) < 0)
		log_debug("host0: %s", ignored.msg);
}

int life_net_up(void *ctx, struct zerr *e)
{
	struct life *l = ctx;
	struct boot *b = l->b;
	size_t links = 0;
	int r = net_loopback(b->netns, e);

	for (size_t i = 0; i < b->z->spec.nics_n && r == 0; i++) {
		const struct nic_spec *n = &b->z->spec.nics[i];
		struct net_lease lease;
		struct net_link link;

		if (str_eq(n->type, "none"))
			continue;
		r = lease_ensure(b->z, n, &lease, e);
		if (r == 0)
			r = net_up(&b->z->h->net, b->z->name, b->z->entry.slot, b->generation,
				   &lease, b->netns, &link, e);
		if (r == 0 && (r = save_link(l->state, links++, &link)) < 0)
			r = zerr_code(e, ENOMEM, "record");
		if (r == 0)
			tell_networkd(b, &lease);
		else
			r = zerr_in(e, r, "%s", n->name);
	}
	if (r == 0)
		name_host0(b, l->state);
	return r;
}

int life_net_down(void *ctx, struct zerr *e)
{
	struct life *l = ctx;
	struct net_link link;
	int r = 0;

	for (size_t i = 0; life_link(l->state, i, &link) == 0; i++) {
		struct zerr first = { 0 };
		const int one =
			net_down(&l->z->h->net, l->z->name, &link, false, r < 0 ? &first : e);

		if (r == 0)
			r = one;
	}
	/* a start that was killed may not have written down its links */
	return r < 0 ? r : net_forget(&l->z->h->net, l->z->name, e);
}
