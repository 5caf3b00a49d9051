/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink against the kernel: links, addresses, routes, the kernel's words, other namespaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/own.h"
#include "net/addr.h"
#include "net_lab.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

static void bridge_comes_and_goes(void **state)
{
	struct lab *lab = *state;
	struct link_info link, other;
	struct zerr e = { 0 };

	assert_int_equal(link_add_bridge(&lab->nl, "br0", mac, false, &e), 0);
	assert_int_equal(link_get(&lab->nl, "br0", &link, &e), 0);
	assert_string_equal(link.name, "br0");
	assert_string_equal(link.kind, "bridge");
	assert_memory_equal(link.mac, mac, 6);
	assert_true(link.ipv6);
	assert_int_equal(link_add_alias(&lab->nl, link.index, "the-long-name-of-a-bridge", &e), 0);
	assert_int_equal(link_find(&lab->nl, link.index, "the-long-name-of-a-bridge", &other, &e),
			 0);
	assert_true(other.alias);
	assert_int_equal(link_find(&lab->nl, link.index, "br0", &other, &e), 0);
	assert_false(other.alias); /* that is its first name */
	assert_int_equal(link_delete(&lab->nl, link.index, &e), 0);
	assert_int_equal(link_get(&lab->nl, "br0", &other, &e), -ENODEV);
	assert_int_equal(link_find(&lab->nl, link.index, NULL, &other, &e), -ENODEV);
	assert_int_equal(link_delete(&lab->nl, link.index, &e), 0); /* as it should be */
}

static void errors_have_names_and_words(void **state)
{
	struct lab *lab = *state;
	const struct ipnet gateway = { AF_INET, 32, { 192, 0, 2, 1 } };
	struct link_info link;
	struct zerr e = { 0 };

	assert_int_equal(link_get(&lab->nl, "nosuch0", &link, &e), -ENODEV);
	assert_string_equal(e.msg, "nosuch0: No such device");
	assert_int_equal(link_add_bridge(&lab->nl, "lo", mac, false, &e), -EEXIST);
	assert_string_equal(e.msg, "create bridge lo: File exists");
	assert_int_equal(e.code, EEXIST);
	/* this one the kernel explains */
	assert_int_equal(addr_add_default(&lab->nl, LINK_LO, &gateway, false, &e), -ENETUNREACH);
	assert_non_null(strstr(e.msg, "default route by 192.0.2.1: "));
	assert_non_null(strstr(e.msg, "exthop has invalid gateway"));
}

static void kinds_are_probed_without_a_trace(void **state)
{
	struct lab *lab = *state;
	struct zerr e = { 0 };

	assert_int_equal(link_probe(&lab->nl, "bridge", &e), 0);
	assert_int_equal(link_probe(&lab->nl, "veth", &e), 0);
	assert_int_equal(link_probe(&lab->nl, "nosuchkind", &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.msg, "nosuchkind"));
	assert_int_equal(lab_links(), 0);
}

