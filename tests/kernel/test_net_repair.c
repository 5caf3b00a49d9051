/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that were killed or failed half-way: the next one repairs, and a failure leaves nothing.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/table.h"
#include "net_lab.h"

struct killed {
	struct lab *lab;
	struct lab_zone *zone;
};

/* A starter that is killed after the NIC was made, before anything of it was recorded. */
static int up_and_die(const void *arg)
{
	const struct killed *k = arg;

	(void)lab_up(k->lab, k->zone);
	(void)raise(SIGKILL);
	return 0;
}

static void forget_repairs_a_killed_start(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	const struct killed k = { lab, &a };
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	assert_int_equal(lab_in(-1, up_and_die, &k), 128);
	assert_true(lab_index(&lab->nl, NET_DEFAULT) != 0);
	own_close(a.netns); /* its processes are gone too */
	assert_int_equal(net_forget(&lab->env, a.name, &e), 0);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	assert_false(lab_has_table());
	assert_int_equal(net_forget(&lab->env, a.name, &e), 0); /* nothing to do */
}

static void forget_leaves_others_alone(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a, b;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	strcpy(a.name, "web");
	strcpy(b.name, "web-2"); /* a name that begins with the other's */
	(void)lab_up(lab, &a);
	(void)lab_up(lab, &b);
	assert_int_equal(net_forget(&lab->env, "web", &e), 0);
	assert_true(lab_index(&lab->nl, NET_DEFAULT) != 0);
	assert_true(lab_has_table());
	own_close(a.netns);
	lab_down(lab, &b);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
}

/* Remove one of our files, as if its writer had been killed before or after. */
static void lose(const struct lab *lab, const char *dir, const char *name)
{
	AUTO_CLOSE int fd = fs_open_below(lab->env.run, dir, O_RDONLY | O_DIRECTORY, 0);
	struct zerr e = { 0 };

	assert_true(fd >= 0);
	assert_true(fs_exists(fd, name));
	assert_int_equal(fs_remove(fd, name, &e), 0);
}

static void lose_table(void)
{
	struct zerr e = { 0 };

	assert_int_equal(table_remove(&e), 0);
	assert_false(lab_has_table());
}

/* Whatever is missing, the next start has a whole network. */
static void next_start_completes_a_network(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a, b, c;
	struct zerr e = { 0 };
	char told[64];
	pid_t server;

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	lab_zone(lab, &c, 3, 2);
	/* killed on the way up: a bridge, but no word that it is complete */
	(void)lab_up(lab, &a);
	lose(lab, ".net/.up", NET_DEFAULT);
	lose_table();
	(void)lab_up(lab, &b);
	assert_true(lab_has_table());
	/* killed on the way down: the last user's note is gone, the rest stands */
	lose(lab, ".net", NET_DEFAULT);
	lose_table();
	(void)lab_up(lab, &c);
	assert_true(lab_has_table());
	/* all three are on one bridge */
	server = lab_serve(a.netns);
	assert_true(lab_fetch(c.netns, "10.77.0.2", told));
	assert_string_equal(told, "10.77.0.4");
	lab_stop(server);
	/* somebody deleted the bridge */
	assert_int_equal(link_delete(&lab->nl, lab_index(&lab->nl, NET_DEFAULT), &e), 0);
	own_close(a.netns);
	a.netns = lab_netns();
	a.slot = 9;
	(void)lab_up(lab, &a);
	assert_true(lab_has_address(&lab->nl, lab_index(&lab->nl, NET_DEFAULT), "10.77.0.1/16"));
	own_close(b.netns);
	lab_down(lab, &c);
	lab_down(lab, &a);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
}

/* The same for the next stop, from either side. */
static void next_stop_finishes_a_stop(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	(void)lab_up(lab, &a);
	lose(lab, ".net", NET_DEFAULT); /* killed before the bridge went */
	assert_int_equal(net_down(&lab->env, a.name, &a.link, -1, false, &e), 0);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	assert_false(lab_has_table());
	own_close(a.netns);
	a.netns = lab_netns();
	(void)lab_up(lab, &a);
	lose(lab, ".net", NET_DEFAULT);
	lose(lab, ".net/.up", NET_DEFAULT); /* only the durable record knows it */
	assert_int_equal(net_forget(&lab->env, "another", &e), 0);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	assert_false(lab_has_table());
	own_close(a.netns);
}

#define STARTERS 6
#define ROUNDS	 8

/* Start and stop, so that the network goes up and down under the others. */
static int start_and_stop(struct lab *lab, unsigned i)
{
	struct lab_zone z;

	for (unsigned round = 0; round < ROUNDS; round++) {
		lab_zone(lab, &z, i + 1, i);
		(void)lab_up(lab, &z);
		if (!lab_has_address(&lab->nl, lab_index(&lab->nl, NET_DEFAULT), "10.77.0.1/16"))
			return 1;
		lab_down(lab, &z);
	}
	return 0;
}

static void parallel_starts_do_not_disturb(void **state)
{
	struct lab *lab = *state;
	struct zerr e = { 0 };
	pid_t pids[STARTERS];
	int status;

	for (unsigned i = 0; i < STARTERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] > 0)
			continue;
		/* a socket of its own: answers must not go to the brothers */
		_exit(nl_open(&lab->nl, &e) < 0 ? 2 : start_and_stop(lab, i));
	}
	for (unsigned i = 0; i < STARTERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
}

