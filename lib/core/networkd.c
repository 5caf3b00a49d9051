/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See networkd.h. */
#include "core/networkd.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/join.h"

#define PLACE "systemd/network" /* below /run */

struct file {
	char name[64];
	struct buf text; /* empty: there is to be none */
};

static void name_file(struct file *f, const char *nic)
{
	(void)snprintf(f->name, sizeof(f->name), "00-zone-%s.network", nic);
}

static void write_text(struct buf *t, const struct zone *z, const struct nic_spec *nic,
		       const struct net_lease *l)
{
	struct zerr ignored = { 0 };
	char server[16];

	buf_fmt(t, "[Match]\nName=%s\n", l->nic);
	buf_str(t, "[Network]\nDHCP=no\nKeepConfiguration=static\nIPv6AcceptRA=no\n");
	if (l->ipv4[0])
		buf_fmt(t, "Address=%s\n", l->ipv4);
	if (l->ipv6[0])
		buf_fmt(t, "Address=%s\n", l->ipv6);
	if (l->gateway4[0])
		buf_fmt(t, "Gateway=%s\n", l->gateway4);
	if (l->gateway6[0])
		buf_fmt(t, "Gateway=%s\n", l->gateway6);
	if (net_resolver(&z->h->net, nic, server, &ignored) == 0)
		buf_fmt(t, "DNS=%s\nDomains=" NET_DOMAIN "\n", server);
}

/* Put @f into @dir in the place of an older one. */
static int put(int dir, const struct file *f, uid_t owner)
{
	struct zerr ignored = { 0 };
	const int r = f->text.failed ? -ENOMEM : fs_remove(dir, f->name, &ignored);

	if (r < 0 || !f->text.len)
		return r;
	AUTO_CLOSE int fd = fs_open_below(dir, f->name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0644) < 0 || fchown(fd, owner, owner) < 0)
		return -errno;
	return fs_write_all(fd, f->text.p, f->text.len);
}

static void tell_failure(const char *name, int r)
{
	if (r < 0)
		log_debug("%s: error %d", name, -r);
}

void networkd_give(const struct boot *b, const struct nic_spec *nic, const struct net_lease *l)
{
	AUTO_CLOSE int dir =
		fs_open_below(b->gift.tree[TREE_RUN], PLACE, O_RDONLY | O_DIRECTORY, 0);
	struct file f = { 0 };

	name_file(&f, l->nic);
	write_text(&f.text, b->z, nic, l);
	tell_failure(f.name, dir < 0 ? dir : put(dir, &f, b->base));
	buf_done(&f.text);
}

/* A zone without the directory has no networkd. */
static int put_inside(void *ctx, struct zerr *e)
{
	AUTO_CLOSE int root = fs_open_dir("/", e);
	AUTO_CLOSE int dir =
		root < 0 ? root : fs_open_below(root, "run/" PLACE, O_RDONLY | O_DIRECTORY, 0);

	return dir < 0 ? dir : put(dir, ctx, 0);
}

static void change(const struct record *state, struct file *f)
{
	const int flags = CLONE_NEWNS | (record_u64(state, "base", 0) ? CLONE_NEWUSER : 0);
	struct zerr ignored = { 0 };

	tell_failure(f->name, join_run(state, flags, -1, put_inside, f, &ignored));
}

void networkd_tell(const struct zone *z, const struct record *state, const struct nic_spec *nic,
		   const struct net_lease *l)
{
	struct file f = { 0 };

	name_file(&f, l->nic);
	write_text(&f.text, z, nic, l);
	change(state, &f);
	buf_done(&f.text);
}

void networkd_forget(const struct record *state, const char *nic)
{
	struct file f = { 0 };

	name_file(&f, nic);
	change(state, &f);
}
