/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone edit: the configuration in an editor, on a copy that replaces it when it is right. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/out.h"
#include "cmd/tty.h"
#include "cmd/verbs.h"

enum { TEXT_MAX = 1 << 20 };

static int write_text(int fd, const struct buf *text, struct zerr *e)
{
	size_t at = 0;

	while (at < text->len) {
		const ssize_t n = write(fd, text->p + at, text->len - at);

		if (n < 0 && errno != EINTR)
			return zerr_sys(e, "temporary file");
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* By its path: editors like to replace the file. */
static int read_text(const char *path, struct buf *ret, struct zerr *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char data[4096];
	ssize_t n;

	if (fd < 0)
		return zerr_sys(e, "%s", path);
	do {
		n = read(fd, data, sizeof(data));
		if (n > 0)
			buf_add(ret, data, (size_t)n);
		else if (n < 0 && errno != EINTR)
			return zerr_sys(e, "%s", path);
	} while (n != 0 && ret->len <= TEXT_MAX);
	if (ret->len > TEXT_MAX)
		return zerr_set(e, EFBIG, "%s: larger than 1 MiB", path);
	if (ret->failed || (ret->p && strlen(ret->p) != ret->len))
		return zerr_set(e, EINVAL, "%s: not a text", path);
	return 0;
}

static const char *editor(void)
{
	static const char *const names[] = { "VISUAL", "EDITOR" };

	for (size_t i = 0; i < 2; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "vi";
}

static void __attribute__((noreturn)) exec_editor(const char *path)
{
	AUTO_FREE char *script = str_fmt("exec %s \"$1\"", editor());

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (script) /* a shell, since the value may be a command with arguments */
		(void)execl("/bin/sh", "sh", "-c", script, "sh", path, (char *)NULL);
	_exit(127);
}

/* The keys of its terminal that send signals are the editor's. */
static int run_editor(const char *path, struct zerr *e)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction old_int, old_quit;
	int status = 0;
	pid_t pid;

	(void)sigaction(SIGINT, &ignore, &old_int);
	(void)sigaction(SIGQUIT, &ignore, &old_quit);
	pid = fork();
	if (pid == 0)
		exec_editor(path);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &old_int, NULL);
	(void)sigaction(SIGQUIT, &old_quit, NULL);
	if (pid < 0)
		return zerr_sys(e, "fork");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return zerr_set(e, EIO, "the editor (%s) failed", editor());
	return 0;
}

/* Show the error; whether to edit again. Not without a terminal. */
static bool ask_again(struct cmd *c, const struct zerr *e)
{
	char answer[16] = "";

	if (!tty_is_ours())
		return false;
	(void)cmd_fail(c, c->name, e);
	(void)fputs("Edit again? [Y/n] ", stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] != 'n' && answer[0] != 'N';
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

/* Replace the configuration, unless another command has changed it meanwhile. */
static int replace(struct cmd *c, const struct buf *before, const struct buf *text, struct zerr *e)
{
	AUTO_BUF struct buf now = { 0 };
	const int r = zone_config_text(c->host, c->name, &now, e);

	if (r < 0)
		return r;
	if (!same_text(&now, before))
		return zerr_as(e, ZERR_STATE, "it was changed by another command meanwhile");
	return zone_config_replace(c->host, c->name, text->p ? text->p : "", e);
}

/* @text is what was written last, empty before that. */
static int edit_file(struct cmd *c, const struct buf *before, const char *path, struct buf *text,
		     struct zerr *e)
{
	for (;;) {
		int r;

		*e = (struct zerr){ 0 };
		r = run_editor(path, e);
		buf_done(text);
		if (r == 0)
			r = read_text(path, text, e);
		if (r == 0 && same_text(text, before)) {
			if (!c->opt.quiet)
				(void)fputs("note: not changed\n", stderr);
			return 0;
		}
		if (r == 0)
			r = replace(c, before, text, e);
		if (r == 0 || text->len == 0 || !ask_again(c, e))
			return r;
	}
}

static int edit_run(struct cmd *c, void *opts, struct zerr *e)
{
	const char *tmp = getenv("TMPDIR");
	AUTO_BUF struct buf before = { 0 }, text = { 0 };
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int fd = -1;
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_config_text(c->host, c->name, &before, e);
	if (r < 0)
		return r;
	path = str_fmt("%s/zone-%s-XXXXXX.conf", tmp && *tmp ? tmp : "/tmp", c->name);
	if (!path || before.failed)
		return zerr_code(e, ENOMEM, "temporary file");
	fd = mkostemps(path, 5, O_CLOEXEC);
	if (fd < 0)
		return zerr_sys(e, "%s", path);
	r = write_text(fd, &before, e);
	if (r == 0)
		r = edit_file(c, &before, path, &text, e);
	if (r < 0 && text.len > 0) {
		*e->hint = '\0';
		return zerr_hint(e, r, "your text is kept in %s", path);
	}
	(void)unlink(path); /* what is left is a copy of what is in place */
	return r;
}

const struct verb verb_edit = {
	.name = "edit",
	.args = "NAME",
	.help = "change the configuration in an editor",
	.group = GROUP_CONFIG,
	.flags = VERB_NAME,
	.run = edit_run,
};
