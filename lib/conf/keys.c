/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * THE key table: file, `set`, `get`, `help KEY`, completion, JSON and the check of zone.conf(5) are
 * all made from it. A new key is one row here, a field in spec.h and a paragraph in the manual; a
 * new block is one more line in parse.c. Keep `.name`, `.type`, `.missing`, `.live` literal:
 * tests/lint/keys.py reads them.
 */
#include "conf/keys.h"

#include <string.h>

#define ZONE(where, member) .place = PLACE_##where, .off = offsetof(struct zone_spec, member)
#define NIC(where, member)                                                                    \
	.place = PLACE_##where, .group = GROUP_NIC, .off = offsetof(struct nic_spec, member), \
	.check_name = check_nic_name
#define NIC_ROOT(where, member) NIC(where, member), .root_only = true
#define MOUNT(where, member)                                                                      \
	.place = PLACE_##where, .group = GROUP_MOUNT, .off = offsetof(struct mount_spec, member), \
	.check_name = check_block_name, .root_only = true
#define DEVICE(where, member)                                                        \
	.place = PLACE_##where, .group = GROUP_DEVICE,                               \
	.off = offsetof(struct device_spec, member), .check_name = check_block_name, \
	.root_only = true
#define PAIRS(prefix, member) ZONE(PAIR, member), .skip = sizeof(prefix) - 1
#define LIMIT		      PAIRS("limits.", limits)

