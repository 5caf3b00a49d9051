/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The zone's own files that name it: written by a process that is already the zone's root, in the
 * zone's root, so that a hostile image can only harm itself. */
#include "core/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/share.h"

#define HOSTS_MAX 65536

/* Lines that make sense elsewhere: without @loopback not a resolver that only the host reaches. */
static void take_lines(char *text, bool loopback, struct buf *to, unsigned *servers)
{
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		const bool server = str_starts(l, "nameserver");

		if (server && !loopback && (strstr(l, " 127.") || strstr(l, " ::1")))
			continue;
		if (!server && !str_starts(l, "search") && !str_starts(l, "domain") &&
		    !str_starts(l, "options"))
			continue;
		*servers += server;
		buf_fmt(to, "%s\n", l);
	}
}

static void read_resolver(struct buf *ret, bool loopback)
{
	static const struct {
		const char *dir, *name;
	} files[] = { { "/etc", "resolv.conf" }, { "/run/systemd/resolve", "resolv.conf" } };
	unsigned servers = 0;

	for (size_t i = 0; i < 2 && !servers; i++) {
		AUTO_BUF struct buf text = { 0 };
		char path[64];
		char chunk[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", files[i].dir, files[i].name);
		AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC); /* a link on many hosts */
		const ssize_t n = fd < 0 ? 0 : read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			continue;
		buf_add(&text, chunk, (size_t)n);
		ret->len = 0;
		buf_str(ret, IDENTITY_MARKER);
		if (text.p)
			take_lines(text.p, loopback, ret, &servers);
	}
}

/* The time zone's name, by where the host's /etc/localtime leads. */
static void read_timezone(char ret[static 64])
{
	static const char above[] = "/zoneinfo/";
	char link[PATH_MAX] = "";
	const ssize_t n = readlink("/etc/localtime", link, sizeof(link) - 1);
	const char *name = n > 0 ? strstr(link, above) : NULL;

	name = name ? name + sizeof(above) - 1 : "";
	if (strlen(name) < 64 && !strstr(name, ".."))
		(void)strcpy(ret, name);
}

/* A uuid without its dashes. */
static void make_machine_id(const char *uuid, char ret[static 40])
{
	size_t n = 0;

	for (; *uuid && n < 32; uuid++)
		if (*uuid != '-')
			ret[n++] = *uuid;
	ret[n] = '\0';
}

/* The first interface whose network serves names says where to ask. */
static bool ask_network(const struct zone *z, struct buf *ret)
{
	struct zerr ignored = { 0 };
	char server[16];

	for (size_t i = 0; i < z->spec.nics_n; i++)
		if (net_resolver(&z->h->net, &z->spec.nics[i], server, &ignored) == 0) {
			buf_fmt(ret, IDENTITY_MARKER "nameserver %s\nsearch " NET_DOMAIN "\n",
				server);
			return true;
		}
	return false;
}

/* Who is asked for names is who the network says: another zone's is that zone's. */
static void choose_resolver(const struct zone *z, struct buf *ret)
{
	AUTO_ZONE struct zone other = { .dir = -1, .run = -1, .lock = -1 };
	struct zerr ignored = { 0 };
	enum net_share share = NET_OWN;
	const char *name;

	(void)share_check(&z->spec, &share, &name, &ignored);
	if (share == NET_OF_ZONE && zone_load(z->h, name, LOAD_SPEC, &other, &ignored) == 0)
		z = &other;
	if (!ask_network(z, ret))
		read_resolver(ret, share == NET_OF_HOST);
}

static void read_fresh(const struct zone *z, struct identity *ret)
{
	static const struct {
		const char *word;
		enum fresh fresh;
	} words[] = { { "clone ", FRESH_CLONE }, { "rename ", FRESH_RENAME } };
	AUTO_BUF struct buf text = { 0 };

	if (fs_read(z->dir, "fresh", 256, &text) < 0)
		return;
	ret->fresh = FRESH_NEW;
	for (size_t i = 0; i < 2; i++)
		if (str_starts(text.p, words[i].word)) {
			ret->fresh = words[i].fresh;
			buf_str(&ret->was, text.p + strlen(words[i].word));
		}
}

void identity_prepare(const struct zone *z, struct identity *ret)
{
	const char *fingerprint = record_get(&z->manifest, "image.fingerprint");
	const char *uuid = record_get(&z->manifest, "uuid");

	*ret = (struct identity){ 0 };
	read_fresh(z, ret);
	read_timezone(ret->timezone);
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%s", uuid ? uuid : "");
	make_machine_id(ret->uuid, ret->machine_id);
	choose_resolver(z, &ret->resolv);
	if (ret->fresh == FRESH_NEW && fingerprint) {
		struct zerr ignored = {
			0
		}; /* an image that has gone since leaves its templates as they are */
		struct image_env env;
		AUTO_CLOSE int parent = zone_image_env(z, &env, &ignored);

		if (parent >= 0)
			(void)image_store_load(&env, fingerprint, &ret->image, &ignored);
	}
}

