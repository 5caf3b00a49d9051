/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only user of libmnl. An answer is only taken from the kernel: in a running zone's namespace
 * the zone's root may send to our socket.
 */
#include "net/nlm.h"

#include <libmnl/libmnl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"

/* Datagrams that answer nothing of ours before we give up. */
#define STRANGERS_MAX 1024

#define ERRNO_MAX 4095 /* as the kernel has it */

#define ANSWERS_USUAL 100  /* that the usual buffer of a socket holds */
#define ANSWER_ROOM   1024 /* bytes of it that the kernel counts for one; less in truth */

struct attr_table {
	const struct nlattr **tb;
	uint16_t max;
};

int nl_open_protocol(struct nl *nl, int protocol, struct zerr *e)
{
	int on = 1;

	*nl = (struct nl){ .socket = mnl_socket_open2(protocol, SOCK_CLOEXEC) };
	if (!nl->socket)
		return zerr_sys(e, "netlink socket");
	/* without these the kernel says less, no more */
	(void)mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

int nl_open(struct nl *nl, struct zerr *e)
{
	return nl_open_protocol(nl, NETLINK_ROUTE, e);
}

/* The way back, from a socket: it needs no /proc. */
static int own_netns(struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	int r = nl_open(&nl, e);

	if (r < 0)
		return r;
	r = ioctl(mnl_socket_get_fd(nl.socket), SIOCGSKNS);
	return r < 0 ? zerr_sys(e, "find out the present network namespace") : r;
}

int netns_do(int netns_fd, int (*fn)(void *arg, struct zerr *e), void *arg, struct zerr *e)
{
	AUTO_CLOSE int own = own_netns(e);
	int r;

	if (own < 0)
		return own;
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return zerr_sys(e, "enter the network namespace");
	r = fn(arg, e);
	if (setns(own, CLONE_NEWNET) == 0)
		return r;
	(void)zerr_sys(e, "return to the host's network namespace");
	return zerr_hint(e, -ENOTRECOVERABLE, "run 'zone verify --repair'");
}

static int open_here(void *arg, struct zerr *e)
{
	return nl_open(arg, e);
}

int nl_open_in(struct nl *nl, int netns_fd, struct zerr *e)
{
	const int r = netns_do(netns_fd, open_here, nl, e);

	if (r == -ENOTRECOVERABLE)
		nl_close(nl);
	return r;
}

void nl_close(struct nl *nl)
{
	const int saved = errno;

	if (nl->socket)
		(void)mnl_socket_close(nl->socket);
	nl->socket = NULL;
	errno = saved;
}

/* A child has a copy of its parent's, which it must not read from. */
struct kept {
	struct nl nl;
	pid_t owner;
};
static _Atomic(struct kept *) kept; /* NULL: none, or somebody uses it */

int nl_open_kept(struct nl *nl, struct zerr *e)
{
	struct kept *k = atomic_exchange(&kept, NULL);
	const bool ours = k && k->owner == getpid();

	if (k && !ours)
		nl_close(&k->nl);
	if (ours)
		*nl = k->nl;
	free(k);
	return ours ? 0 : nl_open_protocol(nl, NETLINK_NETFILTER, e);
}

void nl_keep(struct nl *nl)
{
	struct kept *k = nl->socket && !nl->unread ? malloc(sizeof(*k)) : NULL;
	struct kept *before;

	if (!k) {
		nl_close(nl);
		return;
	}
	*k = (struct kept){ *nl, getpid() };
	before = atomic_exchange(&kept, k);
	if (before)
		nl_close(&before->nl);
	free(before);
	nl->socket = NULL;
}

void nl_drop_kept(void)
{
	struct kept *k = atomic_exchange(&kept, NULL);

	if (k)
		nl_close(&k->nl);
	free(k);
}

/* Append bytes without an attribute header. */
static void append(struct nlm *m, const void *data, size_t len)
{
	const size_t room = MNL_ALIGN(len);

	if (len == 0)
		return;
	if (m->failed || m->u.head.nlmsg_len + room > sizeof(m->u)) {
		m->failed = true;
		return;
	}
	memcpy(mnl_nlmsg_put_extra_header(&m->u.head, len), data, len);
}

void nlm_begin(struct nlm *m, uint16_t type, uint16_t flags, const void *fixed, size_t len)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(&m->u);

	m->failed = false;
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	append(m, fixed, len);
}

