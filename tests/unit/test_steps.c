/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/record.h"
#include "base/steps.h"

/* Steps a, b, c write their letter: small for up, capital for down. */
struct run {
	char log[32];
	char fail_up, fail_down; /* which letter fails */
	bool signal_in_b;
};

static void note(struct run *r, char c)
{
	const size_t n = strlen(r->log);

	assert_true(n + 1 < sizeof(r->log));
	r->log[n] = c;
}

static int up(struct run *r, char c, struct zerr *e)
{
	note(r, c);
	if (c == 'b' && r->signal_in_b)
		(void)raise(SIGTERM);
	return r->fail_up == c ? zerr_set(e, ENOSPC, "up %c", c) : 0;
}

static int down(struct run *r, char c, struct zerr *e)
{
	note(r, (char)(c - 'a' + 'A'));
	return r->fail_down == c ? zerr_set(e, EBUSY, "down %c", c) : 0;
}

static int up_a(void *ctx, struct zerr *e)
{
	return up(ctx, 'a', e);
}

static int up_b(void *ctx, struct zerr *e)
{
	return up(ctx, 'b', e);
}

static int up_c(void *ctx, struct zerr *e)
{
	return up(ctx, 'c', e);
}

static int down_a(void *ctx, struct zerr *e)
{
	return down(ctx, 'a', e);
}

static int down_c(void *ctx, struct zerr *e)
{
	return down(ctx, 'c', e);
}

static const struct step steps[] = {
	{ "first", up_a, down_a },
	{ "second", up_b, NULL },
	{ "third", up_c, down_c },
	{ 0 },
};
static const struct op op = { "create", steps };

static struct journal journal(void **state)
{
	return (struct journal){ .dirfd = tmpdir_fd(state), .file = "journal", .durable = true };
}

/* What the journal says, or -1 when there is none. */
static int reached(const struct journal *j)
{
	char name[32];
	unsigned n = 99;
	struct zerr e = { 0 };
	const int r = journal_read(j, name, &n, &e);

	if (r == -ENOENT)
		return -1;
	assert_int_equal(r, 0);
	assert_string_equal(name, "create");
	return (int)n;
}

static void all_steps_in_order(void **state)
{
	const struct journal j = journal(state);
	struct run r = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(steps_up(&op, &j, &r, &e), 0);
	assert_string_equal(r.log, "abc");
	assert_int_equal(reached(&j), 3);
	assert_int_equal(steps_down(&op, 3, &j, &r, &e), 0);
	assert_string_equal(r.log, "abcCA");
	assert_int_equal(reached(&j), -1);
	assert_int_equal(journal_clear(&j, &e), 0); /* nothing to do */
}

static void a_failure_undoes_from_there(void **state)
{
	static const struct {
		char fail;
		const char *log, *msg;
	} rows[] = {
		{ 'a', "aA", "first: up a" },
		{ 'b', "abA", "second: up b" },
		{ 'c', "abcCA", "third: up c" },
	};
	const struct journal j = journal(state);

	for (size_t i = 0; i < 3; i++) {
		struct run r = { .fail_up = rows[i].fail };
		struct zerr e = { 0 };

		assert_int_equal(steps_up(&op, &j, &r, &e), -ENOSPC);
		assert_string_equal(r.log, rows[i].log);
		assert_string_equal(e.msg, rows[i].msg);
		assert_int_equal(reached(&j), -1);
	}
}

/* Written once, undone as any; the note is for the repair. */
static void a_journal_written_once(void **state)
{
	struct journal j = journal(state);
	struct buf told = { 0 };
	struct run r = { 0 }, failing = { .fail_up = 'c' };
	struct zerr e = { 0 };

	j.mode = JOURNAL_ONCE;
	j.note = "snap=0\nx";
	assert_int_equal(steps_up(&op, &j, &r, &e), 0);
	assert_int_equal(reached(&j), 0);
	assert_int_equal(journal_note(&j, &told, &e), 0);
	assert_string_equal(told.p, "snap=0\nx");
	buf_done(&told);
	assert_int_equal(journal_clear(&j, &e), 0);
	assert_int_equal(steps_up(&op, &j, &failing, &e), -ENOSPC);
	assert_string_equal(failing.log, "abcCA");
	assert_int_equal(reached(&j), -1);
}

