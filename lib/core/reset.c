/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Works on the root from outside, so nothing in it is run or believed: every path is resolved
 * inside of it, and ssh host keys are made by the host's own ssh-keygen in a directory of the host,
 * then put into place.
 */
#include "core/reset.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"

#define KEY_MAX	  65536
#define KEYGEN_MS (5 * 60 * 1000)

/* A name in a directory; one that ends with '*' stands for all that begin so. */
static const struct {
	const char *dir, *name;
} removed[] = {
	{ "/var/lib/dbus", "machine-id" },
	{ "/var/lib/systemd", "random-seed" },
	{ "/var/lib/systemd", "credential.secret" },
	{ "/var/lib", "urandom" },
	{ "/var/lib/NetworkManager", "secret_key" },
	{ "/var/lib/NetworkManager", "seen-bssids" },
	{ "/var/lib/dhcp", "dhclient*" },
	{ "/var/lib/dhcpcd", "duid" },
	{ "/var/lib/cloud", "instance*" },
	{ "/etc/iscsi", "initiatorname.iscsi" },
};

static const char *const key_types[] = { "ed25519", "ecdsa", "rsa", NULL };

int reset_probe(struct zerr *e)
{
	AUTO_FREE char *keygen = run_find("ssh-keygen");

	if (keygen)
		return 0;
	return zerr_hint(
		e, zerr_as(e, ZERR_HOST, "--reset-identity: no program ssh-keygen on this host"),
		"install openssh-client");
}

static bool matches(const char *pattern, const char *name)
{
	const size_t n = strcspn(pattern, "*");

	return pattern[n] ? strncmp(pattern, name, n) == 0 : strcmp(pattern, name) == 0;
}

/* A directory of the root; -ENOENT for one that is not there or is none. */
static int open_dir(int root, const char *path)
{
	const int fd = fs_open_in(root, path, O_RDONLY | O_DIRECTORY, 0);

	return fd == -ENOTDIR || fd == -ELOOP ? -ENOENT : fd;
}

static int remove_matching(int root, const char *path, const char *pattern, struct zerr *e)
{
	AUTO_CLOSE int dir = open_dir(root, path);
	AUTO_STRV struct strv names = { 0 };
	int r = dir < 0 ? dir : fs_list(dir, &names);

	if (r < 0)
		return r == -ENOENT ? 0 : zerr_code(e, -r, "%s", path);
	for (size_t i = 0; i < names.n && r == 0; i++)
		if (matches(pattern, names.v[i]))
			r = fs_remove(dir, names.v[i], e);
	return r;
}

/* Move the file that ssh-keygen made into the root. */
static int put_file(int from, const char *made, int dir, const char *name, mode_t mode,
		    struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = fs_read(from, made, KEY_MAX, &text);

	return r < 0 ? zerr_code(e, -r, "%s", made)
		     : fs_write(dir, name, text.p, text.len, mode, false, e);
}

static int make_key(int dir, int work, const char *type, const char *zone, struct zerr *e)
{
	AUTO_FREE char *comment = str_fmt("root@%s", zone),
		       *name = str_fmt("ssh_host_%s_key", type);
	AUTO_FREE char *public = name ? str_fmt("%s.pub", name) : NULL;

	if (!comment || !public)
		return zerr_code(e, ENOMEM, "ssh host keys");
	if (!fs_exists(dir, name))
		return 0; /* it had none of this kind */
	const char *const argv[] = { "ssh-keygen", "-q",    "-t", type, "-N", "",
				     "-C",	   comment, "-f", name, NULL };
	int r = run_program(
		&(struct run_args){ .argv = argv, .cwd_fd = work, .timeout_ms = KEYGEN_MS }, NULL,
		e);
	if (r == 0)
		r = put_file(work, name, dir, name, 0600, e);
	return r == 0 ? put_file(work, public, dir, public, 0644, e) : r;
}

static int make_keys(const struct volume *v, int root, const char *zone, struct zerr *e)
{
	AUTO_CLOSE int dir = open_dir(root, "/etc/ssh"), work = -1;
	int r;

	if (dir < 0)
		return dir == -ENOENT ? 0 : zerr_code(e, -dir, "/etc/ssh");
	work = fs_subdir(v->dir, "keys", 0700, e);
	r = work < 0 ? work : 0;
	for (size_t i = 0; key_types[i] && r == 0; i++)
		r = make_key(dir, work, key_types[i], zone, e);
	const int k = fs_remove(v->dir, "keys", r < 0 ? &(struct zerr){ 0 } : e);
	return r < 0 ? r : k;
}

int reset_identity(const struct volume *v, const char *name, struct zerr *e)
{
	const struct volume_attach a = { .userns = -1, .scratch = -1, .snap = -1 };
	AUTO_CLOSE int mount = v->ops->attach(v, &a, e);
	AUTO_CLOSE int root =
		mount < 0 ? mount : fs_open_below(mount, ".", O_RDONLY | O_DIRECTORY, 0);
	int r = 0;

	if (root < 0)
		return mount < 0 ? mount : zerr_code(e, -root, "open the root");
	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]) && r == 0; i++)
		r = remove_matching(root, removed[i].dir, removed[i].name, e);
	if (r == 0)
		r = make_keys(v, root, name, e);
	if (r == 0 && syncfs(root) < 0)
		r = zerr_sys(e, "sync");
	return zerr_in(e, r, "reset the identity");
}