void nlm_put(struct nlm *m, uint16_t type, const void *data, size_t len)
{
	if (!m->failed && !mnl_attr_put_check(&m->u.head, sizeof(m->u), type, len, data))
		m->failed = true;
}

void nlm_str(struct nlm *m, uint16_t type, const char *s)
{
	nlm_put(m, type, s, strlen(s) + 1);
}

void nlm_u8(struct nlm *m, uint16_t type, uint8_t value)
{
	nlm_put(m, type, &value, sizeof(value));
}

void nlm_u16(struct nlm *m, uint16_t type, uint16_t value)
{
	nlm_put(m, type, &value, sizeof(value));
}

void nlm_u32(struct nlm *m, uint16_t type, uint32_t value)
{
	nlm_put(m, type, &value, sizeof(value));
}

struct nlattr *nlm_nest(struct nlm *m, uint16_t type, const void *fixed, size_t len)
{
	struct nlattr *nest = NULL;

	if (!m->failed)
		nest = mnl_attr_nest_start_check(&m->u.head, sizeof(m->u), type);
	if (!nest)
		m->failed = true;
	append(m, fixed, len);
	return nest;
}

void nlm_end(struct nlm *m, struct nlattr *nest)
{
	if (!m->failed)
		mnl_attr_nest_end(&m->u.head, nest);
}

static int take_attr(const struct nlattr *a, void *arg)
{
	const struct attr_table *t = arg;
	const uint16_t type = mnl_attr_get_type(a);

	if (type <= t->max)
		t->tb[type] = a;
	return MNL_CB_OK;
}

int nlm_attrs(const struct nlmsghdr *h, size_t fixed, const struct nlattr **tb, uint16_t max)
{
	struct attr_table t = { tb, max };

	memset(tb, 0, (max + 1U) * sizeof(*tb));
	if (mnl_nlmsg_get_payload_len(h) < fixed)
		return -EPROTO;
	(void)mnl_attr_parse(h, (unsigned)fixed, take_attr, &t); /* take_attr never fails */
	return 0;
}

void nlm_nested(const struct nlattr *nest, const struct nlattr **tb, uint16_t max)
{
	struct attr_table t = { tb, max };

	memset(tb, 0, (max + 1U) * sizeof(*tb));
	if (nest)
		(void)mnl_attr_parse_nested(nest, take_attr, &t); /* take_attr never fails */
}

const struct nlattr *nlm_next(const struct nlattr *nest, const struct nlattr *before)
{
	const char *end = nest ? (const char *)nest + nest->nla_len : NULL;
	const struct nlattr *next = NULL;

	if (nest && nest->nla_len > MNL_ATTR_HDRLEN)
		next = before ? mnl_attr_next(before) : mnl_attr_get_payload(nest);
	return next && (const char *)next < end &&
			       mnl_attr_ok(next, (int)(end - (const char *)next))
		       ? next
		       : NULL;
}

const void *nlm_get(const struct nlattr *a, size_t len)
{
	return a && mnl_attr_get_payload_len(a) >= len ? mnl_attr_get_payload(a) : NULL;
}

uint32_t nlm_get_u32(const struct nlattr *a, uint32_t missing)
{
	return nlm_get(a, sizeof(uint32_t)) ? mnl_attr_get_u32(a) : missing;
}

