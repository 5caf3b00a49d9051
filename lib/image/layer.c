/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers: whiteouts and replacements. A layer is walked twice, because a whiteout concerns what
 * lower layers have, wherever it stands among the layer's own members. Links on the way to a member
 * are resolved inside the root.
 */
#include "image/layer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/member.h"

/* Open the directory that holds @name; *@ret_base is @name's last component, "" for the root
 * itself. -ENOENT without message when there is none. */
static int open_parent(int root, const char *name, char **ret_base, struct zerr *e)
{
	AUTO_FREE char *path = strdup(name);
	char *end, *slash;
	int fd;

	*ret_base = NULL;
	if (!path)
		return zerr_code(e, ENOMEM, "layer");
	for (end = path + strlen(path); end > path && end[-1] == '/'; end--)
		end[-1] = '\0';
	slash = strrchr(path, '/');
	*ret_base = strdup(slash ? slash + 1 : path);
	if (!*ret_base)
		return zerr_code(e, ENOMEM, "layer");
	if (str_eq(*ret_base, "."))
		**ret_base = '\0';
	if (slash)
		*slash = '\0';
	fd = fs_open_in(root, slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		return member_refuse(e, -fd, name, "%s", strerror(-fd));
	return fd < 0 ? -ENOENT : fd;
}

/* Everything in a directory, names that begin with a dot included. */
static int remove_children(int dir, const char *name, struct zerr *e)
{
	AUTO_CLOSE int again = fs_open_below(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	AUTO_CLOSEDIR DIR *d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *en;
	int r = 0;

	if (!d)
		return member_refuse(e, errno, name, "%s", strerror(errno));
	again = -1; /* d's now */
	while (r == 0 && (en = readdir(d)))
		if (!str_eq(en->d_name, ".") && !str_eq(en->d_name, ".."))
			r = fs_remove(dir, en->d_name, e);
	return r;
}

int layer_remove(void *arg, const char *name, bool directory, struct zerr *e)
{
	const int root = *(const int *)arg;
	AUTO_CLOSE int parent = -1;
	AUTO_FREE char *base = NULL;
	const char *target;
	const int kind = member_whiteout(name, &target, e);

	(void)directory;
	if (kind < 0 || kind == MEMBER_PLAIN || kind == MEMBER_AUX)
		return kind < 0 ? kind : 0;
	parent = open_parent(root, name, &base, e);
	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (kind == MEMBER_OPAQUE)
		return remove_children(parent, name, e);
	return fs_remove(parent, target, e);
}

int layer_make_room(void *arg, const char *name, bool directory, struct zerr *e)
{
	const int root = *(const int *)arg;
	AUTO_CLOSE int parent = -1;
	AUTO_FREE char *base = NULL;
	const char *target;
	struct stat st;
	const int kind = member_whiteout(name, &target, e);

	if (kind != MEMBER_PLAIN)
		return kind < 0 ? kind : 1;
	parent = open_parent(root, name, &base, e);
	if (parent < 0 || !*base)
		return parent == -ENOENT || parent >= 0 ? 0 : parent;
	if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* nothing there, or making it will say why not */
	if (S_ISDIR(st.st_mode) == directory && (directory || !S_ISLNK(st.st_mode)))
		return 0;
	return fs_remove(parent, base, e);
}
