/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What zones can reach: themselves, each other, the host, and through NAT the world outside. */
#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/own.h"
#include "net/network.h"
#include "net_lab.h"

/* The address of @text, which has a prefix length. */
static const char *bare(const char *text)
{
	static char out[64];

	(void)snprintf(out, sizeof(out), "%.*s", (int)strcspn(text, "/"), text);
	return out;
}

static void zones_reach_each_other(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a, b;
	char told[64];
	pid_t server;

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	print_message("first zone of a network: %.2f ms\n", lab_up(lab, &a));
	print_message("second zone: %.2f ms\n", lab_up(lab, &b));
	server = lab_serve(b.netns);
	assert_true(lab_fetch(a.netns, bare(b.lease.ipv4), told));
	assert_string_equal(told, bare(a.lease.ipv4));
	assert_true(lab_fetch(a.netns, bare(b.lease.ipv6), told));
	assert_string_equal(told, bare(a.lease.ipv6));
	/* itself, by its address and by loopback */
	assert_true(lab_fetch(b.netns, "127.0.0.1", told));
	assert_true(lab_fetch(b.netns, "::1", told));
	assert_true(lab_fetch(b.netns, bare(b.lease.ipv4), told));
	/* and the host reaches it */
	assert_true(lab_fetch(-1, bare(b.lease.ipv4), told));
	assert_string_equal(told, a.lease.gateway4);
	assert_true(lab_fetch(-1, bare(b.lease.ipv6), told));
	assert_string_equal(told, a.lease.gateway6);
	lab_stop(server);
	lab_down(lab, &a);
	lab_down(lab, &b);
}

static void world_outside_sees_the_host(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	struct lab_zone a;
	char told[64];
	pid_t server;

	/* it has no route to the zones: without NAT there is no answer */
	lab_cable(lab, "up0", "192.0.2.1/24 2001:db8::1/64", outside,
		  "192.0.2.2/24 2001:db8::2/64");
	assert_int_equal(lab_sysctl_get("ipv4/ip_forward"), '0');
	lab_zone(lab, &a, 1, 0);
	(void)lab_up(lab, &a);
	assert_int_equal(lab_sysctl_get("ipv4/ip_forward"), '1');
	server = lab_serve(outside);
	assert_true(lab_fetch(a.netns, "192.0.2.2", told));
	assert_string_equal(told, "192.0.2.1");
	assert_true(lab_fetch(a.netns, "2001:db8::2", told));
	assert_string_equal(told, "2001:db8::1");
	lab_stop(server);
	lab_down(lab, &a);
}

static void networks_share_nat(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	AUTO_STRV struct strv taken = { 0 };
	char name[] = "eth0", network[] = "lab";
	const struct nic_spec nic = { .name = name, .network = network };
	struct lab_zone a, b = { .name = "b", .slot = 2, .netns = lab_netns() };
	struct network made;
	struct zerr e = { 0 };
	char told[64];
	pid_t server;

	lab_cable(lab, "up0", "192.0.2.1/24", outside, "192.0.2.2/24");
	lab_zone(lab, &a, 1, 0);
	assert_int_equal(network_write(&lab->env, network, NULL, false, &made, &e), 0);
	assert_int_equal(net_lease(&lab->env, &nic, 2, &taken, NULL, &b.lease, &e), 0);
	assert_string_equal(b.lease.ipv4, "10.78.0.2/16");
	(void)lab_up(lab, &a);
	(void)lab_up(lab, &b);
	server = lab_serve(outside);
	assert_true(lab_fetch(a.netns, "192.0.2.2", told));
	assert_string_equal(told, "192.0.2.1");
	assert_true(lab_fetch(b.netns, "192.0.2.2", told));
	assert_string_equal(told, "192.0.2.1");
	lab_stop(server);
	/* from one to the other the address stays what it is */
	server = lab_serve(b.netns);
	assert_true(lab_fetch(a.netns, bare(b.lease.ipv4), told));
	assert_string_equal(told, bare(a.lease.ipv4));
	lab_stop(server);
	/* one goes, the other stays */
	lab_down(lab, &a);
	server = lab_serve(outside);
	assert_true(lab_fetch(b.netns, "192.0.2.2", told));
	lab_stop(server);
	lab_down(lab, &b);
}

static void take_note(enum log_level level, const char *text, void *arg)
{
	if (level == LOG_LEVEL_NOTE)
		buf_str(arg, text);
}

