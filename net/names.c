/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dnsmasq(8): its command line, and the files it reads. All of its names and options are here. */
#include "net/names.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "net/ident.h"

#define PLACE	  ".names"
#define START_MS  20000
#define ENTRY_MAX 512 /* bytes of a file about one NIC */

bool net_probe_names(void)
{
	AUTO_FREE char *path = run_find("dnsmasq");

	return path;
}

bool names_possible(const struct net_env *env)
{
	return env->groups && net_probe_names();
}

static char *group_name(const char *network)
{
	return str_fmt("net-%s", network);
}

/* Its control group. fd, -ENOENT. */
static int open_group(const struct net_env *env, const char *network, bool make, struct zerr *e)
{
	AUTO_FREE char *name = group_name(network);

	if (!env->groups)
		return -ENOENT;
	return name ? env->groups->open(env->groups_arg, name, make, e)
		    : zerr_code(e, ENOMEM, "group of dnsmasq");
}

static int end_group(const struct net_env *env, const char *network, struct zerr *e)
{
	AUTO_FREE char *name = group_name(network);

	if (!env->groups)
		return 0;
	return name ? env->groups->end(env->groups_arg, name, e)
		    : zerr_code(e, ENOMEM, "group of dnsmasq");
}

static int list_pids(const struct net_env *env, const char *network, struct strv *ret)
{
	struct zerr unused = { 0 };
	AUTO_CLOSE int group = open_group(env, network, false, &unused);
	AUTO_BUF struct buf text = { 0 };
	const int r = group < 0 ? group : fs_read(group, "cgroup.procs", 65536, &text);

	return r < 0 || !text.p ? r : strv_split(ret, text.p, "\n");
}

bool names_alive(const struct net_env *env, const char *network)
{
	AUTO_STRV struct strv pids = { 0 };

	return list_pids(env, network, &pids) == 0 && pids.n > 0;
}

/* Have it read its directories anew. Those of its children that answer over TCP pass over it. */
static void reload(const struct net_env *env, const char *network)
{
	AUTO_STRV struct strv pids = { 0 };
	uint64_t pid;

	if (list_pids(env, network, &pids) < 0)
		return;
	for (size_t i = 0; i < pids.n; i++)
		if (parse_u64(pids.v[i], INT32_MAX, &pid) == 0 && pid > 1)
			(void)kill((pid_t)pid, SIGHUP); /* in our group; gone meanwhile is fine */
}

/* ---- start ----------------------------------------------------------------------------------- */

/* Debian's package makes a user for it. */
static const char *user(void)
{
	struct zerr unused = { 0 };
	AUTO_CLOSE int etc = fs_open_dir("/etc", &unused);
	AUTO_BUF struct buf text = { 0 };
	const bool known = etc >= 0 && fs_read(etc, "passwd", 1U << 20, &text) == 0 && text.p &&
			   (str_starts(text.p, "dnsmasq:") || strstr(text.p, "\ndnsmasq:"));

	return known ? "dnsmasq" : "nobody";
}

static int add_ipv4(struct strv *argv, const struct network *n)
{
	const uint32_t mask = (uint32_t)(0xffffffffULL << (32 - n->ipv4.prefix));
	char base[IPNET_TEXT];

	(void)ipnet_address(&n->ipv4, base);
	if (strv_addf(argv, "--dhcp-range=%s,static,%u.%u.%u.%u,1h", base, mask >> 24,
		      mask >> 16 & 255, mask >> 8 & 255, mask & 255) < 0 ||
	    strv_add(argv, "--dhcp-authoritative") < 0)
		return -ENOMEM;
	/* no way leads out of an internal network: no router is told */
	return n->internal ? strv_add(argv, "--dhcp-option=option:router") : 0;
}

static int add_ipv6(struct strv *argv, const struct network *n)
{
	char base[IPNET_TEXT];

	if (!n->ipv6.family)
		return 0;
	/* static: the advertisements say "managed", so nobody makes an address of his own */
	if (strv_add(argv, "--enable-ra") < 0 ||
	    strv_addf(argv, "--dhcp-range=%s,static,64,1h", ipnet_address(&n->ipv6, base)) < 0)
		return -ENOMEM;
	return n->internal ? strv_addf(argv, "--ra-param=%s,0,0", n->name) : 0;
}

