/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What passes an interface, as a pcap file (draft-ietf-opsawg-pcap): a packet socket on the host's
 * end of a pair, where also what the guards refuse is seen, else on the interface inside. Nothing
 * of a packet is looked at but a VLAN tag, which the kernel keeps beside it.
 */
#include <errno.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sig.h"
#include "base/str.h"
#include "net/net.h"
#include "net/nlm.h"

#define SNAP_MAX      262144		/* bytes kept of a packet: more than any has */
#define QUEUE_BYTES   (8 * 1024 * 1024) /* that the kernel keeps for us */
#define FLUSH_BYTES   (1024 * 1024)
#define LOOK_MS	      1000 /* for a link that went without a word */
#define PCAP_MAGIC    0xa1b2c3d4U
#define PCAP_ETHERNET 1
#define VLAN_TAG      4	 /* bytes */
#define TAG_AT	      12 /* bytes of addresses before a frame's type */

struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap, link;
};
struct pcap_packet {
	uint32_t sec, usec, kept, len;
};

/* ---- socket ---------------------------------------------------------------------------------- */

struct opening {
	unsigned index;
	const char *name;
	int fd;
};

static int open_here(void *arg, struct zerr *e)
{
	struct opening *o = arg;
	const int size = QUEUE_BYTES, on = 1;
	AUTO_CLOSE int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };

	if (fd < 0)
		return zerr_sys(e, "packet socket");
	at.sll_ifindex = (int)(o->index ? o->index : if_nametoindex(o->name));
	if (!at.sll_ifindex)
		return zerr_as(e, ZERR_STATE, "there is no interface %s inside", o->name);
	/* loses less; without it it works as well */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return zerr_sys(e, "packet socket on %s", o->name);
	o->fd = own_take_fd(&fd);
	return 0;
}

int net_tap_open(const struct net_link *link, int netns_fd, struct zerr *e)
{
	struct opening o = { *link->host_name ? link->ifindex : 0, link->nic, -1 };
	const int r = o.index ? open_here(&o, e) : netns_do(netns_fd, open_here, &o, e);

	return r < 0 ? r : o.fd;
}

/* ---- packets --------------------------------------------------------------------------------- */

struct tap {
	int fd, out;
	struct buf written; /* not yet */
	uint8_t room[SNAP_MAX + VLAN_TAG];
	struct net_tapped *to;
};

static void put(struct buf *b, const void *data, size_t len)
{
	buf_add(b, data, len);
}

/* Of what the kernel tells beside a packet. Only the first of them is put where it was. */
static void read_aside(struct msghdr *m, struct timespec *ret_at,
		       const struct tpacket_auxdata **ret_aux)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS)
			memcpy(ret_at, CMSG_DATA(c), sizeof(*ret_at));
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			*ret_aux = (const struct tpacket_auxdata *)(const void *)CMSG_DATA(c);
	}
}

/* Put the tag back behind the addresses; the length with it. */
static size_t restore_tag(uint8_t *frame, size_t len, const struct tpacket_auxdata *aux)
{
	const uint16_t tag[2] = {
		htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q),
		htons(aux->tp_vlan_tci)
	};

	if (len < TAG_AT)
		return len;
	memmove(frame + TAG_AT + VLAN_TAG, frame + TAG_AT, len - TAG_AT);
	memcpy(frame + TAG_AT, tag, VLAN_TAG);
	return len + VLAN_TAG;
}

/* 1: one packet more, 0: there is none now. */
static int take(struct tap *t, struct zerr *e)
{
	union {
		struct cmsghdr align;
		char room[256];
	} aside;
	struct iovec io = { t->room, SNAP_MAX };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = aside.room,
			    .msg_controllen = sizeof(aside.room) };
	const struct tpacket_auxdata *aux = NULL;
	struct timespec at = { 0 };
	const ssize_t got = recvmsg(t->fd, &m, MSG_TRUNC);

	if (got < 0) /* a link that is down for a while is no end */
		return errno == EAGAIN || errno == EINTR || errno == ENETDOWN
			       ? 0
			       : zerr_sys(e, "receive");
	read_aside(&m, &at, &aux);
	size_t kept = (size_t)got < SNAP_MAX ? (size_t)got : SNAP_MAX, len = (size_t)got;
	if (aux && (aux->tp_status & TP_STATUS_VLAN_VALID)) {
		const size_t tagged = restore_tag(t->room, kept, aux);

		len += tagged - kept;
		kept = tagged;
	}
	const struct pcap_packet p = { (uint32_t)at.tv_sec, (uint32_t)(at.tv_nsec / 1000),
				       (uint32_t)kept, (uint32_t)len };
	put(&t->written, &p, sizeof(p));
	put(&t->written, t->room, kept);
	t->to->packets++;
	return 1;
}

/* Whole packets only, whatever fails. 1: nobody reads any more. */
static int flush(struct tap *t, struct zerr *e)
{
	const off_t before = lseek(t->out, 0, SEEK_CUR);
	int r;

	if (t->written.failed)
		return zerr_code(e, ENOMEM, "tap");
	r = fs_write_all(t->out, t->written.p, t->written.len);
	t->written.len = 0;
	if (r == -EPIPE)
		return 1;
	if (r < 0 && before >= 0)
		(void)!ftruncate(t->out, before); /* the first error counts */
	return r < 0 ? zerr_code(e, -r, "write") : 0;
}

static int drain(struct tap *t, struct zerr *e)
{
	int r = 1;

	while (r == 1 && t->written.len < FLUSH_BYTES)
		r = take(t, e);
	return r < 0 ? r : flush(t, e);
}

static int begin(struct tap *t, struct zerr *e)
{
	const struct pcap_head h = { PCAP_MAGIC, 2, 4, 0, 0, SNAP_MAX, PCAP_ETHERNET };

	put(&t->written, &h, sizeof(h));
	return flush(t, e);
}

static int run(struct tap *t, int pidfd, struct zerr *e)
{
	int r = begin(t, e);

	while (r == 0 && !steps_signal()) {
		struct pollfd p[] = { { .fd = t->fd, .events = POLLIN },
				      { .fd = pidfd, .events = POLLIN },
				      { .fd = t->out } };

		(void)poll(p, 3, LOOK_MS);
		r = drain(t, e);
		if (p[1].revents || (p[2].revents & (POLLERR | POLLHUP)))
			break; /* the zone has ended, or the reader */
	}
	return r < 0 ? r : 0;
}

int net_tap(int fd, int pidfd, int out, struct net_tapped *ret, struct zerr *e)
{
	struct tap *t = calloc(1, sizeof(*t));
	struct tpacket_stats lost = { 0 };
	struct net_tapped tapped = { 0 };
	socklen_t len = sizeof(lost);
	int r;

	if (!t)
		return zerr_code(e, ENOMEM, "tap");
	t->fd = fd;
	t->out = out;
	t->to = &tapped;
	r = run(t, pidfd, e);
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &len) == 0)
		tapped.lost = lost.tp_drops;
	buf_done(&t->written);
	free(t);
	if (r == 0)
		*ret = tapped;
	return r;
}
