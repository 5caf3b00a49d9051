/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running host programs. Between fork and exec only async-signal-safe calls are made. Must not
 * start a shell, must not look at the caller's PATH, must not leave a child behind. */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sig.h"
#include "base/sys.h"

#define RUN_PATH   "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define TAIL_MAX   4096 /* bytes of standard error that are kept */
#define TICK_MS	   200	/* a signal that arrives just before poll() is seen this much later */
#define TERM_GRACE 3000 /* ms between SIGTERM and SIGKILL when we are interrupted */

enum { IN, OUT, ERR, STREAMS };

struct run {
	const struct run_args *args;
	const char *name; /* for messages */
	char *path;	  /* what is executed; owned */
	struct strv env;
	int null;		/* /dev/null */
	int given[STREAMS];	/* what the child gets; not owned */
	int child_end[STREAMS]; /* our copy of the child's ends of the pipes */
	int out, err;		/* our ends, -1 when closed */
	int exec_pipe;		/* the child's: errno of a failed exec; not owned */
	int pidfd;
	pid_t pid;
	unsigned rounds; /* reads after the end */
	struct buf tail;
};

static void run_done(struct run *r)
{
	own_free_p(&r->path);
	strv_done(&r->env);
	own_close(r->null);
	for (int i = 0; i < STREAMS; i++)
		own_close(r->child_end[i]);
	own_close(r->out);
	own_close(r->err);
	own_close(r->pidfd);
	buf_done(&r->tail);
}

static char *find_in(const char *dirs, const char *name)
{
	AUTO_STRV struct strv dir = { 0 };

	if (strchr(name, '/') || strv_split(&dir, dirs, ":") < 0)
		return NULL;
	for (size_t i = 0; i < dir.n; i++) {
		AUTO_FREE char *path = str_fmt("%s/%s", dir.v[i], name);
		struct stat st;

		if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return own_take(path);
	}
	return NULL;
}

char *run_find(const char *name)
{
	return find_in(RUN_PATH, name);
}

char *run_helper(const char *name)
{
	char self[4096];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		AUTO_FREE char *beside = NULL;
		char *slash;

		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		beside = str_fmt("%s/%s", self, name);
		if (!beside || access(beside, F_OK) == 0)
			return own_take(beside);
	}
	return str_fmt("%s/%s", ZONE_LIBEXECDIR, name);
}

/* The child from here: never returns. */

static _Noreturn void child_fail(int report)
{
	const int code = errno;

	(void)!write(report, &code, sizeof(code)); /* nobody else to tell */
	_exit(127);
}