/* clang-format off */
const struct key conf_keys[] = {
	{ .name = "hostname", .type = KEY_STR, .values = "NAME",
	  ZONE(STR, hostname), .check = check_hostname,
	  .help = "host name inside; the zone's name when unset" },
	{ .name = "autostart", .type = KEY_BOOL, .missing = "false", .live = true,
	  ZONE(BOOL, autostart),
	  .help = "start the zone when the host boots" },
	{ .name = "groups", .type = KEY_LIST, .values = "GROUP", .missing = "", .live = true,
	  ZONE(LIST, groups), .check = check_word,
	  .help = "groups that autostart can name" },
	{ .name = "start.after", .type = KEY_LIST,
	  .values = "ZONE", .missing = "", .live = true,
	  ZONE(LIST, start_after), .check = check_zone_name,
	  .help = "zones that autostart starts before this one, when it starts them" },
	{ .name = "start.requires", .type = KEY_LIST,
	  .values = "ZONE", .missing = "", .live = true,
	  ZONE(LIST, start_requires), .check = check_zone_name,
	  .help = "zones that have to run before this one starts: they are started, too" },
	{ .name = "start.order", .type = KEY_UINT, .values = "N", .missing = "0", .live = true,
	  ZONE(UINT, start_order),
	  .help = "autostart begins with the lowest" },
	{ .name = "start.delay", .type = KEY_SECS,
	  .values = "SECONDS", .missing = "0", .live = true,
	  ZONE(UINT, start_delay),
	  .help = "autostart waits so long after this zone before it starts the next" },
	{ .name = "arch", .type = KEY_ENUM,
	  .values = "amd64|arm64|armel|armhf|i386|loong64|mips64el|ppc64el|riscv64|s390x",
	  ZONE(STR, arch),
	  .help = "architecture of the root file system; the host's when unset" },

	{ .name = "init", .type = KEY_STR, .values = "PATH",
	  ZONE(STR, init), .check = check_path,
	  .help = "program that becomes process 1; looked for when unset" },
	{ .name = "init.mode", .type = KEY_ENUM, .values = "boot|stub|plain", .missing = "boot",
	  ZONE(ENUM, init_mode),
	  .help = "what process 1 is: an init system, our stub around a command, the command itself" },
	{ .name = "init.env.NAME", .type = KEY_STR, .values = "TEXT",
	  PAIRS("init.env.", init_env), .check_name = check_env_name,
	  .help = "environment variable of process 1" },

	{ .name = "stop.signal", .type = KEY_STR, .values = "SIGNAL", .live = true,
	  ZONE(STR, stop_signal), .check = check_signal,
	  .help = "signal that asks init to power off; by the kind of init when unset" },
	{ .name = "stop.timeout", .type = KEY_SECS,
	  .values = "SECONDS", .missing = "60", .live = true,
	  ZONE(UINT, stop_timeout),
	  .help = "how long stop waits for init before it kills the zone" },
	{ .name = "reboot.signal", .type = KEY_STR, .values = "SIGNAL", .live = true,
	  ZONE(STR, reboot_signal), .check = check_signal,
	  .help = "signal that asks init to reboot; by the kind of init when unset" },

	{ .name = "restart.policy", .type = KEY_ENUM,
	  .values = "no|on-failure|always", .missing = "no", .live = true,
	  ZONE(ENUM, restart),
	  .help = "start the zone again when it has ended by itself" },
	{ .name = "restart.delay", .type = KEY_SECS,
	  .values = "SECONDS", .missing = "1", .live = true,
	  ZONE(UINT, restart_delay), .check = check_positive,
	  .help = "wait so long before that; twice as long each time in a row" },
	{ .name = "restart.delay_max", .type = KEY_SECS,
	  .values = "SECONDS", .missing = "300", .live = true,
	  ZONE(UINT, restart_delay_max), .check = check_positive,
	  .help = "but never longer; a run that was longer begins a new row" },
	{ .name = "restart.limit", .type = KEY_UINT, .values = "N", .missing = "0", .live = true,
	  ZONE(UINT, restart_limit),
	  .help = "give up after so many restarts in a row; 0 never" },

	{ .name = "health.command", .type = KEY_STR, .values = "COMMAND",
	  ZONE(STR, health_command), .check = check_command,
	  .help = "program inside whose success means that the zone is well" },
	{ .name = "health.interval", .type = KEY_SECS, .values = "SECONDS", .missing = "30",
	  ZONE(UINT, health_interval), .check = check_positive,
	  .help = "how often it is run" },
	{ .name = "health.timeout", .type = KEY_SECS, .values = "SECONDS", .missing = "10",
	  ZONE(UINT, health_timeout), .check = check_positive,
	  .help = "how long it may take; more is a failure" },
	{ .name = "health.retries", .type = KEY_UINT, .values = "N", .missing = "3",
	  ZONE(UINT, health_retries), .check = check_positive,
	  .help = "so many failures in a row make the zone unhealthy" },
	{ .name = "health.start_period", .type = KEY_SECS, .values = "SECONDS", .missing = "0",
	  ZONE(UINT, health_start_period),
	  .help = "how long after the start failures do not count" },
	{ .name = "health.action", .type = KEY_ENUM,
	  .values = "none|restart|stop|kill", .missing = "none",
	  ZONE(ENUM, health_action),
	  .help = "what is done with a zone that has become unhealthy" },

	{ .name = "console.ttys", .type = KEY_UINT, .values = "N", .missing = "0",
	  ZONE(UINT, console_ttys), .check = check_ttys,
	  .help = "terminals beside /dev/console" },
	{ .name = "console.log_size", .type = KEY_SIZE, .values = "SIZE", .missing = "1M",
	  ZONE(SIZE, console_log_size),
	  .help = "size at which the console's log is rotated; 0 for never" },

	{ .name = "journal.link", .type = KEY_ENUM, .values = "none|auto|host", .missing = "none",
	  .root_only = true, ZONE(ENUM, journal),
	  .help = "the zone's journal goes to the host's, in /var/log/journal" },

	{ .name = "root.backend", .type = KEY_STR, .values = "BACKEND",
	  ZONE(STR, backend), .check = check_word,
	  .help = "storage backend of the root file system; set by create" },
	{ .name = "root.size", .type = KEY_SIZE, .values = "SIZE", .live = true,
	  ZONE(SIZE, root_size),
	  .help = "limit of the root file system; none when unset" },
	{ .name = "root.fs", .type = KEY_ENUM, .values = "ext4|xfs|btrfs",
	  ZONE(STR, root_fs),
	  .help = "file system of a root that has its own (loop, lvm); ext4 when unset" },
	{ .name = "lvm.vg", .type = KEY_STR, .values = "GROUP",
	  ZONE(STR, lvm_vg), .check = check_word,
	  .help = "volume group of a root on lvm; zone when unset" },
	{ .name = "lvm.pool", .type = KEY_STR, .values = "POOL",
	  ZONE(STR, lvm_pool), .check = check_word,
	  .help = "thin pool in that group; pool when unset" },

	{ .name = "security.level", .type = KEY_ENUM, .root_only = true,
	  .values = "default|strict|nesting|privileged", .missing = "default",
	  ZONE(ENUM, level),
	  .help = "set of defaults: nesting runs containers inside, privileged has no user namespace" },
	{ .name = "security.no_new_privs", .type = KEY_BOOL, .missing = "false", .root_only = true,
	  ZONE(BOOL, no_new_privs),
	  .help = "set-user-ID programs and file capabilities give nothing inside" },
	{ .name = "security.compat32", .type = KEY_BOOL, .missing = "false", .root_only = true,
	  ZONE(BOOL, compat32),
	  .help = "allow the system calls of the host's 32-bit sister architecture" },
	{ .name = "security.fuse", .type = KEY_BOOL, .missing = "false", .root_only = true,
	  ZONE(BOOL, fuse),
	  .help = "give the zone /dev/fuse" },
	{ .name = "security.tun", .type = KEY_BOOL, .missing = "false", .root_only = true,
	  ZONE(BOOL, tun),
	  .help = "give the zone /dev/net/tun" },
	{ .name = "security.caps_add", .type = KEY_LIST,
	  .values = "CAPABILITY", .missing = "", .root_only = true,
	  ZONE(LIST, caps_add), .check = check_cap,
	  .help = "capabilities added to the level's" },
	{ .name = "security.caps_drop", .type = KEY_LIST,
	  .values = "CAPABILITY", .missing = "", .root_only = true,
	  ZONE(LIST, caps_drop), .check = check_cap,
	  .help = "capabilities taken from the level's" },

	{ .name = "limits.cpu", .type = KEY_STR, .values = "CPUS", .missing = "max", .live = true,
	  LIMIT, .check = check_cpu,
	  .help = "processor time: a number of processors as in 1.5, or a percentage of the host's" },
	{ .name = "limits.cpu_weight", .type = KEY_UINT,
	  .values = "1-10000", .missing = "100", .live = true,
	  LIMIT, .check = check_weight,
	  .help = "share of processor time when zones compete" },
	{ .name = "limits.cpuset", .type = KEY_STR, .values = "CPULIST", .live = true,
	  LIMIT, .check = check_cpuset,
	  .help = "processors the zone may use, as in 0-3,8; all when unset" },
	{ .name = "limits.memory", .type = KEY_STR,
	  .values = "SIZE", .missing = "max", .live = true,
	  LIMIT, .check = check_memory,
	  .help = "memory, as a size or as a percentage of the host's" },
	{ .name = "limits.memory_high", .type = KEY_STR,
	  .values = "SIZE", .missing = "max", .live = true,
	  LIMIT, .check = check_memory,
	  .help = "memory above which the zone is slowed down and reclaimed from" },
	{ .name = "limits.memory_low", .type = KEY_STR,
	  .values = "SIZE", .missing = "0", .live = true,
	  LIMIT, .check = check_amount,
	  .help = "memory that is reclaimed only when nothing else is left" },
	{ .name = "limits.swap", .type = KEY_STR, .values = "SIZE", .missing = "max", .live = true,
	  LIMIT, .check = check_amount,
	  .help = "swap beside the memory" },
	{ .name = "limits.pids", .type = KEY_STR, .values = "N", .missing = "4096", .live = true,
	  LIMIT, .check = check_pids,
	  .help = "processes and threads" },
	{ .name = "limits.io.DEVICE", .type = KEY_STR, .values = "RATES", .live = true,
	  LIMIT, .check = check_io, .check_name = check_device_name,
	  .help = "rates of a block device: rbps=SIZE wbps=SIZE riops=N wiops=N" },
	{ .name = "limits.io_weight", .type = KEY_UINT,
	  .values = "1-10000", .missing = "100", .live = true,
	  LIMIT, .check = check_weight,
	  .help = "share of disk time when zones compete" },
	{ .name = "limits.hugetlb", .type = KEY_STR, .values = "PAGE=SIZE", .live = true,
	  LIMIT, .check = check_hugetlb,
	  .help = "huge pages, for each size of page: 2M=512M 1G=4G" },
	{ .name = "limits.oom", .type = KEY_ENUM,
	  .values = "process|zone", .missing = "process", .live = true,
	  LIMIT,
	  .help = "what is killed when the zone's memory is used up" },
	{ .name = "rlimit.NAME", .type = KEY_STR, .values = "SOFT[:HARD]", .live = true,
	  PAIRS("rlimit.", rlimits), .check = check_rlimit, .check_name = check_rlimit_name,
	  .help = "resource limit of the zone's processes, as in rlimit.nofile" },

	{ .name = "net.NIC.guard.mac", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.mac),
	  .help = "let out only frames from the NIC's own hardware address" },
	{ .name = "net.NIC.guard.ipv4", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.ipv4),
	  .help = "let out only IPv4 and ARP of the NIC's own address" },
	{ .name = "net.NIC.guard.ipv6", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.ipv6),
	  .help = "let out only IPv6 and neighbour discovery of the NIC's own addresses" },
	{ .name = "net.NIC.guard.ra", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.ra),
	  .help = "let no router advertisements out" },
	{ .name = "net.NIC.guard.dhcp", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.dhcp),
	  .help = "let no answers of a DHCP server out" },
	{ .name = "net.NIC.guard.ethertype", .type = KEY_BOOL, .missing = "true",
	  NIC_ROOT(NOT, open.ethertype),
	  .help = "let out only IPv4, ARP and IPv6, no VLAN tags" },
	{ .name = "net.NIC.limits.ingress", .type = KEY_STR, .values = "RATE", .live = true,
	  NIC(STR, ingress), .check = check_rate,
	  .help = "what the zone may receive, in bits per second (10M, 1Gbit)" },
	{ .name = "net.NIC.limits.egress", .type = KEY_STR, .values = "RATE", .live = true,
	  NIC(STR, egress), .check = check_rate,
	  .help = "what the zone may send, in bits per second" },
	{ .name = "net.NIC.type", .type = KEY_ENUM,
	  .values = "veth|routed|macvlan|ipvlan|vlan|phys|none|host|zone", .missing = "veth",
	  NIC(STR, type),
	  .help = "kind of interface" },
	{ .name = "net.NIC.network", .type = KEY_STR, .values = "NETWORK",
	  NIC(STR, network), .check = check_network,
	  .help = "network it is plugged into; the default network when unset" },
	{ .name = "net.NIC.parent", .type = KEY_STR, .values = "INTERFACE",
	  NIC_ROOT(STR, parent), .check = check_word,
	  .help = "interface of the host (or, with type zone, the zone) that it is made from" },
	{ .name = "net.NIC.mode", .type = KEY_ENUM,
	  .values = "bridge|private|vepa|passthru|l2|l3|l3s",
	  NIC(STR, mode),
	  .help = "mode of a macvlan (bridge when unset) or ipvlan (l2 when unset)" },
	{ .name = "net.NIC.address", .type = KEY_LIST, .values = "ADDRESS/BITS",
	  NIC(LIST, addresses), .check = check_cidr,
	  .help = "fixed addresses, one of each family; from the network when unset" },
	{ .name = "net.NIC.gateway", .type = KEY_LIST, .values = "ADDRESS",
	  NIC(LIST, gateways), .check = check_gateway,
	  .help = "default routes, one of each family, or none; the network's when unset" },
	{ .name = "net.NIC.mac", .type = KEY_STR, .values = "MAC",
	  NIC(STR, mac), .check = check_mac,
	  .help = "hardware address; made from the zone's identity when unset" },
	{ .name = "net.NIC.mtu", .type = KEY_UINT, .values = "BYTES",
	  NIC(UINT, mtu), .check = check_mtu,
	  .help = "largest packet; the network's when unset" },
	{ .name = "net.NIC.vlan", .type = KEY_UINT, .values = "1-4094",
	  NIC_ROOT(UINT, vlan), .check = check_vlan,
	  .help = "VLAN of a NIC of type vlan, or of untagged frames on a VLAN-aware network" },
	{ .name = "net.NIC.vlans", .type = KEY_LIST, .values = "1-4094",
	  NIC_ROOT(LIST, vlans), .check = check_vlan,
	  .help = "VLANs whose tags pass, on a VLAN-aware network" },
	{ .name = "forward.PORT", .type = KEY_STR, .values = "ZONEPORT", .live = true,
	  PAIRS("forward.", forwards), .check = check_forward, .check_name = check_forward_name,
	  .help = "port of the host ([ADDRESS:]PORT[-PORT][/udp]) that leads to a port of the zone" },

	{ .name = "mount.NAME.source", .type = KEY_STR, .values = "PATH", .live = true,
	  MOUNT(STR, source), .check = check_source,
	  .help = "directory or file of the host, or the word tmpfs" },
	{ .name = "mount.NAME.target", .type = KEY_STR, .values = "PATH", .live = true,
	  MOUNT(STR, target), .check = check_path,
	  .help = "where it appears inside" },
	{ .name = "mount.NAME.readonly", .type = KEY_BOOL, .missing = "false", .live = true,
	  MOUNT(BOOL, readonly),
	  .help = "the zone cannot write to it" },
	{ .name = "mount.NAME.idmap", .type = KEY_BOOL, .missing = "true", .live = true,
	  MOUNT(NOT, noidmap),
	  .help = "shift owners by the zone's ids, so that root on disk is the zone's root" },
	{ .name = "mount.NAME.options", .type = KEY_STR, .values = "OPTION[,OPTION]", .live = true,
	  MOUNT(STR, options), .check = check_options,
	  .help = "mount options, as in nosuid,nodev,noexec" },
	{ .name = "mount.NAME.optional", .type = KEY_BOOL, .missing = "false", .live = true,
	  MOUNT(BOOL, optional),
	  .help = "start without it when the source is missing" },
	{ .name = "mount.NAME.size", .type = KEY_SIZE, .values = "SIZE", .live = true,
	  MOUNT(SIZE, size),
	  .help = "size of a tmpfs" },

	{ .name = "hook.timeout", .type = KEY_SECS,
	  .values = "SECONDS", .missing = "30", .root_only = true,
	  ZONE(UINT, hook_timeout), .check = check_positive,
	  .help = "how long each hook may take before it is killed and has failed" },
	{ .name = "hook.NAME", .type = KEY_STR, .values = "COMMAND", .root_only = true,
	  PAIRS("hook.", hooks), .check = check_command, .check_name = check_hook_name,
	  .help = "program for prestart, created, start, poststart, prestop, stop or poststop" },

	{ .name = "credential.ID", .type = KEY_STR, .values = "TEXT|base64:TEXT",
	  PAIRS("credential.", credentials), .max = CREDENTIAL_MAX,
	  .check = check_credential, .check_name = check_credential_name,
	  .help = "file below /run/host/credentials, for init and its services" },

	{ .name = "device.NAME.path", .type = KEY_STR, .values = "PATH", .live = true,
	  DEVICE(STR, path), .check = check_device_path,
	  .help = "device node of the host that the zone gets, as in /dev/kvm" },
	{ .name = "device.NAME.target", .type = KEY_STR, .values = "PATH", .live = true,
	  DEVICE(STR, target), .check = check_device_path,
	  .help = "where it appears inside; the same path when unset" },
	{ .name = "device.NAME.access", .type = KEY_STR,
	  .values = "rwm", .missing = "rw", .live = true,
	  DEVICE(STR, access), .check = check_access,
	  .help = "what the zone may do: r read, w write, m make nodes of it" },
	{ .name = "device.NAME.mode", .type = KEY_STR,
	  .values = "OCTAL", .missing = "0660", .live = true,
	  DEVICE(STR, mode), .check = check_mode,
	  .help = "permissions of the node inside" },
	{ .name = "device.NAME.uid", .type = KEY_UINT, .values = "UID", .missing = "0", .live = true,
	  DEVICE(UINT, uid), .check = check_inner_id,
	  .help = "owner of the node, as the zone numbers users" },
	{ .name = "device.NAME.gid", .type = KEY_UINT, .values = "GID", .missing = "0", .live = true,
	  DEVICE(UINT, gid), .check = check_inner_id,
	  .help = "group of the node, as the zone numbers groups" },
	{ .name = "device.NAME.optional", .type = KEY_BOOL, .missing = "false", .live = true,
	  DEVICE(BOOL, optional),
	  .help = "start without it when the host has no such device" },

	{ .name = "sysctl.NAME", .type = KEY_STR, .values = "TEXT", .live = true,
	  PAIRS("sysctl.", sysctls), .check = check_filled, .check_name = check_sysctl_name,
	  .help = "kernel parameter of the zone's namespaces, as in sysctl.net.ipv4.ip_forward" },
	{ .name = "raw.cgroup.FILE", .type = KEY_STR,
	  .values = "TEXT", .live = true, .root_only = true,
	  PAIRS("raw.cgroup.", raw_cgroup), .check = check_filled, .check_name = check_cgroup_file,
	  .help = "text written to that file of the zone's control group" },
	{ .name = "user.NAME", .type = KEY_STR, .values = "TEXT", .live = true,
	  PAIRS("user.", user), .check_name = check_free_name,
	  .help = "anything of yours; zone keeps it and never reads it" },
	{ 0 },
};
/* clang-format on */

