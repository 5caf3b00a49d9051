/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases on networks whose records exist: nothing here needs root or a kernel's answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/ident.h"
#include "net/network.h"

static struct net_env env = { .host = -1, .run = -1 };

/* A list of up to two words, for a specification's fields. */
#define WORDS(...)                                                                            \
	{                                                                                     \
		(char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) \
	}
static char root[] = "/tmp/zone-lease-XXXXXX";

static void save(const char *name, const char *ipv4, const char *ipv6)
{
	AUTO_CLOSE int dir = -1;
	struct network n = { .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500, .nat = true };
	struct zerr e = { 0 };

	strcpy(n.name, name);
	assert_int_equal(ipnet_parse(&n.ipv4, ipv4), 0);
	if (ipv6)
		assert_int_equal(ipnet_parse(&n.ipv6, ipv6), 0);
	dir = network_dir(&env, &e);
	assert_int_equal(network_save(&n, dir, false, &e), 0);
}

static int set_up(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	if (!mkdtemp(root))
		return -1;
	env.host = env.run = fs_open_dir(root, &e);
	save(NET_DEFAULT, "10.77.0.0/16", "fd00:1:2:3::/64");
	save("small", "192.168.9.0/29", NULL);
	return 0;
}

static int tear_down(void **state)
{
	struct zerr e = { 0 };
	AUTO_CLOSE int tmp = fs_open_dir("/tmp", &e);

	(void)state;
	own_close(env.host);
	return fs_remove(tmp, strrchr(root, '/') + 1, &e);
}

static int lease(const struct nic_spec *nic, const char *taken_words, const char *old,
		 struct net_lease *ret, struct zerr *e)
{
	AUTO_STRV struct strv taken = { 0 };

	*e = (struct zerr){ 0 };
	assert_int_equal(strv_split(&taken, taken_words, " "), 0);
	return net_lease(&env, nic, 12, &taken, old, ret, e);
}

/* The status that a lease with @taken is refused with. */
static int refused_with(const struct nic_spec *nic, const char *taken_line, struct zerr *e)
{
	AUTO_STRV struct strv taken = { 0 };
	struct net_lease l;

	*e = (struct zerr){ 0 };
	assert_int_equal(strv_add(&taken, taken_line), 0);
	return net_lease(&env, nic, 12, &taken, NULL, &l, e) < 0 ? e->status : 0;
}

static void first_zone_gets_the_first_address(void **state)
{
	char name[] = "eth0";
	const struct nic_spec nic = { .name = name };
	struct net_lease l;
	struct zerr e;
	uint8_t mac[6];

	(void)state;
	assert_int_equal(lease(&nic, "", NULL, &l, &e), 0);
	assert_string_equal(l.nic, "eth0");
	assert_string_equal(l.network, NET_DEFAULT);
	assert_string_equal(l.ipv4, "10.77.0.2/16");
	assert_string_equal(l.ipv6, "fd00:1:2:3::2/64");
	assert_string_equal(l.gateway4, "10.77.0.1");
	assert_string_equal(l.gateway6, "fd00:1:2:3::1");
	assert_int_equal(l.mtu, 1500);
	assert_int_equal(mac_parse(mac, l.mac), 0);
	assert_int_equal(mac[0] & 3, 2);
}

static void old_address_is_kept_while_free(void **state)
{
	char name[] = "eth0";
	const struct nic_spec nic = { .name = name };
	struct net_lease l;
	struct zerr e;

	(void)state;
	assert_int_equal(lease(&nic, "10.77.0.2/16", "10.77.0.9/16", &l, &e), 0);
	assert_string_equal(l.ipv4, "10.77.0.9/16");
	assert_int_equal(lease(&nic, "10.77.0.2 10.77.0.9", "10.77.0.9/16", &l, &e), 0);
	assert_string_equal(l.ipv4, "10.77.0.3/16");
	/* of another subnet by now */
	assert_int_equal(lease(&nic, "", "10.99.0.9/16", &l, &e), 0);
	assert_string_equal(l.ipv4, "10.77.0.2/16");
}

static void mac_belongs_to_slot_and_name(void **state)
{
	char eth0[] = "eth0", eth1[] = "eth1", mac[] = "02:00:5E:00:00:07";
	const struct nic_spec a = { .name = eth0 }, b = { .name = eth1 };
	const struct nic_spec c = { .name = eth0, .mac = mac };
	struct net_lease first, again, other;
	struct zerr e;

	(void)state;
	assert_int_equal(lease(&a, "", NULL, &first, &e), 0);
	assert_int_equal(lease(&a, "10.77.0.2", NULL, &again, &e), 0);
	assert_int_equal(lease(&b, "", NULL, &other, &e), 0);
	assert_string_equal(first.mac, again.mac);
	assert_string_not_equal(first.mac, other.mac);
	assert_int_equal(lease(&c, "", NULL, &other, &e), 0);
	assert_string_equal(other.mac, "02:00:5e:00:00:07");
}