static void failed_nat_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	lab->env.helper = "/bin/false";
	assert_true(lab_try(lab, &a, &e) < 0);
	assert_int_equal(e.status, ZERR_HOST);
	assert_non_null(
		strstr(e.msg, "network " NET_DEFAULT ": rules: nftables: /bin/false failed"));
	assert_int_equal(lab_links(), 0);
	lab->env.helper = ZONE_NFT;
	(void)lab_up(lab, &a); /* nothing stands in the way */
	lab_down(lab, &a);
}

static void nic_that_fails_inside_is_removed(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	strcpy(a.lease.gateway4, "192.0.2.77"); /* cannot be reached from its address */
	assert_true(lab_try(lab, &a, &e) < 0);
	assert_non_null(strstr(e.msg, "default route by 192.0.2.77: "));
	assert_int_equal(lab_links(), 0);
	assert_int_equal(a.link.ifindex, 0); /* untouched */
	strcpy(a.lease.gateway4, "10.77.0.1");
	(void)lab_up(lab, &a);
	lab_down(lab, &a);
}

static void damaged_lease_is_refused(void **state)
{
	struct lab *lab = *state;
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	strcpy(a.lease.mac, "no mac");
	assert_true(lab_try(lab, &a, &e) < 0);
	assert_string_equal(e.msg, "the lease is damaged");
	assert_int_equal(lab_links(), 0);
	own_close(a.netns);
}

static void leave_half(struct lab *lab, const char *dir)
{
	AUTO_CLOSE int fd = fs_open_below(lab->env.run, dir, O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int half = fs_open_below(fd, ".tmp-0123456789abcdef", O_WRONLY | O_CREAT, 0600);

	assert_true(half >= 0);
}

static void halves_of_files_hold_nothing_up(void **state)
{
	static const char bridge[] = ".net/" NET_DEFAULT;
	const char *const places[] = { bridge, ".net/.up", ".net/.journal" };
	struct lab *lab = *state;
	struct lab_zone a, b;

	lab_zone(lab, &a, 1, 0);
	lab_zone(lab, &b, 2, 1);
	(void)lab_up(lab, &a);
	(void)lab_up(lab, &b);
	for (size_t i = 0; i < 3; i++)
		leave_half(lab, places[i]);
	lab_down(lab, &a);
	assert_true(lab_index(&lab->nl, NET_DEFAULT) != 0); /* b is on it */
	lab_down(lab, &b);
	assert_int_equal(lab_index(&lab->nl, NET_DEFAULT), 0);
	assert_false(lab_has_table());
	for (size_t i = 0; i < 3; i++)
		assert_true(fs_open_below(lab->env.run, places[i], O_RDONLY, 0) == -ENOENT);
}

#define MANY 300

static struct elem numbered(unsigned i)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };
	const uint32_t index = 1;
	struct elem x = { .table = ELEM_BRIDGE, .set = SET_MACS };

	elem_part(&x.key, &index, sizeof(index));
	elem_part(&x.key, mac, sizeof(mac));
	return x;
}

static bool is_in(const struct elem *x)
{
	char unused[8];

	return elem_note(x, unused, sizeof(unused)) == 0;
}

static void elements_that_others_took_are_passed_over(void **state)
{
	struct lab *lab = *state;
	AUTO_ELEMS struct elems all = { 0 }, some = { 0 }, fresh = { 0 };
	struct lab_zone a;
	struct zerr e = { 0 };

	lab_zone(lab, &a, 1, 0);
	(void)lab_up(lab, &a);
	for (unsigned i = 0; i < MANY; i++) {
		const struct elem x = numbered(i), later = numbered(MANY + i);

		elems_add(&all, &x);
		elems_add(i % 3 ? &some : &fresh, i % 3 ? &x : &later);
	}
	assert_int_equal(elems_commit(&all, ELEMS_PUT, &e), 0);
	assert_int_equal(elems_commit(&some, ELEMS_TAKE, &e), 0);
	assert_true(is_in(&all.v[0]));
	assert_false(is_in(&all.v[1]));
	/* the others go, and what comes instead comes */
	assert_int_equal(elems_swap(&all, &fresh, &e), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_false(is_in(&all.v[i]));
	assert_true(is_in(&fresh.v[fresh.n - 1]));
	/* one of them is there: nothing happens, and none of the missing ones is the reason */
	elems_add(&some, &fresh.v[0]);
	assert_int_equal(elems_swap(&all, &fresh, &e), -EEXIST);
	assert_int_equal(elems_commit(&all, ELEMS_TAKE, &e), 0); /* none is left at all */
	assert_int_equal(elems_commit(&some, ELEMS_TAKE, &e), 0);
	assert_false(is_in(&fresh.v[0]));
	assert_true(is_in(&fresh.v[1]));
	/* all of the tables are gone */
	lab_down(lab, &a);
	assert_false(lab_has_table());
	assert_int_equal(elems_commit(&fresh, ELEMS_TAKE, &e), 0);
	assert_int_equal(elems_swap(&all, &fresh, &e), -ENOENT);
	assert_string_equal(e.msg, "nftables: No such file or directory");
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(forget_repairs_a_killed_start),
		LAB_TEST(forget_leaves_others_alone),
		LAB_TEST(next_start_completes_a_network),
		LAB_TEST(next_stop_finishes_a_stop),
		LAB_TEST(parallel_starts_do_not_disturb),
		LAB_TEST(failed_nat_leaves_nothing),
		LAB_TEST(halves_of_files_hold_nothing_up),
		LAB_TEST(elements_that_others_took_are_passed_over),
		LAB_TEST(nic_that_fails_inside_is_removed),
		LAB_TEST(damaged_lease_is_refused),
	};

	return cmocka_run_group_tests(tests, lab_enter, NULL);
}
