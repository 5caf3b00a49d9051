/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone-init: the stub init of init.mode=stub and `zone run`. Starts one command, passes signals on,
 * reaps what is left to it, and ends with the command's status (128+N for a signal; 126 and 127 as
 * a shell). Static, no heap: it runs inside the zone from a descriptor, where no library of ours
 * exists.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

static void pass_on(int sig)
{
	if (child > 0)
		(void)kill(child, sig);
}

static void say(const char *a, const char *b)
{
	(void)!write(2, a, strlen(a));
	(void)!write(2, b, strlen(b));
	(void)!write(2, "\n", 1);
}

static _Noreturn void run(char **argv, const sigset_t *old)
{
	extern char **environ;
	static const char *const why[] = { ": not found", ": cannot be executed" };

	if (isatty(0)) { /* the terminal's foreground, so that ^C reaches it; SIGTTOU is blocked
			    here */
		(void)setpgid(0, 0);
		(void)tcsetpgrp(0, getpid());
	}
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, old, NULL);
	(void)execvpe(argv[0], argv, environ);
	const int missing = errno == ENOENT;
	say(argv[0], why[!missing]);
	_exit(missing ? 127 : 126);
}

int main(int argc, char **argv)
{
	struct sigaction a = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	sigset_t all, old;
	int status = 0;

	if (argc < 2)
		return 125;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	for (int s = 1; s < NSIG; s++)
		if (s != SIGCHLD && s != SIGKILL && s != SIGSTOP)
			(void)sigaction(s, &a, NULL);
	child = fork();
	if (child < 0)
		return 125;
	if (child == 0)
		run(argv + 1, &old);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	for (;;) {
		const pid_t pid = wait(&status);

		if (pid == child)
			break;
		if (pid < 0 && errno != EINTR)
			return 125;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
