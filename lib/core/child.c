/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child's half: from clone to exec, inside all of the zone's namespaces. It waits for the go,
 * which brings the mount trees, and from then on talks back only to fail. The mother process is
 * single-threaded, so plain library calls are safe here.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"
#include "core/rlimits.h"
#include "core/sysctls.h"

static const char *hostname(const struct boot *b)
{
	return b->z->spec.hostname ? b->z->spec.hostname : b->z->name;
}

static int become_root(const struct boot *b, struct zerr *e)
{
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return zerr_sys(e, "become root of the zone");
	if (setgroups(0, NULL) < 0)
		return zerr_sys(e, "drop groups");
	/* a keyring of its own; quotas or filters may refuse, then there is none at all */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (setsid() < 0 && errno != EPERM)
		return zerr_sys(e, "setsid");
	(void)umask(022);
	const char *name = hostname(b);
	if (sethostname(name, strlen(name)) < 0)
		return zerr_sys(e, "hostname %s", name);
	return 0;
}

/* The console as controlling terminal, and the three streams. */
static int set_streams(const struct boot *b, const struct gift *g, struct zerr *e)
{
	const bool own = b->args->stub && b->args->stdio[0] >= 0;

	if (!own && ioctl(g->terminal, TIOCSCTTY, 0) < 0)
		return zerr_sys(e, "console: controlling terminal");
	for (int i = 0; i < 3; i++)
		if (dup2(own ? g->stdio[i] : g->terminal, i) < 0)
			return zerr_sys(e, "console: descriptor %d", i);
	return 0;
}

/* Point @v at the @n strings that lie one behind the other at @text. Returns where they end. */
static char *point(char **v, unsigned n, char *text)
{
	for (unsigned i = 0; i < n; i++) {
		v[i] = text;
		text += strlen(text) + 1;
	}
	v[n] = NULL;
	return text;
}

/* 0, or -ETIMEDOUT. Whatever else ends meanwhile is left to init. */
static int wait_child(pid_t pid, int64_t timeout_ms, const sigset_t *ended, int *ret_status)
{
	const int64_t deadline = now_ms() + timeout_ms;

	while (waitpid(pid, ret_status, WNOHANG) == 0) {
		const int64_t left = deadline - now_ms();
		const struct timespec t = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0)
			return -ETIMEDOUT;
		(void)sigtimedwait(ended, NULL, &t); /* whatever came: we look again */
	}
	return 0;
}