static int command_line(struct strv *argv, const struct network *n, const char *place)
{
	static const char *const fixed[] = {
		"--conf-file=/dev/null",
		"--pid-file=",
		"--except-interface=lo",
		"--bind-dynamic",
		"--no-hosts",
		"--domain=" NET_DOMAIN,
		"--expand-hosts",
		"--local=/" NET_DOMAIN "/",
		"--domain-needed",
		"--bogus-priv",
		"--dhcp-lease-max=1000000", /* as many as there are addresses */
		"--dhcp-ignore-names",	    /* zones have the names that they have here */
		"--no-ping",
		"--quiet-dhcp",
		"--quiet-dhcp6",
		"--quiet-ra",
		"--cache-size=1000",
	};
	int r = strv_add(argv, "dnsmasq");

	for (size_t i = 0; r == 0 && i < sizeof(fixed) / sizeof(*fixed); i++)
		r = strv_add(argv, fixed[i]);
	if (r == 0)
		r = strv_addf(argv, "--user=%s", user());
	if (r == 0)
		r = strv_addf(argv, "--interface=%s", n->name);
	if (r == 0)
		r = strv_addf(argv, "--hostsdir=%s/hosts", place);
	if (r == 0)
		r = strv_addf(argv, "--dhcp-hostsdir=%s/dhcp", place);
	if (r == 0)
		r = strv_addf(argv, "--dhcp-leasefile=%s/leases", place);
	if (r == 0 && n->internal)
		r = strv_add(argv, "--no-resolv");
	if (r == 0)
		r = add_ipv4(argv, n);
	return r < 0 ? r : add_ipv6(argv, n);
}

/* The directories, readable for its user. fd of the one that holds them. */
static int make_place(const struct notes *notes, const char *network, struct zerr *e)
{
	AUTO_FREE char *below = str_fmt(PLACE "/%s", network);
	AUTO_CLOSE int dir = below ? fs_subdirs(notes->net, below, 0755, e)
				   : zerr_code(e, ENOMEM, "directories of dnsmasq");
	AUTO_CLOSE int hosts = dir < 0 ? dir : fs_subdir(dir, "hosts", 0755, e);
	AUTO_CLOSE int dhcp = hosts < 0 ? hosts : fs_subdir(dir, "dhcp", 0755, e);

	return dhcp < 0 ? dhcp : own_take_fd(&dir);
}

static int start(const struct net_env *env, const struct network *n, const struct strv *argv,
		 struct zerr *e)
{
	AUTO_CLOSE int group = open_group(env, n->name, true, e);
	const struct run_args args = { .argv = (const char *const *)argv->v,
				       .cgroup_fd = group,
				       .timeout_ms = START_MS };

	if (group < 0)
		return group;
	/* it goes to the background when it serves */
	return zerr_hint(e, run_program(&args, NULL, e),
			 "to do without: zone network set %s dhcp=no", n->name);
}

/* Whether it runs with these arguments; else they are kept, for the next to ask. */
static int note_arguments(int place, const struct strv *argv, bool *ret_same, struct zerr *e)
{
	AUTO_BUF struct buf now = { 0 };
	AUTO_BUF struct buf was = { 0 };

	for (size_t i = 0; i < argv->n; i++)
		buf_fmt(&now, "%s\n", argv->v[i]);
	if (now.failed)
		return zerr_code(e, ENOMEM, "command line of dnsmasq");
	*ret_same = fs_read(place, "arguments", 65536, &was) == 0 && str_eq(was.p, now.p);
	return *ret_same ? 0 : fs_write(place, "arguments", now.p, now.len, 0600, false, e);
}

int names_up(const struct net_env *env, const struct notes *notes, const struct network *n,
	     struct zerr *e)
{
	AUTO_FREE char *path = str_fmt("%s/.net/" PLACE "/%s", env->run_path, n->name);
	AUTO_STRV struct strv argv = { 0 };
	AUTO_CLOSE int place = -1;
	bool same = false;
	int r;

	if (!n->dhcp || !names_possible(env))
		return names_down(env, notes, n->name, e);
	if (!path || command_line(&argv, n, path) < 0)
		return zerr_code(e, ENOMEM, "command line of dnsmasq");
	place = make_place(notes, n->name, e);
	r = place < 0 ? place : note_arguments(place, &argv, &same, e);
	if (r < 0 || (same && names_alive(env, n->name)))
		return r;
	r = end_group(env, n->name, e);
	return r < 0 ? r : start(env, n, &argv, e);
}

int names_quit(const struct net_env *env, const char *network, struct zerr *e)
{
	AUTO_FREE char *name = group_name(network);

	if (!env->groups)
		return 0;
	return name ? env->groups->kill(env->groups_arg, name, e)
		    : zerr_code(e, ENOMEM, "group of dnsmasq");
}