const char *nlm_get_str(const struct nlattr *a)
{
	if (!a || mnl_attr_validate(a, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(a);
}

bool nlm_has_str(const struct nlattr *nest, uint16_t type, const char *s)
{
	const struct nlattr *a;

	if (!nest)
		return false;
	mnl_attr_for_each_nested(a, nest)
	{
		const char *text = mnl_attr_get_type(a) == type ? nlm_get_str(a) : NULL;

		if (text && strcmp(text, s) == 0)
			return true;
	}
	return false;
}

/* What the kernel answers at last: @code, an errno or not, and with luck its explanation. */
static int take_code(int32_t code, const char *text, struct zerr *e)
{
	if (code >= 0)
		return 0;
	if (code < -ERRNO_MAX)
		return zerr_set(e, EPROTO, "the kernel's answer is damaged");
	return text ? zerr_code(e, -code, "%s", text) : zerr_set(e, -code, "%s", strerror(-code));
}

static int take_error(const struct nlmsghdr *h, struct zerr *e)
{
	const struct nlattr *tb[NLMSGERR_ATTR_MSG + 1];
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(h);
	size_t fixed = sizeof(*error);
	const char *text = NULL;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*error))
		return zerr_set(e, EPROTO, "the kernel's answer is too short");
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len > sizeof(error->msg))
		fixed += MNL_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	if (h->nlmsg_flags & NLM_F_ACK_TLVS && nlm_attrs(h, fixed, tb, NLMSGERR_ATTR_MSG) == 0)
		text = nlm_get_str(tb[NLMSGERR_ATTR_MSG]);
	return take_code(error->error, text, e);
}

/* The end of a dump. */
static int take_done(const struct nl *nl, const struct nlmsghdr *h, struct zerr *e)
{
	int32_t code = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(code))
		memcpy(&code, mnl_nlmsg_get_payload(h), sizeof(code));
	if (code >= 0 && nl->changed)
		return zerr_set(e, EAGAIN, "it changed while it was read");
	return take_code(code, NULL, e);
}

int nl_feed(struct nl *nl, const void *data, size_t len, nl_reply_fn *fn, void *arg, struct zerr *e)
{
	const struct nlmsghdr *h = data;
	int left = (int)len;
	int r;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_len > (size_t)left) /* libmnl takes huge lengths for negative ones */
			return zerr_set(e, EPROTO, "the kernel's answer is damaged");
		if (h->nlmsg_seq != nl->seq)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR)
			return take_error(h, e);
		nl->changed |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (h->nlmsg_type == NLMSG_DONE)
			return take_done(nl, h, e);
		r = fn && h->nlmsg_type >= NLMSG_MIN_TYPE ? fn(h, arg) : 0;
		nl->unread |= r < 0;
		if (r < 0)
			return zerr_code(e, -r, "the kernel's answer");
	}
	return 1;
}

/* One datagram from the kernel into @buf. Its length, or -errno. */
static ssize_t receive(struct nl *nl, void *buf, size_t room)
{
	struct sockaddr_nl from;
	struct iovec iov = { buf, room };
	struct msghdr msg = { .msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	for (unsigned i = 0; i < STRANGERS_MAX; i++) {
		msg.msg_namelen = sizeof(from);
		n = recvmsg(mnl_socket_get_fd(nl->socket), &msg, MSG_DONTWAIT);
		nl->unread |= n < 0 && errno != EINTR && errno != EAGAIN;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -EPROTO : -errno;
		if (n < 0 || msg.msg_namelen != sizeof(from) || from.nl_pid != 0)
			continue;
		return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
	}
	return -EPROTO;
}

int nl_call(struct nl *nl, struct nlm *m, nl_reply_fn *fn, void *arg, struct zerr *e)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	struct nlmsghdr *h = &m->u.head;
	ssize_t n;
	int r;

	if (m->failed)
		return zerr_set(e, EMSGSIZE, "the request does not fit into its message");
	h->nlmsg_flags |= NLM_F_ACK; /* of no effect on a dump */
	h->nlmsg_seq = ++nl->seq;
	nl->changed = false;
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return zerr_sys(e, "send to the kernel");
	do {
		n = receive(nl, buf, sizeof(buf));
		if (n < 0)
			return zerr_code(e, (int)-n, "answer of the kernel");
		r = nl_feed(nl, buf, (size_t)n, fn, arg, e);
	} while (r > 0);
	return r;
}

