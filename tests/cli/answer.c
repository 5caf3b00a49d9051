/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the command-line tests, static so that it runs in any zone: answer WORD to every TCP client
 * and UDP packet at PORT, over both families.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener(int type, in_port_t port)
{
	const struct sockaddr_in6 at = { .sin6_family = AF_INET6,
					 .sin6_port = htons(port),
					 .sin6_addr = in6addr_any };
	const int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	const int yes = 1, no = 0;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) != 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) != 0)) {
		perror("answer");
		exit(1);
	}
	return fd;
}

static void answer_client(int listening, const char *word)
{
	const int fd = accept(listening, NULL, NULL);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", word);
	close(fd);
}

/* The reply leaves from the address that was asked: the socket is bound to any, so the kernel would
 * choose. */
static void answer_packet(int fd, const char *word)
{
	char in[2048], control[256], line[256];
	struct sockaddr_in6 from;
	struct iovec data = { .iov_base = in, .iov_len = sizeof(in) };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	if (recvmsg(fd, &msg, 0) < 0)
		return;
	data = (struct iovec){ .iov_base = line,
			       .iov_len = (size_t)snprintf(line, sizeof(line), "%s\n", word) };
	if (sendmsg(fd, &msg, 0) < 0)
		perror("answer");
}

int main(int argc, char **argv)
{
	const int yes = 1;

	if (argc != 3 || strlen(argv[2]) > 200) {
		fprintf(stderr, "usage: answer PORT WORD\n");
		return 2;
	}
	const in_port_t port = (in_port_t)atoi(argv[1]);
	struct pollfd at[] = { { .fd = listener(SOCK_STREAM, port), .events = POLLIN },
			       { .fd = listener(SOCK_DGRAM, port), .events = POLLIN } };

	if (setsockopt(at[1].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes)) != 0)
		return 1;
	while (poll(at, 2, -1) > 0 || errno == EINTR) {
		if (at[0].revents)
			answer_client(at[0].fd, argv[2]);
		if (at[1].revents)
			answer_packet(at[1].fd, argv[2]);
	}
	return 1;
}