static void forwarding_is_turned_on_aloud(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	AUTO_BUF struct buf notes = { 0 };
	const struct rtmsg rt = { .rtm_family = AF_INET6,
				  .rtm_dst_len = 64,
				  .rtm_table = RT_TABLE_MAIN,
				  .rtm_protocol = RTPROT_RA,
				  .rtm_type = RTN_UNICAST };
	static const uint8_t prefix[16] = { 0x20, 1, 0xd, 0xb8, 9 };
	struct lab_zone a;
	struct zerr e = { 0 };
	struct nlm m;

	/* an uplink with a route from a router advertisement */
	lab_cable(lab, "up0", "192.0.2.1/24", outside, "192.0.2.2/24");
	nlm_begin(&m, RTM_NEWROUTE, NLM_F_CREATE, &rt, sizeof(rt));
	nlm_put(&m, RTA_DST, prefix, sizeof(prefix));
	nlm_u32(&m, RTA_OIF, lab_index(&lab->nl, "up0"));
	assert_int_equal(nl_call(&lab->nl, &m, NULL, NULL, &e), 0);
	assert_int_equal(lab_sysctl_get("ipv6/conf/up0/accept_ra"), '1');

	lab_zone(lab, &a, 1, 0);
	log_set(take_note, &notes);
	(void)lab_up(lab, &a);
	log_set(NULL, NULL);
	assert_int_equal(lab_sysctl_get("ipv4/ip_forward"), '1');
	assert_int_equal(lab_sysctl_get("ipv6/conf/all/forwarding"), '1');
	assert_int_equal(lab_sysctl_get("ipv6/conf/up0/accept_ra"), '2');
	assert_int_equal(lab_sysctl_get("ipv6/conf/default/accept_ra"), '1');
	assert_non_null(strstr(notes.p, "IPv4 forwarding was off and is now on"));
	assert_non_null(strstr(notes.p, "IPv6 forwarding was off and is now on"));
	assert_non_null(strstr(notes.p, "up0 goes on accepting router advertisements"));
	lab_down(lab, &a);
}

/* The way of both families that a network made by @text has turned on. */
static void expect_forwarding(struct lab *lab, const char *text, char on)
{
	AUTO_STRV struct strv taken = { 0 };
	AUTO_STRV struct strv set = { 0 };
	char name[] = "eth0", network[] = "inner";
	const struct nic_spec nic = { .name = name, .network = network };
	struct lab_zone a = { .name = "web", .slot = 1, .netns = lab_netns() };
	struct zerr e = { 0 };

	assert_int_equal(strv_add(&set, text), 0);
	assert_int_equal(net_network_write(&lab->env, network, &set, false, &e), 0);
	assert_int_equal(net_lease(&lab->env, &nic, 1, &taken, NULL, &a.lease, &e), 0);
	(void)lab_up(lab, &a);
	assert_true(lab_index(&lab->nl, network) != 0);
	assert_int_equal(lab_sysctl_get("ipv4/ip_forward"), on);
	assert_int_equal(lab_sysctl_get("ipv6/conf/all/forwarding"), on);
	lab_down(lab, &a);
}

static void internal_network_changes_no_setting(void **state)
{
	expect_forwarding(*state, "internal=yes", '0');
}

static void routed_network_needs_forwarding(void **state)
{
	expect_forwarding(*state, "nat=no", '1');
}

#define DATAGRAMS 50
#define DATAGRAM  1000

/* Far more goes out than can come back as ICMP. */
static int send_datagrams(const void *arg)
{
	static const char data[DATAGRAM];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, arg, &to.sin_addr) != 1)
		return 1;
	for (int i = 0; i < DATAGRAMS; i++)
		(void)sendto(fd, data, sizeof(data), 0, (const struct sockaddr *)&to, sizeof(to));
	return 0;
}

static void counters_are_the_zones_view(void **state)
{
	struct lab *lab = *state;
	struct net_counters before, after;
	struct lab_zone a, b;

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	(void)lab_up(lab, &a);
	(void)lab_up(lab, &b);
	assert_int_equal(net_count(&lab->env, a.name, &a.link, &before), 0);
	assert_int_equal(lab_in(a.netns, send_datagrams, bare(b.lease.ipv4)), 0);
	/* they wait for the neighbour's address first */
	for (int i = 0; i < 200; i++) {
		assert_int_equal(net_count(&lab->env, a.name, &a.link, &after), 0);
		if (after.tx_packets >= before.tx_packets + DATAGRAMS &&
		    after.rx_packets > before.rx_packets)
			break;
		(void)usleep(10000);
	}
	assert_true(after.tx_packets >= before.tx_packets + DATAGRAMS);
	assert_true(after.tx_bytes >= before.tx_bytes + DATAGRAMS * DATAGRAM);
	assert_true(after.rx_bytes < before.rx_bytes + DATAGRAMS * DATAGRAM);
	assert_true(after.rx_packets > before.rx_packets); /* ARP at least */
	lab_down(lab, &a);
	lab_down(lab, &b);
	while (lab_links() > 0)
		(void)usleep(1000);
	assert_int_equal(net_count(&lab->env, a.name, &a.link, &after), -ENODEV);
}

static void zone_without_ipv6_has_ipv4(void **state)
{
	struct lab *lab = *state;
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv ipv6 = { 0 };
	struct zerr e = { 0 };
	struct lab_zone a, b;
	char told[64];

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	lab_sysctl(a.netns, "ipv6/conf/all/disable_ipv6", "1");
	lab_sysctl(a.netns, "ipv6/conf/default/disable_ipv6", "1");
	(void)lab_up(lab, &a);
	(void)lab_up(lab, &b);
	assert_int_equal(net_addresses(a.netns, &ipv4, &ipv6, &e), 0);
	assert_int_equal(ipv4.n, 1);
	assert_string_equal(ipv4.v[0], bare(a.lease.ipv4));
	assert_int_equal(ipv6.n, 0);
	const pid_t server = lab_serve(b.netns);

	assert_true(lab_fetch(a.netns, bare(b.lease.ipv4), told));
	lab_stop(server);
	lab_down(lab, &a);
	lab_down(lab, &b);
}

