/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zone that lies: what it forges reaches neither another zone nor the host, and is counted; with
 * the guard opened the same frame gets through, which shows that it was the guard.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "net/ident.h"
#include "net_frames.h"
#include "net_lab.h"

#define MARK	"ZONE-FORGED-FRAME"
#define MARK_N	(sizeof(MARK) - 1)
#define WAIT_MS 40 /* frames take microseconds */

/* ---- sending and watching -------------------------------------------------------------------- */

/* A packet socket on @name inside @netns (-1: here). */
static int packet_socket(int netns, const char *name)
{
	AUTO_CLOSE int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd;

	if (netns >= 0)
		assert_int_equal(setns(netns, CLONE_NEWNET), 0);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	to.sll_ifindex = (int)if_nametoindex(name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	return fd;
}

struct stage {
	struct lab_zone a, b;
	struct play p;
	int from, victim, host; /* packet sockets */
};

static void learn_play(struct stage *s)
{
	struct play *p = &s->p;

	assert_int_equal(mac_parse(p->mac_a, s->a.lease.mac), 0);
	assert_int_equal(mac_parse(p->mac_b, s->b.lease.mac), 0);
	assert_int_equal(ipnet_parse(&p->a4, s->a.lease.ipv4), 0);
	assert_int_equal(ipnet_parse(&p->b4, s->b.lease.ipv4), 0);
	assert_int_equal(ipnet_parse(&p->a6, s->a.lease.ipv6), 0);
	assert_int_equal(ipnet_parse(&p->b6, s->b.lease.ipv6), 0);
	assert_int_equal(ipnet_parse(&p->gateway4, s->a.lease.gateway4), 0);
	assert_int_equal(ipnet_parse(&p->gateway6, s->a.lease.gateway6), 0);
	p->local_a = ident_link_local(p->mac_a);
}

static void raise_stage(struct lab *lab, struct stage *s, const struct nic_open *open)
{
	lab_zone(lab, &s->a, 1, 0);
	lab_zone(lab, &s->b, 2, 1);
	s->a.nic.open = *open;
	(void)lab_up(lab, &s->a);
	(void)lab_up(lab, &s->b);
	learn_play(s);
	s->from = packet_socket(s->a.netns, "eth0");
	s->victim = packet_socket(s->b.netns, "eth0");
	s->host = packet_socket(-1, NET_DEFAULT);
}

static void strike_stage(struct lab *lab, struct stage *s)
{
	own_close(s->from);
	own_close(s->victim);
	own_close(s->host);
	lab_down(lab, &s->a);
	lab_down(lab, &s->b);
	for (int i = 0; i < 5000 && lab_links() > 0; i++)
		(void)usleep(1000);
}

static bool hears(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t buf[2048];
	ssize_t n;

	while (poll(&p, 1, WAIT_MS) > 0) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n > 0 && memmem(buf, (size_t)n, MARK, MARK_N))
			return true;
	}
	return false;
}

static void send_frame(const struct stage *s, build_fn *build)
{
	struct frame f = { 0 };

	build(&f, &s->p);
	put(&f, MARK, MARK_N);
	while (f.n < FRAME_N)
		put8(&f, 0);
	assert_int_equal(send(s->from, f.b, f.n, 0), (ssize_t)f.n);
}

