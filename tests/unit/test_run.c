/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/run.h"
#include "base/sig.h"

/* Run a shell line with these arguments. */
static int sh(const char *line, const struct run_args *how, int *ret_status, struct zerr *e)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	struct run_args a = *how;

	a.argv = argv;
	return run_program(&a, ret_status, e);
}

static void output_and_status(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	struct zerr e = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(sh("echo one; echo two", &(struct run_args){ .out = &out }, NULL, &e), 0);
	assert_string_equal(out.p, "one\ntwo\n");
	assert_int_equal(sh("exit 3", &(struct run_args){ 0 }, &status, &e), 0);
	assert_int_equal(status, 3);
	assert_int_equal(sh("exit 0", &(struct run_args){ 0 }, &status, &e), 0);
	assert_int_equal(status, 0);
}

static void failures_tell_the_last_line(void **state)
{
	struct zerr e = { 0 };
	int status = 7;

	(void)state;
	assert_int_equal(sh("exit 3", &(struct run_args){ 0 }, NULL, &e), -EIO);
	assert_string_equal(e.msg, "sh failed with status 3");
	assert_int_equal(sh("echo first >&2; printf 'the reason \\033[1m\\n\\n ' >&2; exit 1",
			    &(struct run_args){ 0 }, NULL, &e),
			 -EIO);
	assert_string_equal(e.msg, "sh failed with status 1: the reason ?[1m");
	assert_int_equal(sh("seq 1 20000 >&2; exit 1", &(struct run_args){ 0 }, NULL, &e), -EIO);
	assert_string_equal(e.msg, "sh failed with status 1: 20000");
	assert_int_equal(sh("kill -KILL $$", &(struct run_args){ 0 }, &status, &e), -EIO);
	assert_string_equal(e.msg, "sh was killed by SIGKILL");
	assert_int_equal(status, 7);
}

static void a_missing_program_is_the_hosts_lack(void **state)
{
	static const char *const names[] = { "no-such-program", "/no/such/program" };
	struct zerr e = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *const argv[] = { names[i], NULL };

		assert_int_equal(run_program(&(struct run_args){ .argv = argv }, NULL, &e),
				 -ENOENT);
		assert_int_equal(e.code, ENOENT);
		assert_int_equal(e.status, ZERR_HOST);
		assert_non_null(strstr(e.msg, names[i]));
	}
	assert_int_equal(
		run_program(
			&(struct run_args){ .argv = (const char *const[]){ "/etc/passwd", NULL } },
			NULL, &e),
		-EACCES);
	assert_string_equal(e.msg, "run /etc/passwd: Permission denied");
}

static void the_environment_is_clean(void **state)
{
	static const char *const extra[] = { "A=1", NULL };
	AUTO_BUF struct buf out = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(setenv("LEAK", "1", 1), 0);
	assert_int_equal(
		run_program(&(struct run_args){ .argv = (const char *const[]){ "env", NULL },
						.env = extra,
						.out = &out },
			    NULL, &e),
		0);
	assert_string_equal(out.p,
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
			    "HOME=/\nLC_ALL=C\nA=1\n");
}

static void only_three_descriptors(void **state)
{
	AUTO_CLOSE int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	AUTO_BUF struct buf out = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_true(leak >= 0);
	/* 3 is the directory that the shell itself has open for the glob */
	assert_int_equal(sh("echo /proc/$$/fd/*", &(struct run_args){ .out = &out }, NULL, &e), 0);
	assert_int_equal(strncmp(out.p, "/proc/", 6), 0);
	assert_null(strstr(out.p, "/fd/4"));
	assert_null(strstr(out.p, "/fd/5"));
}

static void signals_and_directory_are_fresh(void **state)
{
	void (*const old)(int) = signal(SIGPIPE, SIG_IGN);
	AUTO_CLOSE int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_BUF struct buf out = { 0 };
	struct zerr e = { 0 };
	sigset_t block, before;

	(void)state;
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	assert_int_equal(sh("kill -PIPE $$", &(struct run_args){ 0 }, NULL, &e), -EIO);
	assert_string_equal(e.msg, "sh was killed by SIGPIPE");
	assert_int_equal(sh("kill -TERM $$", &(struct run_args){ 0 }, NULL, &e), -EIO);
	assert_string_equal(e.msg, "sh was killed by SIGTERM");
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)signal(SIGPIPE, old);
	assert_int_equal(sh("pwd; umask", &(struct run_args){ .out = &out }, NULL, &e), 0);
	assert_int_equal(sh("pwd", &(struct run_args){ .out = &out, .cwd_fd = tmp }, NULL, &e), 0);
	assert_string_equal(out.p, "/\n0022\n/tmp\n");
}