/* hook.start: as init will be, and with all that init will have. */
static int run_hook(const struct boot *b, char *const *env, struct zerr *e)
{
	const struct zone_spec *s = &b->z->spec;
	const char *command = pairs_get(&s->hooks, "start");
	AUTO_STRV struct strv argv = { 0 }, own = { 0 };
	sigset_t ended, old;
	int status = 0;

	if (!command)
		return 0;
	int r = strv_split(&argv, command, " ");
	if (r == 0)
		r = strv_add(&own, "ZONE_HOOK=start");
	if (r == 0)
		r = strv_addf(&own, "ZONE_NAME=%s", b->z->name);
	for (char *const *v = env; *v && r == 0; v++)
		r = strv_add(&own, *v);
	if (r < 0)
		return zerr_code(e, ENOMEM, "hook.start");
	(void)sigemptyset(&ended);
	(void)sigaddset(&ended, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &ended, &old);
	const pid_t pid = fork();
	if (pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		(void)execve(argv.v[0], argv.v, own.v);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (pid < 0)
		return zerr_sys(e, "hook.start");
	r = wait_child(pid, (int64_t)s->hook_timeout * 1000, &ended, &status);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (r < 0)
		return zerr_set(e, ETIMEDOUT, "hook.start: %s did not end within %u s", argv.v[0],
				s->hook_timeout);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return zerr_set(e, EIO, "hook.start: %s (in the zone) failed with status %d", argv.v[0],
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int start_init(const struct boot *b, const struct gift *g, struct zerr *e)
{
	AUTO_FREE char **argv = calloc(b->hand->argc + 1, sizeof(*argv));
	AUTO_FREE char **env = calloc(b->hand->envc + 1, sizeof(*env));

	if (!argv || !env)
		return zerr_code(e, ENOMEM, "arguments of init");
	(void)point(env, b->hand->envc, point(argv, b->hand->argc, b->hand->text));
	const int r = run_hook(b, env, e);
	if (r < 0)
		return r;
	if (g->init >= 0) { /* the stub, from the host: by descriptor */
		(void)syscall(SYS_execveat, g->init, "", argv, env, AT_EMPTY_PATH);
		return zerr_sys(e, "stub init");
	}
	(void)execve(argv[0], argv, env);
	const int code = errno;
	zerr_code(e, code, "exec %s", argv[0]);
	if (code == ENOENT)
		return zerr_hint(e, -code,
				 "it, or the interpreter that it names, is missing inside");
	return -code;
}

/* Sockets become descriptors 3 and up, open over exec. What is in their way is moved first: they
 * themselves, and the stub. */
static int place_sockets(struct gift *g, unsigned n, struct zerr *e)
{
	const int first = 3, free_fd = first + (int)n;
	int r = 0;

	if (n && g->init >= 0)
		r = g->init = fcntl(g->init, F_DUPFD_CLOEXEC, free_fd);
	for (unsigned i = 0; i < n && r >= 0; i++)
		r = g->listen[i] = fcntl(g->listen[i], F_DUPFD_CLOEXEC, free_fd);
	for (unsigned i = 0; i < n && r >= 0; i++)
		r = dup2(g->listen[i], first + (int)i);
	if (r < 0)
		return zerr_sys(e, "sockets for init");
	(void)sys_close_range((unsigned)free_fd, ~0U, CLOSE_RANGE_CLOEXEC);
	return 0;
}

static int restrict_and_exec(const struct boot *b, struct gift *g, struct zerr *e)
{
	const struct zone_spec *s = &b->z->spec;
	int r = rlimits_apply(&s->rlimits, e);

	if (r == 0)
		r = set_streams(b, g, e);
	if (r == 0)
		r = seccomp_apply(&b->filter, s->no_new_privs, e);
	if (r == 0)
		r = caps_drop(b->caps, e);
	if (r == 0)
		r = place_sockets(g, b->listen_n, e);
	return r < 0 ? r : start_init(b, g, e);
}

static int run(const struct boot *b, int sock, struct zerr *e)
{
	struct gift g;
	int r = fdpass_receive_some(sock, (int *)&g, GIFT_FDS, 0);

	if (r < 0)
		_exit(1); /* nobody is there to be told */
	/* not before the go: while the helper writes our maps, their files must belong to it */
	(void)prctl(PR_SET_DUMPABLE, 0);
	r = become_root(b, e);
	if (r == 0)
		r = zerr_in(e, mounts_inside(b, &g, e), "mounts");
	if (r == 0)
		identity_write(&b->identity, b->z->name, hostname(b));
	for (size_t i = 0; i < b->z->spec.sysctls.n && r == 0; i++)
		r = sysctl_write(b->z->spec.sysctls.v[i].name, b->z->spec.sysctls.v[i].value, NULL,
				 e);
	if (r == 0)
		r = mounts_protect(b, &g, e);
	if (r == 0)
		r = restrict_and_exec(b, &g, e);
	return r;
}

_Noreturn void child_main(const struct boot *b)
{
	/* above all that the go brings, and that is put in order later */
	const int high = fcntl(b->go_child, F_DUPFD_CLOEXEC, 2 * GIFT_FDS);
	const int sock = high >= 0 ? high : b->go_child;
	struct zerr e = { 0 };
	sigset_t none;

	/* Everything of the starter's but the socket: its own end above all, or its death would
	 * never show here. */
	if (sock > 3)
		(void)sys_close_range(3, (unsigned)sock - 1, 0);
	(void)sys_close_range((unsigned)sock + 1, ~0U, 0);
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)run(b, sock, &e);
	if (!e.code)
		(void)zerr_set(&e, EIO, "unknown failure");
	(void)send(sock, &e, sizeof(e), MSG_NOSIGNAL);
	_exit(1);
}
