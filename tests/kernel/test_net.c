/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks and NICs as users see them: what comes up, what goes again, what is refused. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/addr.h"
#include "net/network.h"
#include "net_lab.h"

static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 7 };

static void first_user_brings_the_network_up(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int records = -1;
	AUTO_NL struct nl inside = { 0 };
	struct link_info bridge, nic;
	struct lab_zone a, b;
	struct network net;
	struct zerr e = { 0 };
	char mac[MAC_TEXT];

	lab_zone(lab, &a, 1, 0);
	assert_int_equal(lab_links(), 0); /* a lease makes no bridge */
	lab_zone(lab, &b, 2, 1);
	(void)lab_up(lab, &a);

	records = network_dir(&lab->env, &e);
	assert_int_equal(network_load(records, NET_DEFAULT, &net, &e), 0);
	assert_int_equal(link_get(&lab->nl, NET_DEFAULT, &bridge, &e), 0);
	assert_string_equal(bridge.kind, "bridge");
	assert_memory_equal(bridge.mac, net.mac, 6);
	assert_true(lab_has_address(&lab->nl, bridge.index, "10.77.0.1/16"));
	assert_int_equal(lab_sysctl_get("ipv6/conf/" NET_DEFAULT "/accept_ra"), '0');
	assert_true(lab_has_table());

	assert_string_equal(a.link.host_name, "z1.1");
	assert_int_equal(a.link.ifindex, lab_index(&lab->nl, "z1.1"));
	assert_int_equal(a.link.ifindex, lab_index(&lab->nl, a.name) ? a.link.ifindex : 0);
	assert_int_equal(nl_open_in(&inside, a.netns, &e), 0);
	assert_int_equal(link_get(&inside, "eth0", &nic, &e), 0);
	assert_string_equal(mac_text(nic.mac, mac), a.lease.mac);
	assert_true(lab_has_address(&inside, nic.index, a.lease.ipv4));
	assert_true(lab_has_address(&inside, nic.index, a.lease.ipv6));

	(void)lab_up(lab, &b);
	assert_int_equal(link_get(&lab->nl, NET_DEFAULT, &bridge, &e), 0);
	assert_memory_equal(bridge.mac, net.mac, 6); /* ports do not change it */
	lab_down(lab, &a);
	assert_true(lab_index(&lab->nl, NET_DEFAULT) != 0);
	assert_true(lab_has_table());
	lab_down(lab, &b);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	assert_false(lab_has_table());
	assert_int_equal(net_down(&lab->env, b.name, &b.link, -1, false, &e),
			 0); /* again: nothing */
}

static int count_fds(void)
{
	AUTO_CLOSEDIR DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	return n;
}

#define MANY 50

static void many_zones_leave_nothing_behind(void **state)
{
	static struct lab_zone zones[MANY];
	struct lab *lab = *state;
	const int fds = count_fds();
	double ms, least = 1e9, sum = 0;

	for (unsigned i = 0; i < MANY; i++)
		lab_zone(lab, &zones[i], i + 1, i);
	for (unsigned i = 0; i < MANY; i++) {
		ms = lab_up(lab, &zones[i]);
		least = i && ms < least ? ms : least;
		sum += i ? ms : 0;
	}
	print_message("net_up with a bridge there: %.2f ms at least, %.2f ms on average of %d\n",
		      least, sum / (MANY - 1), MANY - 1);
	assert_int_equal(lab_links(), MANY + 1);
	for (unsigned i = 0; i < MANY; i++)
		lab_down(lab, &zones[i]);
	nl_drop_kept();
	assert_int_equal(count_fds(), fds);
	/* lab_close() sees to links and tables */
}

static void generations_avoid_dying_links(void **state)
{
	struct lab *lab = *state;
	struct lab_zone zones[9];
	struct zerr e = { 0 };
	char name[IFNAMSIZ];

	/* one slot, one generation, as after quick restarts while nothing has been freed */
	for (unsigned i = 0; i < 9; i++) {
		lab_zone(lab, &zones[i], 1, i);
		(void)snprintf(zones[i].name, sizeof(zones[i].name), "web-%u", i);
		(void)snprintf(zones[i].lease.mac, sizeof(zones[i].lease.mac),
			       "02:00:00:00:00:%02x", i);
	}
	for (unsigned i = 0; i < 8; i++) {
		(void)lab_up(lab, &zones[i]);
		(void)snprintf(name, sizeof(name), "z1.%u", i + 1);
		assert_string_equal(zones[i].link.host_name, name);
	}
	assert_int_equal(lab_try(lab, &zones[8], &e), -EEXIST);
	assert_non_null(strstr(e.msg, "8 interface names up to z1.8 are all in use"));
	own_close(zones[8].netns);
	for (unsigned i = 0; i < 8; i++)
		lab_down(lab, &zones[i]);
}