/* Nothing is undone once something is done; before that everything is. */
static void only_forward(void **state)
{
	struct journal j = journal(state);
	struct run first = { .fail_up = 'a' }, later = { .fail_up = 'b' };
	struct zerr e = { 0 };

	j.mode = JOURNAL_FORWARD;
	assert_int_equal(steps_up(&op, &j, &first, &e), -ENOSPC);
	assert_string_equal(first.log, "aA");
	assert_int_equal(reached(&j), -1);
	assert_int_equal(steps_up(&op, &j, &later, &e), -ENOSPC);
	assert_string_equal(later.log, "ab");
	assert_int_equal(reached(&j), 0);
	assert_int_equal(journal_clear(&j, &e), 0);
}

static void take_log(enum log_level level, const char *text, void *arg)
{
	if (level == LOG_LEVEL_WARN)
		(void)snprintf(arg, 128, "%s", text);
}

static void a_failing_down_keeps_the_journal(void **state)
{
	const struct journal j = journal(state);
	struct run r = { .fail_up = 'c', .fail_down = 'c' };
	struct zerr e = { 0 };
	char warning[128] = "";

	log_set(take_log, warning);
	assert_int_equal(steps_up(&op, &j, &r, &e), -ENOSPC);
	log_set(NULL, NULL);
	assert_string_equal(r.log, "abcCA"); /* the others are walked all the same */
	assert_string_equal(e.msg, "third: up c");
	assert_string_equal(warning, "create: undo: third: down c");
	assert_int_equal(reached(&j), 2);
	r = (struct run){ .fail_down = 'a' };
	assert_int_equal(steps_down(&op, 2, &j, &r, &e), -EBUSY);
	assert_string_equal(r.log, "CA");
	assert_string_equal(e.msg, "first: down a");
	assert_int_equal(reached(&j), 2);
	r = (struct run){ 0 };
	assert_int_equal(steps_down(&op, 2, &j, &r, &e), 0);
	assert_int_equal(reached(&j), -1);
}

static void down_includes_the_half_done_step(void **state)
{
	static const char *const logs[] = { "A", "A", "CA", "CA", "CA" };
	const struct journal j = journal(state);
	struct zerr e = { 0 };

	for (unsigned n = 0; n < 5; n++) {
		struct run r = { 0 };

		assert_int_equal(steps_down(&op, n, &j, &r, &e), 0);
		assert_string_equal(r.log, logs[n]);
	}
}

static void another_process_goes_on(void **state)
{
	const struct journal j = journal(state);
	struct run r = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(steps_up_from(&op, 2, &j, &r, &e), 0);
	assert_string_equal(r.log, "c");
	assert_int_equal(reached(&j), 3);
	r = (struct run){ .fail_up = 'c' };
	assert_int_equal(steps_up_from(&op, 2, &j, &r, &e), -ENOSPC);
	assert_string_equal(r.log, "cCA"); /* what others put up goes down too */
}

static void no_journal_is_fine(void **state)
{
	const struct journal none = { .dirfd = -1 };
	struct run r = { .fail_up = 'b' };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(steps_up(&op, &none, &r, &e), -ENOSPC);
	assert_string_equal(r.log, "abA");
	assert_int_equal(reached(&none), -1);
}

static void a_journal_that_cannot_be_written_stops_it(void **state)
{
	const struct journal j = { .dirfd = tmpdir_fd(state), .file = "no/journal" };
	struct run r = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(steps_up(&op, &j, &r, &e), -EINVAL);
	assert_string_equal(r.log, "A"); /* nothing was put up */
}

static void damaged_journals_are_refused(void **state)
{
	static const char *const bad[] = {
		"format=1\nop=create\n",
		"format=1\nreached=1\n",
		"format=1\nop=create\nreached=x\n",
		"format=1\nop=create\nreached=4294967296\n",
		"format=1\nop=\nreached=1\n",
		"format=1\nop=a-name-that-is-longer-than-the-room\nreached=1\n",
		"format=1\nop=create\nreached=1",
	};
	const struct journal j = journal(state);
	char name[32];
	unsigned n;
	struct zerr e = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(fs_write(j.dirfd, j.file, bad[i], strlen(bad[i]), 0600, false, &e),
				 0);
		assert_int_equal(journal_read(&j, name, &n, &e), -EPROTO);
	}
}

