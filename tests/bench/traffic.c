/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traffic between two namespaces, for the benchmark: round trips of one byte and a stream, over
 * TCP.
 *
 *   traffic serve PORT                 answers until it is killed; prints a line when it listens
 *   traffic rtt ADDRESS PORT N         median of N round trips, in microseconds
 *   traffic stream ADDRESS PORT MS     what the other side took in that time, in Mbit/s
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	  (128 * 1024)
#define ROUND_MAX 1000000

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		fail("address");
	return a;
}

static int tcp(void)
{
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		fail("socket");
	return fd;
}

/* The first byte says what is wanted: 'r' is sent back byte by byte, 's' is counted to its end. */
static void answer(int fd)
{
	static char buf[CHUNK];
	uint64_t sum = 0;
	ssize_t n;
	char c;

	if (read(fd, &c, 1) != 1)
		return;
	if (c == 'r') {
		while (write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1)
			;
		return;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += (uint64_t)n;
	(void)!write(fd, &sum, sizeof(sum));
}

static _Noreturn void serve(const char *port)
{
	const struct sockaddr_in any = address("0.0.0.0", port);
	const int listener = tcp();

	if (bind(listener, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 8) < 0)
		fail("listen");
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		const int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			fail("accept");
		if (fork() == 0) {
			answer(fd);
			_exit(0);
		}
		(void)close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int dial(const char *host, const char *port, char what)
{
	const struct sockaddr_in a = address(host, port);
	const int fd = tcp();

	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || write(fd, &what, 1) != 1)
		fail("connect");
	return fd;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void rtt(int fd, unsigned n)
{
	double *took = calloc(n, sizeof(*took));
	char c = 'x';

	if (!took || n == 0 || n > ROUND_MAX || read(fd, &c, 1) != 1)
		fail("rtt");
	for (unsigned i = 0; i < n; i++) {
		const double began = now_us();

		if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
			fail("round trip");
		took[i] = now_us() - began;
	}
	qsort(took, n, sizeof(*took), by_size);
	(void)printf("%.3f\n", took[n / 2]);
}

static void stream(int fd, double ms)
{
	static char buf[CHUNK];
	const double began = now_us(), end = began + ms * 1e3;
	uint64_t sum;

	while (now_us() < end)
		if (write(fd, buf, sizeof(buf)) < 0)
			fail("stream");
	if (shutdown(fd, SHUT_WR) < 0 || read(fd, &sum, sizeof(sum)) != sizeof(sum))
		fail("sum");
	(void)printf("%.1f\n", (double)sum * 8 / (now_us() - began));
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	if (argc == 5 && strcmp(argv[1], "rtt") == 0)
		rtt(dial(argv[2], argv[3], 'r'), (unsigned)strtoul(argv[4], NULL, 10));
	else if (argc == 5 && strcmp(argv[1], "stream") == 0)
		stream(dial(argv[2], argv[3], 's'), strtod(argv[4], NULL));
	else
		return 2;
	return 0;
}