static void link_is_deleted_only_while_it_is_ours(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	struct net_link wrong;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	(void)lab_up(lab, &a);
	/* the index belongs to another by now */
	wrong = a.link;
	strcpy(wrong.host_name, "z9.9");
	assert_int_equal(net_down(&lab->env, "another", &wrong, -1, true, &e), 0);
	assert_int_equal(lab_index(&lab->nl, "z1.1"), a.link.ifindex);
	/* found by the zone's name when the first name was changed */
	assert_int_equal(net_down(&lab->env, a.name, &wrong, -1, true, &e), 0);
	assert_int_equal(lab_index(&lab->nl, "z1.1"), 0);
	assert_int_equal(lab_links(), 0);
	own_close(a.netns);
}

static void late_cleaning_spares_the_next_start(void **state)
{
	struct lab *lab = *state;
	struct lab_zone first, second;
	struct zerr e = { 0 };

	lab_zone(lab, &first, 1, 0);
	(void)lab_up(lab, &first);
	lab_down(lab, &first);
	lab_zone(lab, &second, 1, 0); /* the same zone once more */
	(void)lab_up(lab, &second);
	assert_int_equal(net_down(&lab->env, first.name, &first.link, -1, true, &e), 0);
	assert_true(lab_index(&lab->nl, NET_DEFAULT) != 0);
	assert_int_equal(lab_index(&lab->nl, second.link.host_name), second.link.ifindex);
	lab_down(lab, &second);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
}

static void name_taken_inside_is_said(void **state)
{
	struct lab *lab = *state;
	AUTO_NL struct nl inside = { 0 };
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	assert_int_equal(nl_open_in(&inside, a.netns, &e), 0);
	assert_int_equal(link_add_bridge(&inside, "eth0", other_mac, false, &e), 0);
	assert_int_equal(lab_try(lab, &a, &e), -EEXIST);
	assert_non_null(strstr(e.msg, "the zone has an interface eth0 already"));
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0); /* down again */
	own_close(a.netns);
}

static void full_bridge_is_said(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int elsewhere = lab_netns();
	char name[IFNAMSIZ], peer[IFNAMSIZ];
	struct veth v = { .name = name,
			  .mtu = 1500,
			  .peer_name = peer,
			  .peer_mac = other_mac,
			  .peer_mtu = 1500,
			  .netns_fd = elsewhere };
	struct lab_zone a, b;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	(void)lab_up(lab, &a);
	v.master = lab_index(&lab->nl, NET_DEFAULT);
	for (unsigned i = 1; i < 1023; i++) {
		(void)snprintf(name, sizeof(name), "p%u", i);
		(void)snprintf(peer, sizeof(peer), "p%u", i);
		assert_int_equal(link_add_veth(&lab->nl, &v, &e), 0);
	}
	assert_int_equal(lab_try(lab, &b, &e), -EXFULL);
	assert_non_null(strstr(e.msg, "the network is full: a bridge takes 1023 interfaces"));
	assert_int_equal(lab_links(), 1024);
	own_close(b.netns);
	lab_down(lab, &a);
}

/* Make a network with one attribute. */
static int make(struct lab *lab, const char *name, const char *attribute, struct zerr *e)
{
	AUTO_STRV struct strv set = { 0 };

	*e = (struct zerr){ 0 };
	assert_int_equal(strv_add(&set, attribute), 0);
	return net_network_write(&lab->env, name, &set, false, e);
}

