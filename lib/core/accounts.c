/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords and keys, written as shadow(5) and sshd(8) want them. */
#include "core/accounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/enter.h"

#define FILE_MAX (4U << 20)
#define LOCK_MS	 5000
#define LOCK	 "/etc/.pwd.lock" /* lckpwdf(3) */
#define FRESH	 "/etc/.shadow.zone"

/* The regular file @path. fd, -ENOENT, or -errno with message. */
static int open_file(const char *path, struct buf *ret, struct zerr *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	char chunk[8192];
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return zerr_sys(e, "%s (in the zone)", path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return zerr_set(e, EINVAL, "%s (in the zone) is no file of a usual size", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && ret->len <= FILE_MAX)
		buf_add(ret, chunk, (size_t)n);
	if (n < 0 || ret->failed)
		return zerr_code(e, n < 0 ? errno : ENOMEM, "%s (in the zone)", path);
	return own_take_fd(&fd);
}

static int lock_accounts(struct zerr *e)
{
	AUTO_CLOSE int fd =
		open(LOCK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct flock lock = { .l_type = F_WRLCK };
	const int64_t deadline = now_ms() + LOCK_MS;

	if (fd < 0)
		return zerr_sys(e, LOCK " (in the zone)");
	while (fcntl(fd, F_SETLK, &lock) < 0) {
		if (errno != EACCES && errno != EAGAIN)
			return zerr_sys(e, LOCK " (in the zone)");
		if (now_ms() >= deadline)
			return zerr_as(e, ZERR_BUSY, "another program in the zone holds " LOCK);
		(void)poll(NULL, 0, 20);
	}
	return own_take_fd(&fd);
}

/* @path becomes @text, by rename; owner and mode are those of @like, or root's alone. */
static int replace_file(const char *path, int like, const struct buf *text, struct zerr *e)
{
	struct stat st;

	(void)unlink(FRESH);
	AUTO_CLOSE int fd = open(FRESH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || text->failed)
		return zerr_code(e, text->failed ? ENOMEM : errno, FRESH " (in the zone)");
	int r = fs_write_all(fd, text->p, text->len);
	if (r == 0 && like >= 0 &&
	    (fstat(like, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 ||
	     fchmod(fd, st.st_mode & 07777) < 0))
		r = -errno;
	if (r == 0 && (fsync(fd) < 0 || rename(FRESH, path) < 0))
		r = -errno;
	if (r < 0)
		(void)unlink(FRESH);
	return r < 0 ? zerr_code(e, -r, "%s (in the zone)", path) : 0;
}

/* The line of @user in @text, "USER:…"; NULL: none. */
static const char *find_line(const char *text, const char *user)
{
	const size_t len = strlen(user);

	for (const char *l = text; l && *l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
		if (strncmp(l, user, len) == 0 && l[len] == ':')
			return l;
	return NULL;
}

/* Append @old with the second field of @line (in it) replaced; @days: the third, too. */
static void put_field(struct buf *out, const struct buf *old, const char *line, const char *field,
		      const char *days)
{
	const char *second = strchr(line, ':') + 1;
	const char *rest = second + strcspn(second, ":\n");

	buf_add(out, old->p, (size_t)(second - old->p));
	buf_str(out, field);
	if (days && *rest == ':') {
		buf_fmt(out, ":%s", days);
		rest += 1 + strcspn(rest + 1, ":\n");
	}
	buf_str(out, rest);
}

static int write_shadow(const char *user, const char *hash, struct zerr *e)
{
	AUTO_BUF struct buf old = { 0 }, text = { 0 };
	AUTO_CLOSE int fd = open_file("/etc/shadow", &old, e);
	const char *line = old.p ? find_line(old.p, user) : NULL;
	char days[24];

	if (fd < 0 && fd != -ENOENT)
		return fd;
	(void)snprintf(days, sizeof(days), "%lld", (long long)(now_seconds() / 86400));
	if (line) {
		put_field(&text, &old, line, hash, days);
	} else {
		buf_add(&text, old.p ? old.p : "", old.len);
		if (old.len && old.p[old.len - 1] != '\n')
			buf_char(&text, '\n');
		buf_fmt(&text, "%s:%s:%s:0:99999:7:::\n", user, hash, days);
	}
	return replace_file("/etc/shadow", fd, &text, e);
}

/* Shadow first: between the two the old password holds, never none. */
static int set_hash(const char *user, const char *hash, struct zerr *e)
{
	AUTO_BUF struct buf old = { 0 }, text = { 0 };
	AUTO_CLOSE int fd = open_file("/etc/passwd", &old, e);
	const char *line = old.p ? find_line(old.p, user) : NULL;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (!line)
		return zerr_hint(
			e, zerr_set(e, ENOENT, "user '%s': not in the zone's /etc/passwd", user),
			"make the user inside first");
	const int r = write_shadow(user, hash, e);
	if (r < 0 || strncmp(strchr(line, ':'), ":x:", 3) == 0)
		return r;
	put_field(&text, &old, line, "x", NULL);
	return replace_file("/etc/passwd", fd, &text, e);
}

int accounts_set_hash(const char *user, const char *hash, struct zerr *e)
{
	struct account u;
	int r = strchr(user, ':') ? zerr_as(e, ZERR_USAGE, "'%s' is no user", user)
				  : account_find(user, &u, e);

	if (r < 0)
		return r;
	if (access("/etc/passwd", F_OK) < 0)
		return zerr_sys(e, "/etc/passwd (in the zone)");
	AUTO_CLOSE int lock = lock_accounts(e);
	return lock < 0 ? lock : set_hash(u.name[0] ? u.name : user, hash, e);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* A directory of @u's below @dir, made when missing. fd. */
static int own_dir(int dir, const char *name, const struct account *u, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;

	if (mkdirat(dir, name, 0700) == 0 &&
	    fchownat(dir, name, u->uid, u->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "%s (in the zone)", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? zerr_sys(e, "%s (in the zone)", name) : own_take_fd(&fd);
}

static bool has_line(const struct buf *text, const char *line, size_t len)
{
	for (const char *l = text->p; l && *l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
		if (strcspn(l, "\n") == len && strncmp(l, line, len) == 0)
			return true;
	return false;
}

/* Lines of @keys that @old lacks. */
static void add_missing(const struct buf *old, const char *keys, struct buf *ret)
{
	if (old->len && old->p[old->len - 1] != '\n')
		buf_char(ret, '\n');
	for (const char *l = keys; *l;) {
		const size_t len = strcspn(l, "\n");

		if (len && !has_line(old, l, len)) {
			buf_add(ret, l, len);
			buf_char(ret, '\n');
		}
		l += len + (l[len] == '\n');
	}
}

static int append_keys(int dir, const struct account *u, const char *keys, struct zerr *e)
{
	static const char file[] = "authorized_keys";
	AUTO_BUF struct buf old = { 0 }, more = { 0 };
	AUTO_CLOSE int fd = openat(
		dir, file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	char chunk[8192];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return zerr_sys(e, "%s (in the zone)", file);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return zerr_set(e, EINVAL, "%s (in the zone) is no file of a usual size", file);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&old, chunk, (size_t)n);
	add_missing(&old, keys, &more);
	if (old.failed || more.failed)
		return zerr_code(e, ENOMEM, "%s", file);
	const int r = more.len ? fs_write_all(fd, more.p, more.len) : 0;
	if (r < 0)
		return zerr_code(e, -r, "%s (in the zone)", file);
	return fchown(fd, u->uid, u->gid) < 0 ? zerr_sys(e, "%s (in the zone)", file) : 0;
}

int accounts_add_keys(const char *user, const char *keys, struct zerr *e)
{
	struct account u;
	int r = account_find(user, &u, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int root = fs_open_dir("/", e);
	const char *path = u.home + strspn(u.home, "/");
	AUTO_CLOSE int home = root < 0 ? -1 : own_dir(root, *path ? path : ".", &u, e);
	AUTO_CLOSE int ssh = home < 0 ? -1 : own_dir(home, ".ssh", &u, e);
	return ssh < 0 ? -e->code : append_keys(ssh, &u, keys, e);
}
