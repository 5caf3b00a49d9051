/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is sent of an array with gaps is a byte for each place, and the descriptors that are there.
 */
#include "base/fdpass.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union control {
	char room[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
	struct cmsghdr align;
};

int fdpass_send(int sock, const void *data, size_t len, const int *fds, size_t n)
{
	union control control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		memset(&control, 0, CMSG_SPACE(sizeof(int) * n));
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(sizeof(int) * n) };
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n);
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t fdpass_receive(int sock, void *data, size_t len, int *ret_fds, size_t n, int flags)
{
	union control control;
	struct iovec iov = { data, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_LEN(sizeof(int) * n) };
	const ssize_t r = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | flags);
	const struct cmsghdr *c = r > 0 ? CMSG_FIRSTHDR(&m) : NULL;

	for (size_t i = 0; i < n; i++)
		ret_fds[i] = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return r;
}

int fdpass_send_some(int sock, const int *fds, size_t n)
{
	unsigned char map[FDPASS_MAX];
	int there[FDPASS_MAX];
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		map[i] = fds[i] >= 0;
		if (map[i])
			there[k++] = fds[i];
	}
	return fdpass_send(sock, map, n, there, k);
}

int fdpass_receive_some(int sock, int *ret_fds, size_t n, int flags)
{
	unsigned char map[FDPASS_MAX];
	int there[FDPASS_MAX];
	ssize_t r;
	size_t k = 0;

	do
		r = fdpass_receive(sock, map, n, there, n, flags);
	while (r < 0 && errno == EINTR);
	if (r != (ssize_t)n)
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		ret_fds[i] = map[i] ? there[k++] : -1;
		if (map[i] && ret_fds[i] < 0)
			return -ESRCH;
	}
	return 0;
}
