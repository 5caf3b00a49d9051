/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Talking to the child, and its life. */
#include "image/bundle.h"

#include <fcntl.h>
#include <string.h>

#include "base/fdpass.h"
#include "base/own.h"
#include "base/sys.h"

int bundle_send(int socket, const struct bundle_message *m, const int *fds, size_t n,
		struct zerr *e)
{
	return fdpass_send(socket, m, sizeof(*m), fds, n) < 0 ? zerr_sys(e, "tell the archiver")
							      : 0;
}

int bundle_receive(int socket, struct bundle_message *ret, int ret_fds[static BUNDLE_FDS],
		   struct zerr *e)
{
	ssize_t n;

	do
		n = fdpass_receive(socket, ret, sizeof(*ret), ret_fds, BUNDLE_FDS, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -EPIPE;
	if (n != (ssize_t)sizeof(*ret))
		return n < 0 ? zerr_sys(e, "hear the archiver")
			     : zerr_set(e, EPROTO, "the archiver sent nonsense");
	ret->name[sizeof(ret->name) - 1] = '\0';
	return 0;
}

static int make_tmpfs(struct zerr *e)
{
	AUTO_CLOSE int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd = -1;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_SET_STRING, "size", "8m", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? zerr_sys(e, "make a tmpfs") : fd;
}

int bundle_start(const struct confined *c, struct image_bundle **ret, struct zerr *e)
{
	struct image_bundle *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return zerr_code(e, ENOMEM, "%s", c->what);
	*b = (struct image_bundle){ .c = *c, .child = CONFINED_NONE, .meta = make_tmpfs(e) };
	b->c.root = b->meta;
	b->c.talks = true;
	r = b->meta < 0 ? b->meta : confined_start(&b->c, &b->child, e);
	if (r < 0) {
		bundle_close(b);
		return r;
	}
	*ret = b;
	return 0;
}

void bundle_close(struct image_bundle *b)
{
	if (!b)
		return;
	confined_stop(&b->child);
	(void)own_close(b->meta);
	free(b);
}
