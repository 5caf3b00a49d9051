/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink messages, without a kernel: building with sticky overflow, and answers good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/nlm.h"

#define SEQ 7

static void begin(struct nlm *m)
{
	const struct ifinfomsg ifi = { .ifi_index = 5 };

	nlm_begin(m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
}

static void attributes_come_out_as_put_in(void **state)
{
	const struct nlattr *tb[IFLA_PROP_LIST + 1], *in[IFLA_ALT_IFNAME + 1];
	struct nlattr *nest;
	struct nlm m;

	(void)state;
	begin(&m);
	nlm_str(&m, IFLA_IFNAME, "z1.1");
	nlm_u32(&m, IFLA_MTU, 1500);
	nlm_put(&m, IFLA_IFALIAS, "abc", 3);
	nest = nlm_nest(&m, IFLA_PROP_LIST, NULL, 0);
	nlm_str(&m, IFLA_ALT_IFNAME, "one");
	nlm_str(&m, IFLA_ALT_IFNAME, "two");
	nlm_end(&m, nest);
	assert_false(m.failed);
	assert_int_equal(nlm_attrs(&m.u.head, sizeof(struct ifinfomsg), tb, IFLA_PROP_LIST), 0);
	assert_string_equal(nlm_get_str(tb[IFLA_IFNAME]), "z1.1");
	assert_int_equal(nlm_get_u32(tb[IFLA_MTU], 0), 1500);
	assert_int_equal(nlm_get_u32(tb[IFLA_LINK], 99), 99);
	assert_null(nlm_get(tb[IFLA_MTU], 5));	    /* shorter than asked */
	assert_null(nlm_get_str(tb[IFLA_IFALIAS])); /* no terminator */
	nlm_nested(tb[IFLA_PROP_LIST], in, IFLA_ALT_IFNAME);
	assert_non_null(in[IFLA_ALT_IFNAME]);
	assert_true(nlm_has_str(tb[IFLA_PROP_LIST], IFLA_ALT_IFNAME, "one"));
	assert_true(nlm_has_str(tb[IFLA_PROP_LIST], IFLA_ALT_IFNAME, "two"));
	assert_false(nlm_has_str(tb[IFLA_PROP_LIST], IFLA_ALT_IFNAME, "on"));
	assert_false(nlm_has_str(NULL, IFLA_ALT_IFNAME, "one"));
}

static void overflow_sticks(void **state)
{
	static const char big[600];
	struct zerr e = { 0 };
	struct nl nl = { 0 };
	uint32_t before;
	struct nlm m;

	(void)state;
	begin(&m);
	nlm_put(&m, IFLA_IFALIAS, big, sizeof(big));
	assert_false(m.failed);
	before = m.u.head.nlmsg_len;
	nlm_put(&m, IFLA_IFALIAS, big, sizeof(big));
	assert_true(m.failed);
	nlm_u32(&m, IFLA_MTU, 1500); /* would fit, but the message is spoilt */
	assert_int_equal(m.u.head.nlmsg_len, before);
	nlm_end(&m, nlm_nest(&m, IFLA_LINKINFO, NULL, 0));
	assert_int_equal(nl_call(&nl, &m, NULL, NULL, &e), -EMSGSIZE); /* never sent: no socket */
	begin(&m);
	assert_false(m.failed);
}

static void nest_overflow_sticks(void **state)
{
	static const char big[1000];
	struct nlm m;

	(void)state;
	begin(&m);
	(void)nlm_nest(&m, IFLA_LINKINFO, big, sizeof(big));
	assert_true(m.failed);
}

/* An answer as the kernel would send it. */
struct answer {
	_Alignas(4) char data[512];
	size_t len;
};

static void add(struct answer *a, uint16_t type, uint16_t flags, uint32_t seq, const void *data,
		size_t len)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + len),
				    .nlmsg_type = type,
				    .nlmsg_flags = flags,
				    .nlmsg_seq = seq };

	memcpy(a->data + a->len, &h, sizeof(h));
	memcpy(a->data + a->len + sizeof(h), data, len);
	a->len += NLMSG_ALIGN(h.nlmsg_len);
}

static int count_one(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	++*(int *)arg;
	return *(int *)arg == 100 ? -E2BIG : 0;
}