void nl_batch_done(struct nl_batch *b)
{
	buf_done(&b->data);
	*b = (struct nl_batch){ 0 };
}

void nl_batch_add(struct nl_batch *b, const struct nlm *m)
{
	const struct nlmsghdr *h = &m->u.head;

	if (m->failed)
		b->data.failed = true;
	b->last = b->data.len;
	buf_add(&b->data, h, MNL_ALIGN(h->nlmsg_len)); /* the room behind it is part of @m */
	b->n++;
}

void nl_batch_ask(struct nl_batch *b)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(b->data.p + b->last);

	if (!b->data.failed && b->n > 0)
		h->nlmsg_flags |= NLM_F_ACK;
}

/* What is read of the answers to a batch. */
struct answers {
	uint32_t first, last; /* numbers of its messages, and of the last that is answered anyway */
	nl_failed_fn *fn;
	void *arg;
	struct zerr *e; /* of the first that failed */
	int r;
	bool done;
};

static void take_answer(struct answers *a, const struct nlmsghdr *h)
{
	struct zerr more = { 0 };
	const int r = take_error(h, a->r < 0 ? &more : a->e);

	if (r < 0 && a->fn)
		a->fn(h->nlmsg_seq - a->first, -r, a->arg);
	a->r = a->r < 0 ? a->r : r;
	a->done |= h->nlmsg_seq == a->last;
}

static int take_batch(struct answers *a, const void *data, size_t len)
{
	const struct nlmsghdr *h = data;
	int left = (int)len;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_len > (size_t)left)
			return zerr_set(a->e, EPROTO, "the kernel's answer is damaged");
		if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_seq - a->first <= a->last - a->first)
			take_answer(a, h);
	}
	return 0;
}

/* All answers are there when the messages have been sent. A batch that was refused as a whole has
 * none of its last message. */
static int read_answers(struct nl *nl, struct answers *a)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	int r = 0;

	while (r == 0 && !a->done) {
		const ssize_t n = receive(nl, buf, sizeof(buf));

		if (n < 0)
			return a->r < 0 ? a->r : zerr_code(a->e, (int)-n, "answer of the kernel");
		r = take_batch(a, buf, (size_t)n);
	}
	return r < 0 ? r : a->r;
}

/* Room for a batch and its answers beyond the usual size of a socket's buffers. Refused, the usual
 * one may do. */
static void make_room(int fd, const struct nl_batch *b)
{
	const int out = (int)b->data.len + 4096, in = (int)(b->n * ANSWER_ROOM);

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &out, sizeof(out));
	if (b->n > ANSWERS_USUAL)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof(in));
}

int nl_batch_send(struct nl *nl, struct nl_batch *b, nl_failed_fn *fn, void *arg, struct zerr *e)
{
	struct nlmsghdr *h = (struct nlmsghdr *)b->data.p;
	struct answers a = { .first = nl->seq + 1, .last = nl->seq, .fn = fn, .arg = arg, .e = e };
	int left = (int)b->data.len;

	if (b->data.failed)
		return zerr_code(e, ENOMEM, "messages for the kernel");
	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		h->nlmsg_seq = ++nl->seq;
		a.last = h->nlmsg_flags & NLM_F_ACK ? nl->seq : a.last;
	}
	make_room(mnl_socket_get_fd(nl->socket), b);
	if (mnl_socket_sendto(nl->socket, b->data.p, b->data.len) < 0)
		return zerr_sys(e, "send to the kernel");
	return read_answers(nl, &a);
}