static void streams_may_be_given(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_BUF struct buf text = { 0 };
	struct zerr e = { 0 };
	AUTO_CLOSE int in = -1, out = -1, err = -1;

	assert_int_equal(fs_write(dir, "in", "given\n", 6, 0600, false, &e), 0);
	in = openat(dir, "in", O_RDONLY | O_CLOEXEC);
	out = openat(dir, "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	err = openat(dir, "err", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(
		sh("cat; echo oops >&2",
		   &(struct run_args){ .stdin_fd = in, .stdout_fd = out, .stderr_fd = err }, NULL,
		   &e),
		0);
	assert_int_equal(fs_read(dir, "out", 99, &text), 0);
	assert_string_equal(text.p, "given\n");
	assert_int_equal(fs_read(dir, "err", 99, &text), 0);
	assert_string_equal(text.p, "oops\n");
	/* by default there is nothing to read */
	assert_int_equal(sh("read x", &(struct run_args){ 0 }, NULL, &e), -EIO);
}

static void much_output_is_taken(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(
		sh("seq 1 100000; seq 1 100000 >&2", &(struct run_args){ .out = &out }, NULL, &e),
		0);
	assert_int_equal(out.len, 588895);
	assert_string_equal(out.p + out.len - 13, "99999\n100000\n");
}

static void a_grandchild_does_not_hold_us(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	const int64_t start = now_ms();
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(sh("sleep 5 & echo done", &(struct run_args){ .out = &out }, NULL, &e), 0);
	assert_string_equal(out.p, "done\n");
	assert_true(now_ms() - start < 4000);
}

static void time_runs_out(void **state)
{
	const int64_t start = now_ms();
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(sh("exec sleep 30", &(struct run_args){ .timeout_ms = 50 }, NULL, &e),
			 -ETIMEDOUT);
	assert_string_equal(e.msg, "sh did not end within 50 ms");
	assert_true(now_ms() - start >= 50 && now_ms() - start < 5000);
	assert_int_equal(sh("exit 0", &(struct run_args){ .timeout_ms = 20000 }, NULL, &e), 0);
}

/* The flag stays for the life of a process, so this runs in one of its own. */
static int interrupted_child(void)
{
	struct zerr e = { 0 };
	int64_t start = now_ms();

	steps_catch_signals();
	if (sh("kill -TERM $PPID; exec sleep 30", &(struct run_args){ 0 }, NULL, &e) != -EINTR)
		return 1;
	if (strcmp(e.msg, "sh: interrupted by SIGTERM") != 0 || now_ms() - start > 5000)
		return 2;
	start = now_ms(); /* one that does not listen is killed a little later */
	if (sh("trap '' TERM; while :; do sleep 0.1; done", &(struct run_args){ 0 }, NULL, &e) !=
	    -EINTR)
		return 3;
	if (now_ms() - start < 2000 || now_ms() - start > 15000)
		return 4;
	steps_hold_signals(true); /* undoing is not interrupted */
	return sh("sleep 0.3", &(struct run_args){ 0 }, NULL, &e) == 0 ? 0 : 5;
}

static void a_signal_ends_the_program(void **state)
{
	int status = 0;
	const pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(interrupted_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void programs_are_found(void **state)
{
	AUTO_FREE char *shell = run_find("sh");
	AUTO_FREE char *helper = run_helper("no-such-helper");
	AUTO_FREE char *self = run_helper("test_unit_run");

	(void)state;
	assert_non_null(shell);
	assert_true(str_ends(shell, "/sh"));
	assert_null(run_find("no-such-program"));
	assert_null(run_find("../bin/sh"));
	assert_null(run_find(""));
	assert_string_equal(helper, ZONE_LIBEXECDIR "/no-such-helper");
	assert_int_equal(access(self, X_OK), 0); /* beside this one, which it is */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status),
		cmocka_unit_test(failures_tell_the_last_line),
		cmocka_unit_test(a_missing_program_is_the_hosts_lack),
		cmocka_unit_test(the_environment_is_clean),
		cmocka_unit_test(only_three_descriptors),
		cmocka_unit_test(signals_and_directory_are_fresh),
		with_tmpdir(streams_may_be_given),
		cmocka_unit_test(much_output_is_taken),
		cmocka_unit_test(a_grandchild_does_not_hold_us),
		cmocka_unit_test(time_runs_out),
		cmocka_unit_test(a_signal_ends_the_program),
		cmocka_unit_test(programs_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