static void host_without_ipv6_has_ipv4(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	AUTO_STRV struct strv ipv4 = { 0 };
	AUTO_STRV struct strv ipv6 = { 0 };
	struct zerr e = { 0 };
	struct lab_zone a;
	char told[64];
	pid_t server;

	lab_cable(lab, "up0", "192.0.2.1/24", outside, "192.0.2.2/24");
	lab_sysctl(-1, "ipv6/conf/all/disable_ipv6", "1");
	lab_sysctl(-1, "ipv6/conf/default/disable_ipv6", "1");
	lab_zone(lab, &a, 1, 0);
	(void)lab_up(lab, &a);
	assert_int_equal(lab_sysctl_get("ipv6/conf/all/forwarding"), '0');
	assert_int_equal(net_addresses(a.netns, &ipv4, &ipv6, &e), 0);
	assert_int_equal(ipv4.n, 1);
	assert_int_equal(ipv6.n, 0); /* it would lead nowhere */
	server = lab_serve(outside);
	assert_true(lab_fetch(a.netns, "192.0.2.2", told));
	assert_string_equal(told, "192.0.2.1");
	lab_stop(server);
	lab_down(lab, &a);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

/* What the host believes of @address, or is made to believe. */
static void believe(struct lab *lab, unsigned index, const struct ipnet *address,
		    const uint8_t mac[6])
{
	const struct ndmsg nd = { .ndm_family = (uint8_t)address->family,
				  .ndm_ifindex = (int)index,
				  .ndm_state = NUD_REACHABLE };
	struct zerr e = { 0 };
	struct nlm m;

	nlm_begin(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &nd, sizeof(nd));
	nlm_put(&m, NDA_DST, address->addr, address->family == AF_INET ? 4 : 16);
	nlm_put(&m, NDA_LLADDR, mac, 6);
	assert_int_equal(nl_call(&lab->nl, &m, NULL, NULL, &e), 0);
}

static int take_mac(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NDA_LLADDR + 1];

	assert_int_equal(nlm_attrs(h, sizeof(struct ndmsg), tb, NDA_LLADDR), 0);
	assert_non_null(nlm_get(tb[NDA_LLADDR], 6));
	memcpy(arg, nlm_get(tb[NDA_LLADDR], 6), 6);
	return 0;
}

static void believed(struct lab *lab, unsigned index, const struct ipnet *address, uint8_t ret[6])
{
	const struct ndmsg nd = { .ndm_family = (uint8_t)address->family,
				  .ndm_ifindex = (int)index };
	struct zerr e = { 0 };
	struct nlm m;

	nlm_begin(&m, RTM_GETNEIGH, 0, &nd, sizeof(nd));
	nlm_put(&m, NDA_DST, address->addr, address->family == AF_INET ? 4 : 16);
	assert_int_equal(nl_call(&lab->nl, &m, take_mac, ret, &e), 0);
}

static void neighbours_are_told_where_an_address_went(void **state)
{
	static const uint8_t old[6] = { 2, 0, 0, 0, 0, 9 };
	struct lab *lab = *state;
	struct lab_zone a, b;
	struct ipnet both[2];
	uint8_t mac[6], now[6];

	lab_zone(lab, &b, 2, 1);
	(void)lab_up(lab, &b);
	for (unsigned i = 0; i < 10; i++) {
		const unsigned bridge = lab_index(&lab->nl, NET_DEFAULT);

		lab_zone(lab, &a, 1, 0);
		assert_int_equal(mac_parse(mac, a.lease.mac), 0);
		assert_int_equal(ipnet_parse(&both[0], a.lease.ipv4), 0);
		assert_int_equal(ipnet_parse(&both[1], a.lease.ipv6), 0);
		believe(lab, bridge, &both[0], old);
		believe(lab, bridge, &both[1], old);
		(void)lab_up(lab, &a);
		for (unsigned k = 0; k < 2; k++) {
			believed(lab, bridge, &both[k], now);
			assert_memory_equal(now, mac, 6);
		}
		lab_down(lab, &a);
		while (lab_links() > 2)
			(void)usleep(1000);
	}
	lab_down(lab, &b);
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(zones_reach_each_other),
		LAB_TEST(world_outside_sees_the_host),
		LAB_TEST(networks_share_nat),
		LAB_TEST(forwarding_is_turned_on_aloud),
		LAB_TEST(internal_network_changes_no_setting),
		LAB_TEST(routed_network_needs_forwarding),
		LAB_TEST(counters_are_the_zones_view),
		LAB_TEST(zone_without_ipv6_has_ipv4),
		LAB_TEST(host_without_ipv6_has_ipv4),
		LAB_TEST(neighbours_are_told_where_an_address_went),
	};

	return cmocka_run_group_tests(tests, lab_enter, NULL);
}