int names_down(const struct net_env *env, const struct notes *notes, const char *network,
	       struct zerr *e)
{
	AUTO_CLOSE int all = fs_open_below(notes->net, PLACE, O_RDONLY | O_DIRECTORY, 0);
	const int r = end_group(env, network, e);

	return r < 0 || all < 0 ? r : fs_remove(all, network, e);
}

/* ---- zones ----------------------------------------------------------------------------------- */

/* A directory of the network's server; -ENOENT when it has none. */
static int open_files(const struct net_env *env, const char *network, const char *which)
{
	AUTO_FREE char *path = str_fmt(".net/" PLACE "/%s/%s", network, which);

	return path ? fs_open_below(env->run, path, O_RDONLY | O_DIRECTORY, 0) : -ENOMEM;
}

static void add_host(struct buf *to, const struct ipnet *address, const char *name)
{
	char text[IPNET_TEXT];

	if (address->family)
		buf_fmt(to, "%s %s\n", ipnet_address(address, text), name);
}

/* "MAC[,MAC],": the second may still have a lease of the address, which the first may take over. */
static void begin_lease(struct buf *to, const char *mac, const char *was)
{
	buf_fmt(to, "%s,", mac);
	if (was && strlen(was) >= MAC_TEXT && strncmp(was, mac, MAC_TEXT - 1) != 0)
		buf_fmt(to, "%.*s,", MAC_TEXT - 1, was);
}

/* What it serves stays while the network is up, by the address: so it is only told anew when that
 * has become another's, which takes a reload. */
static int add_lease(const struct net_env *env, int dir, const struct note *n, struct zerr *e)
{
	AUTO_BUF struct buf now = { 0 };
	AUTO_BUF struct buf rest = { 0 };
	AUTO_BUF struct buf was = { 0 };
	char mac[MAC_TEXT], ipv4[IPNET_TEXT], ipv6[IPNET_TEXT];
	int r;

	(void)ipnet_address(&n->ipv4, ipv4);
	buf_str(&rest, ipv4);
	if (n->ipv6.family)
		buf_fmt(&rest, ",[%s]", ipnet_address(&n->ipv6, ipv6));
	buf_fmt(&rest, ",%s\n", n->zone);
	(void)fs_read(dir, ipv4, ENTRY_MAX, &was); /* none: it was nobody's */
	begin_lease(&now, mac_text(n->mac, mac), was.p);
	buf_str(&now, rest.p ? rest.p : "");
	if (now.failed || rest.failed)
		return zerr_code(e, ENOMEM, "lease");
	if (was.p && str_starts(was.p, mac) && str_ends(was.p, rest.p))
		return 0;
	r = fs_write(dir, ipv4, now.p, now.len, 0644, false, e);
	if (r == 0 && was.p)
		reload(env, n->network);
	return r;
}

int names_add(const struct net_env *env, const struct note *n, struct zerr *e)
{
	AUTO_CLOSE int hosts = open_files(env, n->network, "hosts");
	AUTO_CLOSE int dhcp = open_files(env, n->network, "dhcp");
	AUTO_FREE char *file = note_name(n->zone, n->nic, 0);
	AUTO_BUF struct buf text = { 0 };
	int r;

	if (hosts < 0 || dhcp < 0)
		return hosts == -ENOENT || dhcp == -ENOENT ? 0 : zerr_code(e, EIO, "names");
	add_host(&text, &n->ipv4, n->zone);
	add_host(&text, &n->ipv6, n->zone);
	if (!file || text.failed)
		return zerr_code(e, ENOMEM, "names");
	r = text.len ? fs_write(hosts, file, text.p, text.len, 0644, false, e) : 0;
	return r < 0 || !n->ipv4.family ? r : add_lease(env, dhcp, n, e);
}

int names_remove(const struct net_env *env, const struct note *n, struct zerr *e)
{
	AUTO_CLOSE int hosts = open_files(env, n->network, "hosts");
	AUTO_FREE char *file = note_name(n->zone, n->nic, 0);

	if (hosts < 0)
		return 0;
	return file ? fs_remove(hosts, file, e) : zerr_code(e, ENOMEM, "names");
}

int net_resolver(const struct net_env *env, const struct nic_spec *nic, char ret[static 16],
		 struct zerr *e)
{
	const char *network = net_of(nic);
	char text[IPNET_TEXT];
	struct network n;
	int r = network ? network_get(env, network, &n, e) : -ENOENT;

	if (r == 0 && (!n.dhcp || !names_possible(env)))
		r = -ENOENT;
	if (r < 0)
		return r;
	const struct ipnet server = ipnet_nth(&n.ipv4, 1);

	(void)snprintf(ret, 16, "%s", ipnet_address(&server, text));
	return 0;
}