static void subnet_avoids_what_the_host_uses(void **state)
{
	struct lab *lab = *state;
	const struct ipnet route_gateway = { AF_INET, 32, { 10, 77, 3, 1 } };
	AUTO_CLOSE int outside = lab_netns();
	struct lab_zone a;
	struct zerr e = { 0 };

	/* an address in the first candidate, a default route, another network on the second */
	lab_cable(lab, "up0", "10.77.3.4/24", outside, "10.77.3.1/24");
	assert_int_equal(
		addr_add_default(&lab->nl, lab_index(&lab->nl, "up0"), &route_gateway, false, &e),
		0);
	assert_int_equal(make(lab, "lab", "ipv4=10.78.128.0/20", &e), 0);
	assert_int_equal(make(lab, "lab", "ipv4=10.78.128.0/20", &e), -EEXIST);
	lab_zone(lab, &a, 1, 0);
	assert_string_equal(a.lease.ipv4, "10.79.0.2/16");
	(void)lab_up(lab, &a);
	lab_down(lab, &a);

	/* asked for by name it is refused, and so is one that overlaps a network or is none */
	assert_int_equal(make(lab, "other", "ipv4=10.77.0.0/16", &e), -EADDRINUSE);
	assert_int_equal(e.status, ZERR_STATE);
	assert_string_equal(e.msg, "network other: 10.77.0.0/16 overlaps the host's 10.77.3.4/24");
	assert_int_equal(make(lab, "other", "ipv4=10.79.9.0/24", &e), -EADDRINUSE);
	assert_non_null(strstr(e.msg, "overlaps network " NET_DEFAULT));
	assert_true(make(lab, "other", "ipv4=10.99.9.1/24", &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
}

static void network_does_not_come_up_over_the_hosts(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0); /* 10.77.0.0/16 was free then … */
	lab_cable(lab, "up0", "10.77.3.4/24", outside, "10.77.3.1/24"); /* … but not any more */
	assert_int_equal(lab_try(lab, &a, &e), -EADDRINUSE);
	assert_non_null(strstr(e.msg, "10.77.0.0/16 overlaps the host's 10.77.3.4/24"));
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	own_close(a.netns);
}

static void exhausted_candidates_are_exit_7(void **state)
{
	struct lab *lab = *state;
	AUTO_CLOSE int outside = lab_netns();
	AUTO_STRV struct strv taken = { 0 };
	char name[] = "eth0";
	const struct nic_spec nic = { .name = name };
	struct net_lease l;
	struct zerr e = { 0 };

	lab_cable(lab, "up0", "10.1.2.3/8 172.20.0.1/12 192.168.1.1/16", outside, "10.1.2.4/8");
	assert_true(net_lease(&lab->env, &nic, 1, &taken, NULL, &l, &e) < 0);
	assert_int_equal(e.status, ZERR_HOST);
	assert_non_null(strstr(e.msg, "overlaps one of the host's"));
}

static void foreign_interface_is_left_alone(void **state)
{
	struct lab *lab = *state;
	struct link_info link;
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	assert_int_equal(link_add_bridge(&lab->nl, NET_DEFAULT, other_mac, false, &e), 0);
	assert_true(lab_try(lab, &a, &e) < 0);
	assert_int_equal(e.status, ZERR_STATE);
	assert_non_null(strstr(e.msg, NET_DEFAULT " exists and is not zone's"));
	assert_int_equal(net_forget(&lab->env, a.name, &e), 0);
	assert_int_equal(link_get(&lab->nl, NET_DEFAULT, &link, &e), 0);
	assert_memory_equal(link.mac, other_mac, 6);
	assert_int_equal(link_delete(&lab->nl, link.index, &e), 0);
	own_close(a.netns);
}

static void machine_without_id_keeps_its_macs(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a, b;

	assert_int_equal(mount("/dev/null", "/etc/machine-id", NULL, MS_BIND, NULL), 0);
	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 1, 0);
	assert_int_equal(umount2("/etc/machine-id", 0), 0);
	assert_string_equal(a.lease.mac, b.lease.mac);
	lab_zone(lab, &b, 1, 0);
	assert_string_not_equal(a.lease.mac, b.lease.mac); /* it has one now */
}

static void probe_names_what_is_missing(void **state)
{
	struct lab *lab = *state;
	struct zerr e = { 0 };

	if (net_probe(&lab->env, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(lab_links(), 0);
	assert_false(lab_has_table());
	lab->env.helper = "/nonexistent/zone-nft";
	assert_true(net_probe(&lab->env, &e) < 0);
	assert_int_equal(e.status, ZERR_HOST);
	assert_non_null(strstr(e.msg, "/nonexistent/zone-nft"));
	lab->env.helper = ZONE_NFT;
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(first_user_brings_the_network_up),
		LAB_TEST(many_zones_leave_nothing_behind),
		LAB_TEST(generations_avoid_dying_links),
		LAB_TEST(link_is_deleted_only_while_it_is_ours),
		LAB_TEST(late_cleaning_spares_the_next_start),
		LAB_TEST(name_taken_inside_is_said),
		LAB_TEST(full_bridge_is_said),
		LAB_TEST(subnet_avoids_what_the_host_uses),
		LAB_TEST(network_does_not_come_up_over_the_hosts),
		LAB_TEST(exhausted_candidates_are_exit_7),
		LAB_TEST(foreign_interface_is_left_alone),
		LAB_TEST(machine_without_id_keeps_its_macs),
		LAB_TEST(probe_names_what_is_missing),
	};

	return cmocka_run_group_tests(tests, lab_enter, NULL);
}