static void child_signals(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL); /* KILL and STOP refuse */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child_exec(const struct run *r, pid_t parent)
{
	const int cwd = r->args->cwd_fd;
	int fd[STREAMS];

	/* A helper that outlives a killed zone would work against the next command's repair. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127); /* it is gone already: nobody to tell */
	if ((cwd ? fchdir(cwd) : chdir("/")) < 0)
		child_fail(r->exec_pipe);
	for (int i = 0; i < STREAMS; i++) { /* out of the way of each other first */
		fd[i] = fcntl(r->given[i], F_DUPFD_CLOEXEC, STREAMS);
		if (fd[i] < 0)
			child_fail(r->exec_pipe);
	}
	for (int i = 0; i < STREAMS; i++) {
		if (dup2(fd[i], i) < 0)
			child_fail(r->exec_pipe);
	}
	if (sys_close_range(STREAMS, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		child_fail(r->exec_pipe);
	(void)umask(022);
	child_signals();
	(void)execve(r->path, (char *const *)r->args->argv, r->env.v);
	child_fail(r->exec_pipe);
}

/* The parent. */

/* A pipe whose ends avoid 0, 1 and 2, which the child overwrites. */
static int make_pipe(int *ret_read, int *ret_write)
{
	int raw[2];

	if (pipe2(raw, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = fcntl(raw[0], F_DUPFD_CLOEXEC, STREAMS);
	*ret_write = fcntl(raw[1], F_DUPFD_CLOEXEC, STREAMS);
	own_close(raw[0]);
	own_close(raw[1]);
	if (*ret_read >= 0 && *ret_write >= 0)
		return 0;
	*ret_read = own_close(*ret_read);
	*ret_write = own_close(*ret_write);
	return -EMFILE;
}

/* Start the child; wait until exec has succeeded or failed. */
static int start(struct run *r)
{
	AUTO_CLOSE int report = -1, child_end = -1;
	const int group = r->args->cgroup_fd;
	struct clone_args a = { .flags = group ? CLONE_INTO_CGROUP : 0,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)group };
	const pid_t self = getpid();
	int code = make_pipe(&report, &child_end);
	ssize_t n;

	if (code < 0)
		return code;
	r->exec_pipe = child_end;
	r->pid = sys_clone3(&a);
	if (r->pid < 0)
		return -errno;
	if (r->pid == 0)
		child_exec(r, self);
	child_end = own_close(child_end);
	r->pidfd = sys_pidfd_open(r->pid, 0);
	code = r->pidfd < 0 ? -errno : 0;
	if (code < 0)
		(void)kill(r->pid, SIGKILL); /* our child, not waited for: the pid is its own */
	do
		n = read(report, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(code))
		code = -code;
	while (code < 0 && waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		; /* it exits at once */
	return code;
}

/* Take what @fd has. False at its end. */
static bool drain(int fd, struct buf *to)
{
	char chunk[8192];
	const ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n > 0)
		buf_add(to, chunk, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static void drain_tail(struct run *r)
{
	const size_t over = 2 * TAIL_MAX;

	if (!drain(r->err, &r->tail))
		r->err = own_close(r->err);
	if (r->tail.len > over) { /* keep the end */
		memmove(r->tail.p, r->tail.p + r->tail.len - TAIL_MAX, TAIL_MAX + 1);
		r->tail.len = TAIL_MAX;
	}
}

/* Wait for output or the end, at most @ms. True when the child has ended. */
static bool pump(struct run *r, int ms)
{
	struct pollfd p[] = {
		{ .fd = r->pidfd, .events = POLLIN },
		{ .fd = r->out, .events = POLLIN },
		{ .fd = r->err, .events = POLLIN },
	};

	if (poll(p, 3, ms) <= 0)
		return false;
	if (p[1].revents && !drain(r->out, r->args->out))
		r->out = own_close(r->out);
	if (p[2].revents)
		drain_tail(r);
	/* A grandchild may hold the pipes, and write, for ever: what the child itself left there is
	 * read long before so many rounds. */
	return p[0].revents && ((!p[1].revents && !p[2].revents) || ++r->rounds > 512);
}

/* Why the child is being killed: 0, -ETIMEDOUT or -EINTR. */
static int killed_for(struct run *r, int64_t deadline, int64_t *kill_at)
{
	const int64_t t = now_ms();

	if (steps_signal() && *kill_at == INT64_MAX) {
		(void)sys_pidfd_send_signal(r->pidfd, SIGTERM); /* ended already: fine */
		*kill_at = t + TERM_GRACE;
	}
	if (t >= deadline || t >= *kill_at)
		(void)sys_pidfd_send_signal(r->pidfd, SIGKILL);
	if (*kill_at != INT64_MAX)
		return -EINTR;
	return t >= deadline ? -ETIMEDOUT : 0;
}

/* Until the child has ended. 0 or why it was killed; *@ret_info says how it ended. */
static int supervise(struct run *r, siginfo_t *ret_info)
{
	const int timeout = r->args->timeout_ms;
	const int64_t deadline = timeout ? now_ms() + timeout : INT64_MAX;
	int64_t kill_at = INT64_MAX;
	int why = 0;

	for (;;) {
		const int64_t left = deadline - now_ms();

		if (pump(r, left < 0 || left > TICK_MS ? TICK_MS : (int)left + 1))
			break;
		if (why == 0 || why == -EINTR)
			why = killed_for(r, deadline, &kill_at);
	}
	while (waitid(P_PIDFD, (id_t)r->pidfd, ret_info, WEXITED) < 0 && errno == EINTR)
		;
	return why;
}

/* The last line of @text that has something in it, cut off in place; "" when there is none. */
static const char *last_line(struct buf *text)
{
	char *nl;

	while (text->len > 0 && strchr("\n\r \t", text->p[text->len - 1]))
		text->p[--text->len] = '\0';
	if (text->len == 0)
		return "";
	nl = strrchr(text->p, '\n');
	return nl ? nl + 1 : text->p;
}

static int verdict(struct run *r, const siginfo_t *info, int *ret_status, struct zerr *e)
{
	const char *line = last_line(&r->tail);
	const char *sep = *line ? ": " : "";

	if (info->si_code != CLD_EXITED)
		return zerr_set(e, EIO, "%s was killed by SIG%s%s%s", r->name,
				sigabbrev_np(info->si_status), sep, line);
	if (ret_status)
		*ret_status = info->si_status;
	if (ret_status || info->si_status == 0)
		return 0;
	return zerr_set(e, EIO, "%s failed with status %d%s%s", r->name, info->si_status, sep,
			line);
}

/* Fill `given`, making the pipes that are wanted. */
static int make_streams(struct run *r)
{
	const struct run_args *a = r->args;
	int code = 0;

	r->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (r->null < 0)
		return -errno;
	r->given[IN] = a->stdin_fd ? a->stdin_fd : r->null;
	r->given[OUT] = a->stdout_fd ? a->stdout_fd : r->null;
	r->given[ERR] = a->stderr_fd;
	if (a->out) {
		code = make_pipe(&r->out, &r->child_end[OUT]);
		r->given[OUT] = r->child_end[OUT];
	}
	if (code == 0 && !a->stderr_fd) {
		code = make_pipe(&r->err, &r->child_end[ERR]);
		r->given[ERR] = r->child_end[ERR];
	}
	return code;
}

static int make_env(struct run *r)
{
	const char *const *extra = r->args->env;

	if (strv_add(&r->env, "PATH=" RUN_PATH) < 0 || strv_add(&r->env, "HOME=/") < 0 ||
	    strv_add(&r->env, "LC_ALL=C") < 0)
		return -ENOMEM;
	for (; extra && *extra; extra++) {
		if (strv_add(&r->env, *extra) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A missing program is the host's lack, with an errno of its own. */
static int missing(const char *name, struct zerr *e)
{
	const bool there = strchr(name, '/') && access(name, F_OK) == 0;

	zerr_as(e, ZERR_HOST,
		there ? "%s: what its first line names is not on this host"
		      : "no program %s on this host",
		name);
	if (e)
		e->code = ENOENT;
	return zerr_hint(e, -ENOENT, there ? "head -n 1 %s" : "install the package that has %s",
			 name);
}

int run_program(const struct run_args *a, int *ret_status, struct zerr *e)
{
	__attribute__((cleanup(run_done))) struct run r = {
		.args = a,
		.name = a->argv[0],
		.null = -1,
		.child_end = { -1, -1, -1 },
		.out = -1,
		.err = -1,
		.pidfd = -1,
	};
	siginfo_t info = { 0 };
	int code;

	r.path = *r.name == '/' ? strdup(r.name) : run_find(r.name);
	if (!r.path)
		return missing(r.name, e);
	code = make_env(&r);
	if (code == 0)
		code = make_streams(&r);
	if (code < 0)
		return zerr_code(e, -code, "run %s", r.name);
	code = start(&r);
	if (code == -ENOENT)
		return missing(r.name, e);
	if (code < 0)
		return zerr_code(e, -code, "run %s", r.name);
	for (int i = 0; i < STREAMS; i++) /* or the pipes would never end */
		r.child_end[i] = own_close(r.child_end[i]);
	code = supervise(&r, &info);
	if (code == -ETIMEDOUT)
		return zerr_set(e, ETIMEDOUT, "%s did not end within %d ms", r.name, a->timeout_ms);
	if (code == -EINTR)
		return zerr_in(e, steps_check(e), "%s", r.name);
	if (a->out && a->out->failed)
		return zerr_code(e, ENOMEM, "output of %s", r.name);
	return verdict(&r, &info, ret_status, e);
}