static void given_values_are_taken(void **state)
{
	char name[] = "eth0", address[] = "10.77.1.5", gateway[] = "10.77.0.254", none[] = "none";
	char six[] = "fd00:1:2:3::beef:0/64";
	const struct nic_spec a = {
		.name = name, .addresses = WORDS(address), .gateways = WORDS(gateway), .mtu = 1400
	};
	const struct nic_spec b = { .name = name, .gateways = WORDS(none), .mtu = 1200 };
	const struct nic_spec c = { .name = name, .addresses = WORDS(address, six) };
	struct net_lease l;
	struct zerr e;

	(void)state;
	assert_int_equal(lease(&a, "10.77.0.2", "10.77.0.9", &l, &e), 0);
	assert_string_equal(l.ipv4, "10.77.1.5/16");
	assert_string_equal(l.ipv6, "fd00:1:2:3::105/64");
	assert_string_equal(l.gateway4, "10.77.0.254");
	assert_string_equal(l.gateway6, "fd00:1:2:3::1");
	assert_int_equal(l.mtu, 1400);
	assert_int_equal(lease(&b, "", NULL, &l, &e), 0);
	assert_string_equal(l.gateway4, "");
	assert_string_equal(l.gateway6, "");
	assert_string_equal(l.ipv6, ""); /* not with such an MTU */
	assert_int_equal(lease(&c, "", NULL, &l, &e), 0);
	assert_string_equal(l.ipv4, "10.77.1.5/16");
	assert_string_equal(l.ipv6, "fd00:1:2:3::beef:0/64");
	assert_int_equal(refused_with(&c, "fd00:1:2:3::beef:0 web", &e), ZERR_STATE);
	assert_non_null(strstr(e.msg, "taken by web"));
}

static void elsewhere_only_what_is_given(void **state)
{
	char name[] = "eth0", parent[] = "br0", address[] = "192.0.2.5/24", gateway[] = "192.0.2.1";
	const struct nic_spec a = { .name = name, .parent = parent };
	const struct nic_spec b = { .name = name,
				    .parent = parent,
				    .addresses = WORDS(address),
				    .gateways = WORDS(gateway) };
	struct net_lease l;
	struct zerr e;

	(void)state;
	assert_null(net_of(&a));
	assert_int_equal(lease(&a, "", NULL, &l, &e), 0);
	assert_string_equal(l.network, "");
	assert_string_equal(l.ipv4, "");
	assert_string_equal(l.gateway4, "");
	assert_int_equal(lease(&b, "", NULL, &l, &e), 0);
	assert_string_equal(l.ipv4, "192.0.2.5/24");
	assert_string_equal(l.gateway4, "192.0.2.1");
	assert_string_equal(l.gateway6, "");
}

static void full_network_says_so(void **state)
{
	char name[] = "eth0", small[] = "small";
	const struct nic_spec nic = { .name = name, .network = small };
	struct net_lease l;
	struct zerr e;

	(void)state;
	assert_int_equal(
		lease(&nic, "192.168.9.2 192.168.9.3 192.168.9.4 192.168.9.5", NULL, &l, &e), 0);
	assert_string_equal(l.ipv4, "192.168.9.6/29");
	assert_string_equal(l.ipv6, "");
	assert_int_equal(lease(&nic, "192.168.9.2 192.168.9.3 192.168.9.4 192.168.9.5 192.168.9.6",
			       NULL, &l, &e),
			 -ENOSPC);
	assert_string_equal(e.msg,
			    "network small is full: every address of 192.168.9.0/29 is taken");
}

struct refusal {
	const char *name, *type, *network, *address, *gateway, *mac, *mode;
	unsigned mtu;
	int status;
	const char *says;
};

