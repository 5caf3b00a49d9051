/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exec, inside: the namespaces are joined at once, the user is looked up by our own reader of the
 * zone's files (no NSS: a library of the zone must never run with our credentials), then filter,
 * capabilities, exec. Until exec the process is not dumpable and its memory belongs to the host's
 * user namespace, so nothing inside can look into it.
 */
#include "core/enter.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/fdpass.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/rlimits.h"

static int join(const struct enter *x, struct zerr *e)
{
	int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;

	if (x->userns)
		flags |= CLONE_NEWUSER;
	(void)prctl(PR_SET_DUMPABLE, 0); /* from here on the zone's root could look at us */
	if (setns(x->init, flags) < 0)
		return errno == ESRCH ? zerr_as(e, ZERR_STATE, "the zone has just ended")
				      : zerr_sys(e, "join the zone's namespaces");
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return zerr_sys(e, "become root of the zone");
	(void)prctl(PR_SET_DUMPABLE, 0); /* a change of ids may have set it */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL); /* none at all is fine too */
	return 0;
}

/* A pty of the zone's own devpts: what lies at /dev/pts/ptmx is checked to be one. */
static int open_pty(const struct zone_exec *a, int sock, const struct account *u, struct zerr *e)
{
	const struct winsize size = { .ws_row = a->rows, .ws_col = a->cols };
	struct statfs fs;
	struct stat st;
	const int unlock = 0;

	AUTO_CLOSE int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0 || fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC ||
	    fstat(master, &st) < 0 || st.st_rdev != makedev(5, 2))
		return zerr_set(e, ENODEV,
				"pty: /dev/pts/ptmx of the zone is not a pty multiplexer");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return zerr_sys(e, "pty");
	AUTO_CLOSE int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return zerr_sys(e, "pty");
	if (fchown(slave, u->uid, (gid_t)-1) < 0) /* as login does */
		return zerr_sys(e, "pty");
	if (size.ws_row)
		(void)ioctl(master, TIOCSWINSZ, &size);
	const int r = fdpass_send(sock, "", 1, &master, 1);
	if (r < 0)
		return zerr_code(e, -r, "pty");
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return zerr_sys(e, "pty: controlling terminal");
	for (int i = 0; i < 3; i++)
		if (dup2(slave, i) < 0)
			return zerr_sys(e, "pty");
	return 0;
}

/* What of the caller's environment makes sense inside. */
static bool is_carried(const struct zone_exec *a, const char *variable)
{
	static const char *const prefixes[] = { "LANG=", "LC_",
						"COLORTERM=", "NO_COLOR=", "TERM=" };

	if (a->clear_env)
		return a->pty && str_starts(variable, "TERM=");
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(variable, prefixes[i]))
			return true;
	return false;
}

/* Add "K=V"; an earlier value of K goes. */
static int set_variable(struct strv *env, const char *variable)
{
	const size_t len = strcspn(variable, "=") + 1;

	for (size_t k = 0; k < env->n; k++)
		if (strncmp(env->v[k], variable, len) == 0) {
			char *fresh = strdup(variable);

			free(env->v[k]);
			env->v[k] = fresh;
			return fresh ? 0 : -ENOMEM;
		}
	return strv_add(env, variable);
}

static int make_environment(const struct zone_exec *a, const struct account *u, struct strv *env)
{
	int r = strv_add(env, "container=zone");

	if (r == 0)
		r = strv_add(env,
			     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (r == 0)
		r = strv_addf(env, "HOME=%s", u->home);
	if (r == 0)
		r = strv_addf(env, "USER=%s", u->name);
	if (r == 0)
		r = strv_addf(env, "LOGNAME=%s", u->name);
	if (r == 0)
		r = strv_addf(env, "SHELL=%s", u->shell);
	for (char **p = environ; *p && r == 0; p++)
		if (is_carried(a, *p))
			r = strv_add(env, *p);
	for (size_t i = 0; a->env && i < a->env->n && r == 0; i++)
		r = set_variable(env, a->env->v[i]);
	return r;
}

static int become_user(const struct enter *x, const struct account *u, struct zerr *e)
{
	int r = seccomp_apply(&x->filter, x->no_new_privs, e);

	if (r == 0 && setgroups(u->groups_n, u->groups) < 0)
		r = zerr_sys(e, "groups");
	if (r == 0)
		r = caps_drop(x->caps, e);
	if (r == 0 &&
	    (setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0))
		r = zerr_sys(e, "user %u:%u", u->uid, u->gid);
	return r;
}

static int go_to(const char *dir, const struct account *u, struct zerr *e)
{
	char cwd[PATH_MAX];

	if (chdir(dir ? dir : u->home) < 0) {
		if (dir)
			return zerr_sys(e, "-w %s", dir);
		if (chdir("/") < 0)
			return zerr_sys(e, "/");
	}
	/* a directory outside the root shows as "(unreachable)…" */
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
		return zerr_set(e, EPERM, "-w %s: not inside the zone", dir ? dir : "~");
	return 0;
}

static void keep_only(int fd)
{
	if (fd > 3)
		(void)sys_close_range(3, (unsigned)fd - 1, 0);
	(void)sys_close_range((unsigned)fd + 1, ~0U, 0);
}

static int run(const struct enter *x, int sock, struct zerr *e)
{
	struct account u = { 0 };
	AUTO_STRV struct strv env = { 0 };
	const struct zone_exec *a = x->args;
	int r;

	oom_score_forget();
	rlimits_enter(&x->rlimits);
	r = join(x, e);

	/* A link of the zone's (/etc/passwd, a home, a shell) may lead to /proc/self/fd: nothing is
	 * there but the streams. */
	keep_only(sock);
	if (r == 0)
		r = account_find(a->user ? a->user : "0", &u, e);
	if (r == 0 && a->pty)
		r = open_pty(a, sock, &u, e);
	if (r == 0 && make_environment(a, &u, &env) < 0)
		r = zerr_code(e, ENOMEM, "environment");
	(void)umask(022);
	if (r == 0)
		r = become_user(x, &u, e);
	if (r == 0)
		r = go_to(a->workdir, &u, e);
	if (r < 0)
		return r;
	(void)sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	char *shell[] = { u.shell, NULL };
	char *const *argv = a->argv ? a->argv : shell;
	(void)execvpe(argv[0], argv, env.v);
	const int code = errno;
	zerr_code(e, code, "%s", argv[0]);
	e->status = code == ENOENT ? 127 : 126;
	return -code;
}

_Noreturn void enter_main(const struct enter *x, int sock)
{
	struct zerr e = { 0 };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)run(x, sock, &e);
	if (!e.code)
		(void)zerr_set(&e, EIO, "unknown failure");
	(void)send(sock, &e, sizeof(e), MSG_NOSIGNAL);
	_exit(125);
}
