/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces, directories and a service for the network tests. */
#include "net_lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/addr.h"
#include "net/elem.h"

#define PORT	   7007
#define CONNECT_MS 3000

static int host_netns(void)
{
	const int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

int lab_enter(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		(void)fprintf(stderr, "skipped: network and mount namespaces: %s\n",
			      strerror(errno));
		exit(77);
	}
	if (access("/proc/sys/net/ipv6", F_OK) < 0) {
		(void)fprintf(stderr, "skipped: no IPv6 in this kernel\n");
		exit(77);
	}
	return 0;
}

int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct zerr e = { 0 };

	assert_non_null(lab);
	strcpy(lab->dir, "/tmp/zone-net-XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	lab->env.host = fs_open_dir(lab->dir, &e);
	lab->env.run = fs_subdir(lab->env.host, "run", 0755, &e);
	lab->env.helper = ZONE_NFT;
	lab->env.lock_wait_ms = 10000;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	nl_drop_kept();
	assert_int_equal(nl_open(&lab->nl, &e), 0);
	assert_int_equal(link_up(&lab->nl, LINK_LO, 0, &e), 0);
	lab_sysctl(-1, "ipv4/ip_forward", "0"); /* a new namespace has what the machine has */
	*state = lab;
	return 0;
}

int lab_close(void **state)
{
	struct lab *lab = *state;
	struct zerr e = { 0 };
	AUTO_CLOSE int tmp = fs_open_dir("/tmp", &e);

	/* the ends of dropped namespaces go some milliseconds later */
	for (int i = 0; i < 500 && lab_links() > 0; i++)
		(void)usleep(10000);
	assert_int_equal(lab_links(), 0);
	assert_false(lab_has_table());
	nl_close(&lab->nl);
	own_close(lab->env.host);
	own_close(lab->env.run);
	assert_int_equal(fs_remove(tmp, lab->dir + strlen("/tmp/"), &e), 0);
	free(lab);
	return 0;
}

int lab_netns(void)
{
	AUTO_CLOSE int host = host_netns();
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = host_netns();
	assert_int_equal(setns(host, CLONE_NEWNET), 0);
	return fd;
}

void lab_zone(struct lab *lab, struct lab_zone *z, unsigned slot, unsigned taken_n)
{
	char nic_name[] = "eth0";
	const struct nic_spec nic = { .name = nic_name };
	AUTO_STRV struct strv taken = { 0 };
	struct zerr e = { 0 };

	*z = (struct lab_zone){ .slot = slot };
	(void)snprintf(z->name, sizeof(z->name), "web-%u", slot);
	for (unsigned i = 0; i < taken_n; i++)
		assert_int_equal(strv_addf(&taken, "10.77.0.%u/16", i + 2), 0);
	if (net_lease(&lab->env, &nic, slot, &taken, NULL, &z->lease, &e) < 0)
		fail_msg("lease: %s", e.msg);
	z->netns = lab_netns();
}

int lab_try(struct lab *lab, struct lab_zone *z, struct zerr *e)
{
	const struct net_user user = {
		.zone = z->name, .slot = z->slot, .generation = 1, .netns_fd = z->netns
	};
	char nic_name[16];
	struct nic_spec nic = z->nic;

	memcpy(nic_name, z->lease.nic, sizeof(nic_name));
	nic.name = nic_name;
	return net_up(&lab->env, &user, &nic, &z->lease, &z->link, e);
}

