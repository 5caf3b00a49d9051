/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Netlink messages and sockets. A message lives on the stack; an attribute that does not fit makes
 * it fail for good, so only nl_call() has to be checked. The kernel's own explanation (extended
 * ack) becomes the error text. Nothing here knows what a link or an address is.
 */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct mnl_socket;

/* A socket, of the route protocol unless said otherwise. It stays in the network namespace in which
 * it was opened. */
struct nl {
	struct mnl_socket *socket;
	uint32_t seq;
	bool changed; /* the dump that is being read */
	bool unread;  /* an answer was given up half-way */
};

struct nlm {
	bool failed; /* something did not fit */
	union {
		struct nlmsghdr head;
		char room[1024];
	} u;
};

/* Called for each message of an answer. 0 to go on, -errno to end it (nl_call() returns that). */
typedef int nl_reply_fn(const struct nlmsghdr *h, void *arg);

/* Open @nl in the caller's network namespace. 0 or -errno. */
int nl_open(struct nl *nl, struct zerr *e);
/* The same for another protocol: NETLINK_SOCK_DIAG and so on. */
int nl_open_protocol(struct nl *nl, int protocol, struct zerr *e);
/* Open @nl inside @netns_fd; the caller's thread is there for one system call and back again. When
 * it cannot get back that is the error, and the caller must do nothing else in that thread. */
int nl_open_in(struct nl *nl, int netns_fd, struct zerr *e);
/* Call @fn while the caller's thread is inside @netns_fd, and come back; errors as nl_open_in(). */
int netns_do(int netns_fd, int (*fn)(void *arg, struct zerr *e), void *arg, struct zerr *e);
void nl_close(struct nl *nl);
#define AUTO_NL __attribute__((cleanup(nl_close)))

/* The process's one socket of NETLINK_NETFILTER, which nl_keep() keeps for the next: closing one
 * waits for the kernel's cleaning of what was deleted, 5 to 20 ms (nft_rcv_nl_event()). It stays in
 * the namespace in which it was opened: nl_drop_kept() before the process leaves that for good. */
int nl_open_kept(struct nl *nl, struct zerr *e);
void nl_keep(struct nl *nl);
void nl_drop_kept(void);
#define AUTO_NL_KEPT __attribute__((cleanup(nl_keep)))

/* Begin a message of @type with its fixed part, of @len bytes. NLM_F_REQUEST is implied. */
void nlm_begin(struct nlm *m, uint16_t type, uint16_t flags, const void *fixed, size_t len);
void nlm_put(struct nlm *m, uint16_t type, const void *data, size_t len);
void nlm_str(struct nlm *m, uint16_t type, const char *s);
void nlm_u8(struct nlm *m, uint16_t type, uint8_t value);
void nlm_u16(struct nlm *m, uint16_t type, uint16_t value);
void nlm_u32(struct nlm *m, uint16_t type, uint32_t value);
/* Open a nested attribute that begins with @len bytes of @fixed (NULL, 0: nothing). NULL when it
 * failed, which nlm_end() takes. */
struct nlattr *nlm_nest(struct nlm *m, uint16_t type, const void *fixed, size_t len);
void nlm_end(struct nlm *m, struct nlattr *nest);

/* Send @m and read its answer to the end; @fn (NULL: nobody) sees each message of it. 0 or -errno
 * with the kernel's words. -EAGAIN: a dump was complete but changed while it was read. Never
 * blocks: the kernel answers before the send returns. */
int nl_call(struct nl *nl, struct nlm *m, nl_reply_fn *fn, void *arg, struct zerr *e);

/* Messages that are carried out one behind the other by one call. */
struct nl_batch {
	struct buf data;
	size_t last; /* where the message that was added last begins */
	uint32_t n;
};
/* Empty it. */
void nl_batch_done(struct nl_batch *b);
#define AUTO_BATCH __attribute__((cleanup(nl_batch_done)))
/* Append @m; what did not fit or has no room makes the whole batch fail. */
void nl_batch_add(struct nl_batch *b, const struct nlm *m);
/* Have the last message added ask for an answer. */
void nl_batch_ask(struct nl_batch *b);
/* Called for each message that failed: its place in the batch, from 0, and the errno. */
typedef void nl_failed_fn(uint32_t place, int code, void *arg);
/* Send all of @b. The last of its messages that asks for an answer gives the result, or the first
 * that failed; @fn (NULL: nobody) hears of every one that did. */
int nl_batch_send(struct nl *nl, struct nl_batch *b, nl_failed_fn *fn, void *arg, struct zerr *e);

/* One datagram of an answer to @nl's last request. 1: more is to come, 0: that was the end, or
 * -errno. What belongs to other requests is skipped. Apart from nl_call() only for tests. */
int nl_feed(struct nl *nl, const void *data, size_t len, nl_reply_fn *fn, void *arg,
	    struct zerr *e);

/* The attributes of @h behind a fixed part of @fixed bytes, by type; tb[0..max]. Unknown types are
 * skipped. 0 or -EPROTO when the fixed part is missing. */
int nlm_attrs(const struct nlmsghdr *h, size_t fixed, const struct nlattr **tb, uint16_t max);
/* The same for what is inside @nest; NULL has nothing inside. */
void nlm_nested(const struct nlattr *nest, const struct nlattr **tb, uint16_t max);
/* The attribute behind @before inside @nest (NULL: the first); NULL behind the last. */
const struct nlattr *nlm_next(const struct nlattr *nest, const struct nlattr *before);
/* The value when it has at least @len bytes, else NULL. NULL is taken. */
const void *nlm_get(const struct nlattr *a, size_t len);
uint32_t nlm_get_u32(const struct nlattr *a, uint32_t missing);
/* The text when it is terminated, else NULL. */
const char *nlm_get_str(const struct nlattr *a);
/* True when @nest holds the text @s under @type. */
bool nlm_has_str(const struct nlattr *nest, uint16_t type, const char *s);
