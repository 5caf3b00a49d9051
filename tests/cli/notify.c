/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the command-line tests, static so that it runs in any zone: send TEXT to NOTIFY_SOCKET as a
 * service would, then become the command, if one is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc < 2 || !path || strlen(path) >= sizeof(to.sun_path) || fd < 0) {
		fprintf(stderr, "usage: NOTIFY_SOCKET=PATH notify TEXT [COMMAND…]\n");
		return 2;
	}
	memcpy(to.sun_path, path, strlen(path));
	if (sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("sendto");
		return 1;
	}
	if (argc > 2)
		execvp(argv[2], argv + 2);
	return argc > 2 ? 127 : 0;
}
