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
#define MARKER	  "# written by zone at every start; remove this line to keep the file\n"

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
		buf_str(ret, MARKER);
		if (text.p)
			take_lines(text.p, loopback, ret, &servers);
	}
}

/* The first interface whose network serves names says where to ask. */
static bool ask_network(const struct zone *z, struct buf *ret)
{
	struct zerr ignored = { 0 };
	char server[16];

	for (size_t i = 0; i < z->spec.nics_n; i++)
		if (net_resolver(&z->h->net, &z->spec.nics[i], server, &ignored) == 0) {
			buf_fmt(ret, MARKER "nameserver %s\nsearch " NET_DOMAIN "\n", server);
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

	*ret = (struct identity){ 0 };
	read_fresh(z, ret);
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
	char head[sizeof(MARKER)] = "";

	if (fd < 0)
		return errno == ENOENT;
	const ssize_t n = read(fd, head, sizeof(MARKER) - 1);
	return n == 0 || (n > 0 && str_eq(head, MARKER));
}

/* An id that came with the image is every zone's: an empty file makes init take container_uuid. */
static void reset_machine_id(void)
{
	struct stat st;

	if (lstat("/etc/machine-id", &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		write_text("/etc/machine-id", "", O_TRUNC);
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
		reset_machine_id();
	if (i->resolv.p && (i->fresh == FRESH_NEW || is_ours("/etc/resolv.conf")))
		write_text("/etc/resolv.conf", i->resolv.p, O_TRUNC);
}