void identity_done(struct identity *i)
{
	buf_done(&i->resolv);
	buf_done(&i->was);
	image_done(&i->image);
}

static void write_text(const char *path, const char *text, int flags)
{
	AUTO_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0644);

	if (fd >= 0)
		(void)fs_write_all(fd, text, strlen(text));
}

static bool is_ours(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char head[sizeof(IDENTITY_MARKER)] = "";

	if (fd < 0)
		return errno == ENOENT;
	const ssize_t n = read(fd, head, sizeof(IDENTITY_MARKER) - 1);
	return n == 0 || (n > 0 && str_eq(head, IDENTITY_MARKER));
}

static void replace_id(const char *path, const char *id)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char now[16] = "", text[48];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return; /* what has none gets none */
	if (read(fd, now, sizeof(now) - 1) > 0 && str_starts(now, "uninitialized"))
		return; /* machine-id(5): init wants to know that this is its first boot */
	(void)snprintf(text, sizeof(text), "%s\n", id);
	write_text(path, text, O_TRUNC);
}

/* An id that came with the image is every zone's. */
static void set_machine_id(const char *id)
{
	if (!*id)
		return;
	replace_id("/etc/machine-id", id);
	replace_id("/var/lib/dbus/machine-id", id); /* D-Bus without systemd */
}

/* As timedatectl does: a relative link to what the zone itself has under that name. */
static void set_timezone(const char *name)
{
	char target[128], text[72];
	struct stat st;

	(void)snprintf(target, sizeof(target), "/usr/share/zoneinfo/%s", name);
	if (!*name || stat(target, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (lstat("/etc/localtime", &st) == 0 && !S_ISLNK(st.st_mode))
		return; /* a copy, of whatever: not ours to replace */
	(void)snprintf(target, sizeof(target), "../usr/share/zoneinfo/%s", name);
	(void)unlink("/etc/.localtime.zone");
	if (symlink(target, "/etc/.localtime.zone") < 0 ||
	    rename("/etc/.localtime.zone", "/etc/localtime") < 0)
		return;
	(void)snprintf(text, sizeof(text), "%s\n", name);
	if (lstat("/etc/timezone", &st) == 0 && S_ISREG(st.st_mode))
		write_text("/etc/timezone", text, O_TRUNC);
}

static void expand_templates(const struct identity *i, const char *name)
{
	struct zerr e = { 0 };
	AUTO_CLOSE int root = fs_open_dir("/", &e);

	if (root >= 0 && i->image.fingerprint)
		(void)image_expand_templates(root, &i->image, name, &e);
}

/* The words of /etc/hosts that were the zone's name. */
static void rename_in_hosts(const char *was, const char *hostname)
{
	AUTO_BUF struct buf old = { 0 }, new = { 0 };
	struct zerr e = { 0 };
	AUTO_CLOSE int etc = fs_open_dir("/etc", &e);
	const size_t len = strlen(was);

	if (etc < 0 || !len || fs_read(etc, "hosts", HOSTS_MAX, &old) < 0)
		return;
	for (const char *p = old.p; *p;) {
		const size_t gap = strspn(p, " \t\n"), word = strcspn(p + gap, " \t\n");

		buf_add(&new, p, gap);
		if (word == len && strncmp(p + gap, was, len) == 0)
			buf_str(&new, hostname);
		else
			buf_add(&new, p + gap, word);
		p += gap + word;
	}
	if (!new.failed &&new.p && !str_eq(new.p, old.p))
		write_text("/etc/hosts", new.p, O_TRUNC);
}

/* Which instance this is, beside the user-data that `create` left. */
static void write_metadata(const struct identity *i, const char *hostname)
{
	static const char path[] = IDENTITY_SEED "/meta-data";
	struct stat st;
	char text[400];

	if (lstat(path, &st) < 0 || !is_ours(path))
		return;
	(void)snprintf(text, sizeof(text), IDENTITY_MARKER "instance-id: %s\nlocal-hostname: %s\n",
		       i->uuid, hostname);
	write_text(path, text, O_TRUNC);
}

void identity_write(const struct identity *i, const char *name, const char *hostname)
{
	char text[256];

	if (i->fresh == FRESH_NEW) {
		expand_templates(i, name);
		(void)snprintf(
			text, sizeof(text),
			"127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost\n",
			hostname);
		write_text("/etc/hosts", text, O_TRUNC);
	} else if (i->was.p) {
		rename_in_hosts(i->was.p, hostname);
	}
	if (i->fresh) {
		(void)snprintf(text, sizeof(text), "%s\n", hostname);
		write_text("/etc/hostname", text, O_TRUNC);
	}
	if (i->fresh == FRESH_NEW || i->fresh == FRESH_CLONE)
		set_machine_id(i->machine_id);
	if (i->fresh == FRESH_NEW)
		set_timezone(i->timezone);
	write_metadata(i, hostname);
	if (i->resolv.p && (i->fresh == FRESH_NEW || is_ours("/etc/resolv.conf")))
		write_text("/etc/resolv.conf", i->resolv.p, O_TRUNC);
}
