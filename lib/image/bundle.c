/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Talking to the child, and its life. */
#include "image/bundle.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "base/sys.h"

int bundle_send(int socket, const struct bundle_message *m, const int *fds, size_t n,
		struct zerr *e)
{
	char control[CMSG_SPACE(BUNDLE_FDS * sizeof(int))] = "";
	struct iovec io = { .iov_base = (void *)(uintptr_t)m, .iov_len = sizeof(*m) };
	struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1 };

	if (n) {
		h.msg_control = control;
		h.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&h);

		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				       .cmsg_type = SCM_RIGHTS,
				       .cmsg_len = CMSG_LEN(n * sizeof(int)) };
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	return sendmsg(socket, &h, MSG_NOSIGNAL) < 0 ? zerr_sys(e, "tell the archiver") : 0;
}

int bundle_receive(int socket, struct bundle_message *ret, int ret_fds[static BUNDLE_FDS],
		   struct zerr *e)
{
	char control[CMSG_SPACE(BUNDLE_FDS * sizeof(int))];
	struct iovec io = { .iov_base = ret, .iov_len = sizeof(*ret) };
	struct msghdr h = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n;

	for (int i = 0; i < BUNDLE_FDS; i++)
		ret_fds[i] = -1;
	do
		n = recvmsg(socket, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL; c; c = CMSG_NXTHDR(&h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(ret_fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
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

int bundle_start(struct image_bundle *b, struct zerr *e)
{
	b->meta = make_tmpfs(e);
	if (b->meta < 0)
		return b->meta;
	b->c.root = b->meta;
	b->c.talks = true;
	return confined_start(&b->c, &b->child, e);
}

void bundle_close(struct image_bundle *b)
{
	if (!b)
		return;
	confined_stop(&b->child);
	(void)own_close(b->meta);
	free(b);
}