static uint64_t drops(const struct lab *lab, const struct lab_zone *z)
{
	struct net_counters c;

	assert_int_equal(net_count(&lab->env, z->name, &z->link, &c), 0);
	return c.drops;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static const struct nic_open closed;

static void honest_frames_pass_and_nothing_is_refused(void **state)
{
	struct lab *lab = *state;
	struct stage s;

	raise_stage(lab, &s, &closed);
	for (size_t i = 0; honest[i]; i++) {
		send_frame(&s, honest[i]);
		if (!hears(s.victim))
			fail_msg("honest frame %zu did not arrive", i);
	}
	/* while the kernels at both ends have been looking for their neighbours and groups */
	(void)usleep(1500000);
	assert_int_equal(drops(lab, &s.a), 0);
	assert_int_equal(drops(lab, &s.b), 0);
	strike_stage(lab, &s);
}

static void forged_frames_reach_nobody(void **state)
{
	struct lab *lab = *state;
	struct stage s;

	raise_stage(lab, &s, &closed);
	for (size_t i = 0; attacks[i].name; i++) {
		const uint64_t before = drops(lab, &s.a);

		send_frame(&s, attacks[i].build);
		if (hears(s.victim) || hears(s.host))
			fail_msg("%s was heard", attacks[i].name);
		if (drops(lab, &s.a) != before + 1)
			fail_msg("%s was not counted", attacks[i].name);
	}
	assert_int_equal(drops(lab, &s.b), 0);
	strike_stage(lab, &s);
}

#define OPEN(member) offsetof(struct nic_open, member)

static void each_guard_can_be_opened(void **state)
{
	static const size_t guards[] = { OPEN(mac), OPEN(ipv4), OPEN(ipv6),
					 OPEN(ra),  OPEN(dhcp), OPEN(ethertype) };
	struct lab *lab = *state;

	for (size_t k = 0; k < sizeof(guards) / sizeof(*guards); k++) {
		struct nic_open open = { false };
		struct stage s;

		*(bool *)((char *)&open + guards[k]) = true;
		raise_stage(lab, &s, &open);
		for (size_t i = 0; attacks[i].name; i++) {
			send_frame(&s, attacks[i].build);
			if (hears(s.victim) != (attacks[i].open == guards[k]))
				fail_msg("%s, with guard %zu open", attacks[i].name, k);
		}
		strike_stage(lab, &s);
	}
}

/* For bridges themselves. LLDP (0e) ends on the port whatever rules there are, and nowhere else. */
static void frames_for_the_bridge_are_refused(void **state)
{
	static const uint8_t for_bridges[6] = { 1, 0x80, 0xc2, 0, 0, 0 };
	static const uint8_t last_octet[] = { 0x00, 0x02, 0x03, 0x0e };
	struct lab *lab = *state;
	struct stage s;

	raise_stage(lab, &s, &closed);
	for (size_t i = 0; i < sizeof(last_octet); i++) {
		const uint64_t before = drops(lab, &s.a);
		struct frame f = { 0 };

		eth(&f, for_bridges, s.p.mac_a, 0x88cc);
		f.b[5] = last_octet[i];
		put(&f, MARK, MARK_N);
		while (f.n < FRAME_N)
			put8(&f, 0);
		assert_int_equal(send(s.from, f.b, f.n, 0), (ssize_t)f.n);
		assert_false(hears(s.victim));
		assert_false(hears(s.host));
		if (drops(lab, &s.a) != before + 1)
			fail_msg("01:80:c2:00:00:%02x was not refused", last_octet[i]);
	}
	strike_stage(lab, &s);
}

static int count_entry(const struct nlmsghdr *h, void *arg)
{
	if (h->nlmsg_type == RTM_NEWNEIGH)
		++*(unsigned *)arg;
	return 0;
}

/* Entries of all bridges' tables. */
static unsigned table_size(struct lab *lab)
{
	const struct ndmsg nd = { .ndm_family = PF_BRIDGE };
	struct zerr e = { 0 };
	unsigned n = 0;
	struct nlm m;

	nlm_begin(&m, RTM_GETNEIGH, NLM_F_DUMP, &nd, sizeof(nd));
	assert_int_equal(nl_call(&lab->nl, &m, count_entry, &n, &e), 0);
	return n;
}

#define FLOOD 10000

static void table_is_not_flooded(void **state)
{
	struct lab *lab = *state;
	struct stage s;
	unsigned before;
	uint64_t refused;

	raise_stage(lab, &s, &closed);
	before = table_size(lab);
	refused = drops(lab, &s.a);
	for (unsigned i = 0; i < FLOOD; i++) {
		struct frame f = { 0 };
		const uint8_t mac[6] = {
			2, 1, 2, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i
		};

		/* every other one by the way that no prerouting sees */
		eth(&f, broadcast, mac, ETH_P_IP);
		if (i % 2)
			memcpy(f.b, (const uint8_t[]){ 1, 0x80, 0xc2, 0, 0, 2 }, 6);
		ip4(&f, &s.p.a4, s.p.b4.addr, IPPROTO_TCP);
		while (send(s.from, f.b, f.n, 0) < 0)
			(void)usleep(100); /* the queue is full */
	}
	(void)usleep(100000);
	/* what the lab's own interfaces say when they come up may be learned meanwhile */
	assert_in_range(table_size(lab), before, before + 8);
	assert_int_equal(drops(lab, &s.a), refused + FLOOD);
	strike_stage(lab, &s);
}

/* Nobody gets what is meant for another: not by an unknown address either. */
static void others_traffic_is_not_heard(void **state)
{
	struct lab *lab = *state;
	struct stage s;
	struct frame f = { 0 };
	char told[64];

	raise_stage(lab, &s, &closed);
	const struct packet_mreq promiscuous = { .mr_ifindex = (int)s.a.link.ifindex,
						 .mr_type = PACKET_MR_PROMISC };
	(void)setsockopt(s.from, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
			 sizeof(promiscuous));
	/* the host to the victim, as it always does */
	const pid_t server = lab_serve(s.b.netns);

	s.b.lease.ipv4[strcspn(s.b.lease.ipv4, "/")] = '\0';
	assert_true(lab_fetch(-1, s.b.lease.ipv4, told));
	lab_stop(server);
	/* and the victim to an address that no port has */
	eth(&f, stranger, s.p.mac_b, ETH_P_IP);
	ip4(&f, &s.p.b4, s.p.gateway4.addr, IPPROTO_TCP);
	put(&f, MARK, MARK_N);
	own_close(s.victim);
	s.victim = packet_socket(s.b.netns, "eth0");
	assert_int_equal(send(s.victim, f.b, f.n, 0), (ssize_t)f.n);
	assert_false(hears(s.from));
	strike_stage(lab, &s);
}

/* … although ports send back what is to go where it came from. */
static void what_a_zone_sends_to_all_does_not_come_back(void **state)
{
	struct lab *lab = *state;
	struct stage s;

	raise_stage(lab, &s, &closed);
	send_frame(&s, honest_arp);
	assert_true(hears(s.victim));
	assert_false(hears(s.from));
	strike_stage(lab, &s);
}

static void isolated_zones_reach_the_host_only(void **state)
{
	struct lab *lab = *state;
	AUTO_STRV struct strv set = { 0 };
	struct zerr e = { 0 };
	struct stage s;

	lab_zone(lab, &s.a, 9, 9); /* makes the default network's record */
	own_close(s.a.netns);
	assert_int_equal(strv_add(&set, "isolated=yes"), 0);
	assert_int_equal(net_network_write(&lab->env, NET_DEFAULT, &set, true, &e), 0);
	raise_stage(lab, &s, &closed);
	send_frame(&s, honest_arp);
	assert_true(hears(s.host));
	assert_false(hears(s.victim));
	strike_stage(lab, &s);
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(honest_frames_pass_and_nothing_is_refused),
		LAB_TEST(forged_frames_reach_nobody),
		LAB_TEST(each_guard_can_be_opened),
		LAB_TEST(frames_for_the_bridge_are_refused),
		LAB_TEST(table_is_not_flooded),
		LAB_TEST(others_traffic_is_not_heard),
		LAB_TEST(what_a_zone_sends_to_all_does_not_come_back),
		LAB_TEST(isolated_zones_reach_the_host_only),
	};

	return cmocka_run_group_tests(tests, lab_enter, NULL);
}