double lab_up(struct lab *lab, struct lab_zone *z)
{
	struct timespec a, b;
	struct zerr e = { 0 };
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	r = lab_try(lab, z, &e);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	if (r < 0)
		fail_msg("up: %s", e.msg);
	return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

void lab_down(struct lab *lab, struct lab_zone *z)
{
	struct zerr e = { 0 };

	z->netns = own_close(z->netns);
	if (net_down(&lab->env, z->name, &z->link, -1, false, &e) < 0)
		fail_msg("down: %s", e.msg);
}

int lab_in(int netns, int (*fn)(const void *arg), const void *arg)
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (netns >= 0 && setns(netns, CLONE_NEWNET) < 0)
			_exit(125);
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int write_sysctl(const void *arg)
{
	const char *const *words = arg;
	AUTO_FREE char *path = str_fmt("/proc/sys/net/%s", words[0]);
	AUTO_CLOSE int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

	return fd >= 0 && fs_write_all(fd, words[1], strlen(words[1])) == 0 ? 0 : 1;
}

void lab_sysctl(int netns, const char *path, const char *value)
{
	const char *const words[] = { path, value };

	assert_int_equal(lab_in(netns, write_sysctl, words), 0);
}

char lab_sysctl_get(const char *path)
{
	AUTO_FREE char *full = str_fmt("/proc/sys/net/%s", path);
	AUTO_CLOSE int fd = open(full, O_RDONLY | O_CLOEXEC);
	char c = '\0';

	assert_int_equal(read(fd, &c, 1), 1);
	return c;
}

bool lab_has_table(void)
{
	return elem_has_set(ELEM_INET, "one6") || elem_has_set(ELEM_BRIDGE, "ports");
}

struct wanted {
	unsigned index;
	struct ipnet net;
	bool found;
};

static int match_address(const struct addr_entry *a, void *arg)
{
	struct wanted *w = arg;

	w->found |= a->index == w->index && a->net.family == w->net.family &&
		    a->net.prefix == w->net.prefix && memcmp(a->net.addr, w->net.addr, 16) == 0;
	return 0;
}

bool lab_has_address(struct nl *nl, unsigned index, const char *text)
{
	struct wanted w = { .index = index };
	struct zerr e = { 0 };
	int r = -EAGAIN; /* others changed the list meanwhile */

	assert_int_equal(ipnet_parse(&w.net, text), 0);
	for (int i = 0; i < 100 && r == -EAGAIN; i++)
		r = addr_list(nl, match_address, &w, &e);
	assert_int_equal(r, 0);
	return w.found;
}

unsigned lab_index(struct nl *nl, const char *name)
{
	struct link_info link = { 0 };
	struct zerr e = { 0 };

	return link_get(nl, name, &link, &e) == 0 ? link.index : 0;
}

static void add_addresses(struct nl *nl, const char *name, const char *addresses)
{
	AUTO_STRV struct strv words = { 0 };
	struct zerr e = { 0 };
	struct ipnet n;

	assert_int_equal(strv_split(&words, addresses, " "), 0);
	assert_int_equal(link_up(nl, lab_index(nl, name), 0, &e), 0);
	for (size_t i = 0; i < words.n; i++) {
		assert_int_equal(ipnet_parse(&n, words.v[i]), 0);
		assert_int_equal(addr_add(nl, lab_index(nl, name), &n, &e), 0);
	}
}

void lab_cable(struct lab *lab, const char *name, const char *addresses, int netns,
	       const char *peer_addresses)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	const struct veth v = { .name = name,
				.mtu = 1500,
				.peer_name = "eth0",
				.peer_mac = mac,
				.peer_mtu = 1500,
				.netns_fd = netns };
	AUTO_NL struct nl inside = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(link_add_veth(&lab->nl, &v, &e), 0);
	assert_int_equal(nl_open_in(&inside, netns, &e), 0);
	add_addresses(&lab->nl, name, addresses);
	add_addresses(&inside, "eth0", peer_addresses);
}

unsigned lab_links(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned n = 0;

	assert_non_null(all);
	while (all[n].if_index)
		n++;
	if_freenameindex(all);
	return n - 1;
}

/* A service for both families; a v4 client's address is told as v4. */
static int serve(int ready)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int off = 0, on = 1;
	struct sockaddr_in6 peer;
	char text[INET6_ADDRSTRLEN];

	(void)setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 8) < 0 || write(ready, "", 1) != 1)
		return 1;
	for (;;) {
		socklen_t len = sizeof(peer);
		AUTO_CLOSE int fd = accept(listener, (struct sockaddr *)&peer, &len);
		const char *told = text;

		if (fd < 0 || !inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text)))
			return 1;
		if (strncmp(text, "::ffff:", 7) == 0)
			told += 7;
		(void)fs_write_all(fd, told, strlen(told)); /* the client notices */
	}
}

pid_t lab_serve(int netns)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(setns(netns, CLONE_NEWNET) < 0 ? 1 : serve(ready[1]));
	}
	own_close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	own_close(ready[0]);
	return pid;
}

void lab_stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct fetch {
	const char *address;
	int out;
};

static int fetch(const void *arg)
{
	const struct fetch *f = arg;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const bool is_six = inet_pton(AF_INET6, f->address, &six.sin6_addr) == 1;
	const struct timeval limit = { .tv_sec = CONNECT_MS / 1000 };
	const int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[64];
	ssize_t n;
	int r;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (is_six)
		r = connect(fd, (const struct sockaddr *)&six, sizeof(six));
	else if (inet_pton(AF_INET, f->address, &four.sin_addr) != 1)
		return 2;
	else
		r = connect(fd, (const struct sockaddr *)&four, sizeof(four));
	n = r < 0 ? -1 : read(fd, text, sizeof(text));
	return n > 0 && fs_write_all(f->out, text, (size_t)n) == 0 ? 0 : 1;
}

bool lab_fetch(int netns, const char *address, char ret[static 64])
{
	struct fetch f = { .address = address };
	int pair[2];
	ssize_t n;
	int status;

	assert_int_equal(pipe(pair), 0);
	f.out = pair[1];
	status = lab_in(netns, fetch, &f);
	own_close(pair[1]);
	n = read(pair[0], ret, 63);
	own_close(pair[0]);
	ret[n > 0 ? n : 0] = '\0';
	return status == 0 && n > 0;
}