/* Where the word in capitals begins, or the end of @name. */
static const char *free_word(const char *name)
{
	while (*name &&
	       (*name < 'A' || *name > 'Z')) /* strcspn() makes a table first: too slow here */
		name++;
	return name;
}

const char *key_part(const struct key *k, const char *path, size_t *ret_len)
{
	const char *word = free_word(k->name), *tail = word + strcspn(word, ".");
	const size_t head = (size_t)(word - k->name), rest = strlen(tail), len = strlen(path);

	if (!*word || len <= head + rest || strncmp(path, k->name, head) != 0 ||
	    strcmp(path + len - rest, tail) != 0)
		return NULL;
	*ret_len = len - head - rest;
	return path + head;
}

size_t key_group_len(const struct key *k, const char *path)
{
	const char *word = free_word(k->name);

	return strlen(path) - strlen(word + strcspn(word, "."));
}

const struct key *conf_key_find(const char *path)
{
	size_t len;

	for (const struct key *k = conf_keys; k->name; k++) {
		if (*k->name == *path && (strcmp(k->name, path) == 0 || key_part(k, path, &len)))
			return k;
	}
	return NULL;
}

bool key_block(const char *name, size_t len, bool *ret_titled)
{
	for (const struct key *k = conf_keys; k->name; k++) {
		if (strncmp(k->name, name, len) != 0 || k->name + len > free_word(k->name))
			continue;
		if (k->name[len] == '\0')
			return false; /* `init` is a value, so init.mode stands outside of blocks */
		if (k->name[len] == '.') {
			*ret_titled = k->group != GROUP_ZONE;
			return true;
		}
	}
	return false;
}