static int feed(const struct answer *a, int *seen, struct zerr *e)
{
	struct nl nl = { .seq = SEQ };

	*e = (struct zerr){ 0 };
	return nl_feed(&nl, a->data, a->len, count_one, seen, e);
}

static void kernel_words_become_the_error(void **state)
{
	static const char text[] = "Device is enslaved elsewhere";
	struct {
		struct nlmsgerr err;
		struct nlattr attr;
		char text[sizeof(text)];
	} m = { .err.error = -EBUSY,
		.attr = { sizeof(struct nlattr) + sizeof(text), NLMSGERR_ATTR_MSG } };
	struct answer a = { 0 };
	struct zerr e;
	int seen = 0;

	(void)state;
	memcpy(m.text, text, sizeof(text));
	add(&a, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, SEQ, &m,
	    offsetof(__typeof__(m), text) + sizeof(text));
	assert_int_equal(feed(&a, &seen, &e), -EBUSY);
	assert_non_null(strstr(e.msg, text));
	assert_non_null(strstr(e.msg, "busy"));
	/* without the terminator it is no text */
	m.attr.nla_len--;
	a.len = 0;
	add(&a, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, SEQ, &m,
	    offsetof(__typeof__(m), text) + sizeof(text) - 1);
	assert_int_equal(feed(&a, &seen, &e), -EBUSY);
	assert_null(strstr(e.msg, text));
}

static void answers_end_where_they_should(void **state)
{
	const struct nlmsgerr ack = { 0 };
	const struct ifinfomsg ifi = { 0 };
	const int32_t done = 0, failed = -ENOBUFS;
	struct answer a = { 0 };
	struct zerr e;
	int seen = 0;

	(void)state;
	add(&a, RTM_NEWLINK, 0, SEQ - 1, &ifi, sizeof(ifi)); /* somebody else's */
	add(&a, RTM_NEWLINK, 0, SEQ, &ifi, sizeof(ifi));
	assert_int_equal(feed(&a, &seen, &e), 1);
	assert_int_equal(seen, 1);
	add(&a, NLMSG_ERROR, 0, SEQ, &ack, sizeof(ack));
	assert_int_equal(feed(&a, &seen, &e), 0);
	assert_int_equal(seen, 2);
	a.len = 0;
	add(&a, NLMSG_DONE, NLM_F_MULTI, SEQ, &done, sizeof(done));
	assert_int_equal(feed(&a, &seen, &e), 0);
	a.len = 0;
	add(&a, NLMSG_DONE, NLM_F_MULTI, SEQ, &failed, sizeof(failed));
	assert_int_equal(feed(&a, &seen, &e), -ENOBUFS);
	a.len = 0;
	add(&a, RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQ, &ifi, sizeof(ifi));
	add(&a, NLMSG_DONE, NLM_F_MULTI, SEQ, &done, sizeof(done));
	assert_int_equal(feed(&a, &seen, &e), -EAGAIN);
	assert_int_equal(seen, 3); /* all the same */
	seen = 99;
	assert_int_equal(feed(&a, &seen, &e), -E2BIG);
}

static void short_answers_are_refused(void **state)
{
	const struct nlattr *tb[IFLA_MTU + 1];
	struct answer a = { 0 };
	struct zerr e;
	int seen = 0;

	(void)state;
	add(&a, NLMSG_ERROR, 0, SEQ, "xy", 2);
	assert_int_equal(feed(&a, &seen, &e), -EPROTO);
	a.len = 0;
	add(&a, RTM_NEWLINK, 0, SEQ, "xy", 2);
	assert_int_equal(
		nlm_attrs((const struct nlmsghdr *)a.data, sizeof(struct ifinfomsg), tb, IFLA_MTU),
		-EPROTO);
	a.len = 10; /* not even a header */
	assert_int_equal(feed(&a, &seen, &e), 1);
	assert_int_equal(seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_come_out_as_put_in),
		cmocka_unit_test(overflow_sticks),
		cmocka_unit_test(nest_overflow_sticks),
		cmocka_unit_test(kernel_words_become_the_error),
		cmocka_unit_test(answers_end_where_they_should),
		cmocka_unit_test(short_answers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
