/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate: so many inside and no more, a place is free when its holder is gone, however, and is
 * then taken, whichever it is. */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/gate.h"

#define PLACES 2

static int enter(void **st)
{
	struct zerr e = { 0 };
	const int fd = gate_enter_at(tmpdir_fd(st), PLACES, &e);

	assert_true(fd >= 0);
	return fd;
}

/* A process that enters, says so, and stays until it is ended. */
struct visitor {
	pid_t pid;
	int says;
};

/* Whoever has a descriptor of a place is inside: one that has come by fork, too. */
static void close_others(int a, int b)
{
	for (int fd = 3; fd < 64; fd++)
		if (fd != a && fd != b)
			(void)close(fd);
}

static struct visitor visit(void **st)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct visitor v = { fork(), fds[0] };
	if (v.pid == 0) {
		struct zerr e = { 0 };

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* when the test fails */
		close_others(tmpdir_fd(st), fds[1]);
		const int fd = gate_enter_at(tmpdir_fd(st), PLACES, &e);
		if (fd >= 0 && write(fds[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_true(v.pid > 0);
	own_close(fds[1]);
	return v;
}

static bool is_inside(const struct visitor *v, int ms)
{
	struct pollfd p = { .fd = v->says, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLIN);
}

static void end(struct visitor *v)
{
	assert_int_equal(kill(v->pid, SIGKILL), 0);
	assert_int_equal(waitpid(v->pid, NULL, 0), v->pid);
	v->says = own_close(v->says);
}

static void so_many_and_no_more(void **st)
{
	AUTO_CLOSE int a = enter(st);
	AUTO_CLOSE int b = enter(st);
	struct visitor third = visit(st), fourth = visit(st);

	assert_false(is_inside(&third, 150));
	assert_false(is_inside(&fourth, 150));
	b = own_close(b);
	/* the one or the other: who comes first, queues first */
	assert_true(is_inside(&third, 5000) || is_inside(&fourth, 5000));
	a = own_close(a);
	assert_true(is_inside(&third, 5000) && is_inside(&fourth, 5000));
	end(&third);
	end(&fourth);
}

static void a_place_goes_with_its_holder(void **st)
{
	struct visitor first = visit(st), second = visit(st);

	assert_true(is_inside(&first, 5000) && is_inside(&second, 5000));
	struct visitor third = visit(st);
	assert_false(is_inside(&third, 100));
	end(&second);
	assert_true(is_inside(&third, 5000));
	end(&first);
	end(&third);
}

static void whoever_has_the_descriptor_is_inside(void **st)
{
	AUTO_CLOSE int a = enter(st);
	const int b = enter(st);
	const int kept = dup(b); /* as a process has it that was forked */

	own_close(b);
	struct visitor third = visit(st);
	assert_false(is_inside(&third, 150));
	own_close(kept);
	assert_true(is_inside(&third, 5000));
	end(&third);
}

static void one_who_gives_up_the_queue_holds_nobody(void **st)
{
	AUTO_CLOSE int a = enter(st);
	AUTO_CLOSE int b = enter(st);
	struct visitor first = visit(st);

	assert_false(is_inside(&first, 100));
	struct visitor second = visit(st);
	assert_false(is_inside(&second, 100));
	end(&first);
	b = own_close(b);
	assert_true(is_inside(&second, 5000));
	end(&second);
}

static void a_crowd_passes(void **st)
{
	enum { CROWD = 24 };
	struct count {
		int inside, most, passed;
	} *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(c != MAP_FAILED);
	for (int i = 0; i < CROWD; i++)
		if (fork() == 0) {
			struct zerr e = { 0 };

			if (gate_enter_at(tmpdir_fd(st), PLACES, &e) < 0)
				_exit(1);
			const int now = __atomic_add_fetch(&c->inside, 1, __ATOMIC_SEQ_CST);
			if (now > __atomic_load_n(&c->most, __ATOMIC_SEQ_CST))
				__atomic_store_n(&c->most, now, __ATOMIC_SEQ_CST);
			(void)usleep(2000);
			(void)__atomic_sub_fetch(&c->inside, 1, __ATOMIC_SEQ_CST);
			(void)__atomic_add_fetch(&c->passed, 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	for (int i = 0; i < CROWD; i++) {
		int status = -1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(c->passed, CROWD);
	assert_in_range(c->most, 1, PLACES);
	(void)munmap(c, sizeof(*c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(so_many_and_no_more),
		with_tmpdir(a_place_goes_with_its_holder),
		with_tmpdir(whoever_has_the_descriptor_is_inside),
		with_tmpdir(one_who_gives_up_the_queue_holds_nobody),
		with_tmpdir(a_crowd_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