static const struct refusal refusals[] = {
	{ .name = "eth0", .address = "10.77.0.2", .status = ZERR_STATE, .says = "taken" },
	{ .name = "eth0", .address = "fd00:1:2:3::5", .status = ZERR_USAGE, .says = "IPv4 add" },
	{ .name = "eth0", .address = "fd00:1:2:4::5", .status = ZERR_USAGE, .says = "outside" },
	{ .name = "eth0", .address = "10.77.0.1", .status = ZERR_STATE, .says = "gateway" },
	{ .name = "eth0", .address = "10.78.0.5", .status = ZERR_USAGE, .says = "outside" },
	{ .name = "eth0", .address = "10.77.0.5/24", .status = ZERR_USAGE, .says = "prefix" },
	{ .name = "eth0", .address = "10.77.0.0", .status = ZERR_USAGE, .says = "no host" },
	{ .name = "eth0", .address = "10.77.255.255", .status = ZERR_USAGE, .says = "no host" },
	{ .name = "eth0", .address = "10.77.0.5/33", .status = ZERR_USAGE, .says = "not an addr" },
	{ .name = "eth0", .address = "fd00::5", .status = ZERR_USAGE, .says = "outside" },
	{ .name = "eth0", .type = "tap", .status = ZERR_USAGE, .says = "no NIC of type tap" },
	{ .name = "eth0", .mode = "l2", .status = ZERR_USAGE, .says = "mode: a NIC of type" },
	{ .name = "eth0", .gateway = "10.78.0.1", .status = ZERR_USAGE, .says = "gateway" },
	{ .name = "eth0", .gateway = "router", .status = ZERR_USAGE, .says = "gateway" },
	{ .name = "eth0", .mac = "01:00:5e:00:00:01", .status = ZERR_USAGE, .says = "unicast" },
	{ .name = "eth0", .mtu = 9000, .status = ZERR_USAGE, .says = "1500" },
	{ .name = "eth0", .mtu = 60, .status = ZERR_USAGE, .says = "mtu 60" },
	{ .name = "eth0", .network = "lab", .status = ZERR_MISSING, .says = "no network lab" },
	{ .name = "eth0", .network = "../x", .status = ZERR_USAGE, .says = "network name" },
	{ .name = "eth0", .network = "all", .status = ZERR_USAGE, .says = "not all, default, lo" },
	{ .name = "eth0", .network = "sixteen-letters-", .status = ZERR_USAGE, .says = "name" },
	{ .name = "eth0", .network = "", .status = ZERR_USAGE, .says = "name" },
	{ .name = "eth0", .type = "none", .status = ZERR_USAGE, .says = "none" },
	{ .name = "sixteen-letters-", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "lo", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "..", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "a/b", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "a b", .status = ZERR_USAGE, .says = "interface name" },
	{ .name = "a\nb", .status = ZERR_USAGE, .says = "interface name" },
};

static void bad_values_are_refused(void **state)
{
	struct net_lease l = { .nic = "untouched" };
	struct zerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *x = &refusals[i];
		const struct nic_spec nic = {
			.name = (char *)x->name,
			.type = (char *)x->type,
			.network = (char *)x->network,
			.mode = (char *)x->mode,
			.addresses = { (char *[]){ (char *)x->address }, x->address ? 1 : 0 },
			.gateways = { (char *[]){ (char *)x->gateway }, x->gateway ? 1 : 0 },
			.mac = (char *)x->mac,
			.mtu = x->mtu,
		};

		assert_true(lease(&nic, "10.77.0.2/16", NULL, &l, &e) < 0);
		if (e.status != x->status || !strstr(e.msg, x->says))
			fail_msg("%zu: status %d, %s", i, e.status, e.msg);
	}
	assert_string_equal(l.nic, "untouched");
}

static void damaged_record_is_noticed(void **state)
{
	static const char *const texts[] = {
		"format=1\n",
		"format=1\nipv4=10.1.0.1/16\nmac=02:00:00:00:00:01\nnat=yes\n", /* host bits */
		"format=1\nipv4=10.1.0.0/31\nmac=02:00:00:00:00:01\nnat=yes\n",
		"format=1\nipv4=10.1.0.0/16\nmac=01:00:00:00:00:01\nnat=yes\n",
		"format=1\nipv4=10.1.0.0/16\nmac=02:00:00:00:00:01\nnat=maybe\n",
		"format=1\nipv4=fd00::/64\nmac=02:00:00:00:00:01\nnat=no\n",
		"format=1\nipv4=10.1.0.0/16\nipv6=fd00::/48\nmac=02:00:00:00:00:01\nnat=no\n",
	};
	char name[] = "eth0", bad[] = "bad";
	const struct nic_spec nic = { .name = name, .network = bad };
	struct net_lease l;
	struct zerr e = { 0 };
	AUTO_CLOSE int dir = network_dir(&env, &e);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(fs_write(dir, "bad", texts[i], strlen(texts[i]), 0600, false, &e),
				 0);
		assert_int_equal(lease(&nic, "", NULL, &l, &e), -EPROTO);
		assert_non_null(strstr(e.msg, "network bad: its record is damaged"));
	}
	assert_int_equal(fs_remove(dir, "bad", &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_zone_gets_the_first_address),
		cmocka_unit_test(old_address_is_kept_while_free),
		cmocka_unit_test(mac_belongs_to_slot_and_name),
		cmocka_unit_test(given_values_are_taken),
		cmocka_unit_test(elsewhere_only_what_is_given),
		cmocka_unit_test(full_network_says_so),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(damaged_record_is_noticed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