/* @r, an error, with the nearest of @words to @path as a hint. */
static int suggest(const char *path, const struct strv *words, struct zerr *e, int r)
{
	const char *near = words->n > 0 ? str_nearest(path, (const char *const *)words->v) : NULL;

	return near ? zerr_hint(e, r, "did you mean %s?", near)
		    : zerr_hint(e, r, "\"zone help keys\" lists them");
}

/* What the user may have meant by @k: its name, the word in capitals replaced by the middle of
 * @path. */
static int add_guess(struct strv *v, const struct key *k, const char *path)
{
	const char *word = free_word(k->name), *end = strrchr(path, '.');
	const size_t head = (size_t)(word - k->name);

	if (k->group == GROUP_ZONE || !end || strncmp(path, k->name, head) != 0 ||
	    end <= path + head)
		return strv_add(v, k->name);
	return strv_addf(v, "%.*s%s", (int)(end - path), path, word + strcspn(word, "."));
}

int conf_key_unknown(const char *path, struct zerr *e)
{
	AUTO_STRV struct strv v = { 0 };
	const int r = zerr_as(e, ZERR_USAGE, "%.200s: unknown key", path);

	for (const struct key *k = conf_keys; k->name; k++) {
		if (add_guess(&v, k, path) < 0)
			return r;
	}
	return suggest(path, &v, e, r);
}

int key_block_unknown(const char *name, struct zerr *e)
{
	AUTO_STRV struct strv v = { 0 };
	const int r = zerr_as(e, ZERR_USAGE, "%.200s: unknown block", name);

	for (const struct key *k = conf_keys; k->name; k++) {
		const size_t n = strcspn(k->name, ".");

		if (k->name[n] && strv_addf(&v, "%.*s", (int)n, k->name) < 0)
			return r;
	}
	return suggest(name, &v, e, r);
}