/* Run the table with ZONE_TEST_FAIL_STEP=@fault in a process of its own, because it may be killed.
 * Returns its wait status; the steps' log goes to the file "log". */
static int with_fault(const struct journal *j, const char *fault)
{
	int status = 0;
	const pid_t pid = fork();

	if (pid == 0) {
		struct run r = { 0 };
		struct zerr e = { 0 }, e2 = { 0 };
		int res;

		(void)setenv("ZONE_TEST_FAIL_STEP", fault, 1);
		res = steps_up(&op, j, &r, &e);
		if (res == 0)
			_exit(0);
		(void)fs_write(j->dirfd, "log", r.log, strlen(r.log), 0600, false, &e2);
		_exit(strstr(e.msg, "injected") && e.code == EIO ? 1 : 9);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void faults_are_injected(void **state)
{
	static const struct {
		const char *fault;
		int exit;    /* of the process, or -SIGNAL */
		int reached; /* by the journal afterwards */
		const char *log;
	} rows[] = {
		{ "create:first", 1, -1, "A" },
		{ "create:second", 1, -1, "aA" },
		{ "create:third:after", 1, -1, "abcCA" },
		{ "create:first:kill", -SIGKILL, 0, NULL },
		{ "create:third:kill", -SIGKILL, 2, NULL },
		{ "create:third:after:kill", -SIGKILL, 2, NULL },
		{ "create:none", 0, 3, NULL },
		{ "create:firs", 0, 3, NULL },
		{ "create:first:", 0, 3, NULL },
		{ "destroy:first", 0, 3, NULL },
		{ "first", 0, 3, NULL },
		{ ":after:kill", 0, 3, NULL },
		{ "", 0, 3, NULL },
	};
	const struct journal j = journal(state);
	struct zerr e = { 0 };

	if (getuid() != 0)
		skip(); /* the hook is for real root only; see below */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int status = with_fault(&j, rows[i].fault);
		AUTO_BUF struct buf log = { 0 };

		if (rows[i].exit < 0)
			assert_int_equal(WTERMSIG(status), -rows[i].exit);
		else
			assert_int_equal(status, rows[i].exit << 8);
		assert_int_equal(reached(&j), rows[i].reached);
		if (rows[i].log) {
			assert_int_equal(fs_read(j.dirfd, "log", 99, &log), 0);
			assert_string_equal(log.p, rows[i].log);
		}
		assert_int_equal(journal_clear(&j, &e), 0);
	}
}

static void faults_are_for_root_only(void **state)
{
	const struct journal none = { .dirfd = -1 };
	int status = 0;
	const pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct run r = { 0 };
		struct zerr e = { 0 };

		if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		(void)setenv("ZONE_TEST_FAIL_STEP", "create:first", 1);
		_exit(steps_up(&op, &none, &r, &e) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int signalled_child(void)
{
	const struct journal none = { .dirfd = -1 };
	struct run r = { .signal_in_b = true };
	struct zerr e = { 0 };

	steps_catch_signals();
	if (steps_signal() != 0 || steps_check(&e) != 0)
		return 1;
	if (steps_up(&op, &none, &r, &e) != -EINTR || strcmp(r.log, "abCA") != 0)
		return 2;
	if (strcmp(e.msg, "third: interrupted by SIGTERM") != 0)
		return 3;
	return steps_signal() == SIGTERM ? 0 : 4; /* still there for the caller to see */
}

static void a_signal_is_a_failure_between_steps(void **state)
{
	int status = 0;
	const pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(signalled_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(all_steps_in_order),
		with_tmpdir(a_failure_undoes_from_there),
		with_tmpdir(a_journal_written_once),
		with_tmpdir(only_forward),
		with_tmpdir(a_failing_down_keeps_the_journal),
		with_tmpdir(down_includes_the_half_done_step),
		with_tmpdir(another_process_goes_on),
		cmocka_unit_test(no_journal_is_fine),
		with_tmpdir(a_journal_that_cannot_be_written_stops_it),
		with_tmpdir(damaged_journals_are_refused),
		with_tmpdir(faults_are_injected),
		cmocka_unit_test(faults_are_for_root_only),
		cmocka_unit_test(a_signal_is_a_failure_between_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