static ino_t netns_inode(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static void socket_stays_where_it_was_opened(void **state)
{
	struct lab *lab = *state;
	const ino_t before = netns_inode();
	AUTO_CLOSE int netns = lab_netns();
	AUTO_NL struct nl inside = { 0 };
	struct nl nowhere;
	struct zerr e = { 0 };

	assert_int_equal(nl_open_in(&inside, netns, &e), 0);
	assert_int_equal(netns_inode(), before);
	assert_int_equal(link_add_bridge(&inside, "br0", mac, false, &e), 0);
	assert_int_equal(lab_index(&lab->nl, "br0"), 0);
	assert_true(lab_index(&inside, "br0") != 0);
	assert_true(nl_open_in(&nowhere, lab->env.host, &e) < 0); /* not a namespace */
	assert_non_null(strstr(e.msg, "enter the network namespace"));
	assert_int_equal(netns_inode(), before);
}

static int count_global(const struct addr_entry *a, void *arg)
{
	if (a->global)
		++*(unsigned *)arg;
	return 0;
}

static int stop_at_once(const struct addr_entry *a, void *arg)
{
	(void)a;
	(void)arg;
	return -E2BIG;
}

static void long_lists_are_read_whole(void **state)
{
	struct lab *lab = *state;
	struct ipnet n = { AF_INET6, 128, { 0xfd } };
	struct zerr e = { 0 };
	unsigned seen = 0, index;
	int r;

	assert_int_equal(link_add_bridge(&lab->nl, "br0", mac, false, &e), 0);
	index = lab_index(&lab->nl, "br0");
	for (unsigned i = 0; i < 2000; i++) {
		n.addr[14] = (uint8_t)(i >> 8);
		n.addr[15] = (uint8_t)i;
		assert_int_equal(addr_add(&lab->nl, index, &n, &e), 0);
	}
	assert_int_equal(addr_add(&lab->nl, index, &n, &e), 0); /* there already */
	r = addr_list(&lab->nl, count_global, &seen, &e);
	assert_true(r == 0 || r == -EAGAIN); /* some kernels say the latter of any long list */
	assert_int_equal(seen, 2000);
	/* a list given up half-way does not disturb what follows */
	assert_int_equal(addr_list(&lab->nl, stop_at_once, NULL, &e), -E2BIG);
	assert_int_equal(lab_index(&lab->nl, "br0"), index);
	assert_int_equal(link_delete(&lab->nl, index, &e), 0);
}

static void zone_with_endless_addresses_is_cut_short(void **state)
{
	AUTO_CLOSE int netns = lab_netns();
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv ipv6 = { 0 };
	struct ipnet n = { AF_INET, 32, { 10 } };
	AUTO_NL struct nl inside = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(nl_open_in(&inside, netns, &e), 0);
	assert_int_equal(link_add_bridge(&inside, "br0", mac, false, &e), 0);
	for (unsigned i = 0; i < 1000; i++) {
		n.addr[2] = (uint8_t)(i >> 8);
		n.addr[3] = (uint8_t)i;
		assert_int_equal(addr_add(&inside, lab_index(&inside, "br0"), &n, &e), 0);
	}
	assert_int_equal(net_addresses(netns, &ipv4, &ipv6, &e), 0);
	assert_int_equal(ipv4.n, 128);
	assert_string_equal(ipv4.v[1], "10.0.0.1");
}

static void add_change(struct nl_batch *b, int index)
{
	const struct ifinfomsg ifi = { .ifi_index = index,
				       .ifi_change = IFF_UP,
				       .ifi_flags = IFF_UP };
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	nl_batch_add(b, &m);
}

struct failures {
	uint32_t n, sum;
};

static void take_failure(uint32_t place, int code, void *arg)
{
	struct failures *f = arg;

	assert_int_equal(code, ENODEV);
	f->n++;
	f->sum += place;
}

#define LONG_BATCH 1500

static void batch_tells_all_that_failed(void **state)
{
	struct lab *lab = *state;
	AUTO_BATCH struct nl_batch b = { 0 }, all = { 0 }, fine = { 0 };
	struct failures f = { 0 };
	struct zerr e = { 0 };

	for (unsigned i = 0; i < 6; i++) /* 1 and 4 */
		add_change(&b, i % 3 == 1 ? 77 : LINK_LO);
	nl_batch_ask(&b);
	assert_int_equal(nl_batch_send(&lab->nl, &b, take_failure, &f, &e), -ENODEV);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.sum, 1 + 4);
	/* nothing of it is left for what follows, and more answers than a socket usually holds fit
	 */
	f = (struct failures){ 0 };
	for (unsigned i = 0; i < LONG_BATCH; i++)
		add_change(&all, 77);
	nl_batch_ask(&all);
	assert_int_equal(nl_batch_send(&lab->nl, &all, take_failure, &f, &e), -ENODEV);
	assert_int_equal(f.n, LONG_BATCH);
	add_change(&fine, LINK_LO);
	nl_batch_ask(&fine);
	assert_int_equal(nl_batch_send(&lab->nl, &fine, take_failure, &f, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bridge_comes_and_goes, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(errors_have_names_and_words, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(kinds_are_probed_without_a_trace, lab_open,
						lab_close),
		cmocka_unit_test_setup_teardown(socket_stays_where_it_was_opened, lab_open,
						lab_close),
		cmocka_unit_test_setup_teardown(long_lists_are_read_whole, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(batch_tells_all_that_failed, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(zone_with_endless_addresses_is_cut_short, lab_open,
						lab_close),
	};

	return cmocka_run_group_tests(tests, lab_enter, NULL);
}
