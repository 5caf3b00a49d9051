/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users of a zone, from its own /etc/passwd and /etc/group, by a reader that believes nothing in
 * them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/enter.h"

#define FILE_MAX (4U << 20)
#define FIELDS	 7

static int read_file(const char *path, struct buf *ret)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char chunk[8192];
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && ret->len < FILE_MAX)
		buf_add(ret, chunk, (size_t)n);
	return ret->failed ? -ENOMEM : 0;
}

/* Split a line at its colons in place. Number of fields. */
static int split(char *line, char *f[static FIELDS])
{
	int n = 0;

	while (n < FIELDS) {
		f[n++] = line;
		line = strchr(line, ':');
		if (!line)
			break;
		*line++ = '\0';
	}
	return n;
}

/* Digits only: "0", "1000"; no sign, no space, at most the largest id but one ((uid_t)-1 is
 * "none"). */
static int parse_id(const char *s, uint32_t *ret)
{
	uint64_t v;

	if (parse_u64(s, UINT32_MAX - 1, &v) < 0)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static void take_passwd(struct account *u, char *f[static FIELDS])
{
	copy(u->name, sizeof(u->name), f[0]);
	if (f[5][0] == '/')
		copy(u->home, sizeof(u->home), f[5]);
	if (f[6][0] == '/')
		copy(u->shell, sizeof(u->shell), f[6]);
}

static int find_user(const char *user, struct account *u, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const bool number = is_number(user);
	char *save = NULL, *f[FIELDS];

	if (number && parse_id(user, &u->uid) < 0)
		return zerr_set(e, EINVAL, "user '%s': not a possible id", user);
	u->gid = number ? u->uid : 0;
	if (read_file("/etc/passwd", &text) == 0 && text.p)
		for (char *l = strtok_r(text.p, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
			uint32_t uid, gid;

			if (split(l, f) != FIELDS || parse_id(f[2], &uid) < 0 ||
			    parse_id(f[3], &gid) < 0)
				continue;
			if (number ? uid != u->uid : !str_eq(f[0], user))
				continue;
			u->uid = uid;
			u->gid = gid;
			take_passwd(u, f);
			return 0;
		}
	if (str_eq(user, "root"))
		return 0; /* a system without accounts still has one */
	return number ? 0 : zerr_set(e, ENOENT, "user '%s': not in the zone's /etc/passwd", user);
}

static bool is_member(char *members, const char *name)
{
	char *save = NULL;

	for (char *m = strtok_r(members, ",", &save); m; m = strtok_r(NULL, ",", &save))
		if (str_eq(m, name))
			return true;
	return false;
}

static void add_group(struct account *u, gid_t gid, char *members)
{
	if (u->name[0] && u->groups_n < sizeof(u->groups) / sizeof(u->groups[0]) &&
	    is_member(members, u->name))
		u->groups[u->groups_n++] = gid;
}

/* Supplementary groups, or the group that was asked for by name. */
static int find_groups(const char *group, struct account *u, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	char *save = NULL, *f[FIELDS];
	bool found = !group;

	if (group && is_number(group)) {
		if (parse_id(group, &u->gid) < 0)
			return zerr_set(e, EINVAL, "group '%s': not a possible id", group);
		return 0;
	}
	(void)read_file("/etc/group", &text); /* none: then no groups */
	for (char *l = text.p ? strtok_r(text.p, "\n", &save) : NULL; l;
	     l = strtok_r(NULL, "\n", &save)) {
		uint32_t gid;

		if (split(l, f) != 4 || parse_id(f[2], &gid) < 0)
			continue;
		if (!group)
			add_group(u, gid, f[3]);
		else if (!found && str_eq(f[0], group)) {
			u->gid = gid;
			found = true;
		}
	}
	return found ? 0 : zerr_set(e, ENOENT, "group '%s': not in the zone's /etc/group", group);
}

int account_find(const char *text, struct account *ret, struct zerr *e)
{
	struct account u = { .home = "/", .shell = "/bin/sh" };
	AUTO_FREE char *user = strdup(text);
	char *group = user ? strchr(user, ':') : NULL;

	if (!user)
		return zerr_code(e, ENOMEM, "user");
	if (group)
		*group++ = '\0';
	if (!*user || (group && !*group))
		return zerr_set(e, EINVAL, "user '%s': not USER[:GROUP]", text);
	int r = find_user(user, &u, e);
	if (r == 0 && u.uid == 0 && !u.name[0]) {
		copy(u.name, sizeof(u.name), "root");
		copy(u.home, sizeof(u.home), "/root");
	}
	if (r == 0)
		r = find_groups(group, &u, e);
	if (r == 0)
		*ret = u;
	return r;
}
