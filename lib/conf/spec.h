/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zone as its configuration describes it: plain data, read-only once loaded. Where a default
 * depends on the host or on the zone's name the field is NULL or 0 and its user decides. The key
 * table (keys.h) is the one place that knows which key fills which field.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum init_mode { INIT_BOOT, INIT_STUB, INIT_PLAIN };
enum journal_link { JOURNAL_NONE, JOURNAL_AUTO, JOURNAL_HOST };
enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum health_action { HEALTH_NONE, HEALTH_RESTART, HEALTH_STOP, HEALTH_KILL };
enum security_level { LEVEL_DEFAULT, LEVEL_STRICT, LEVEL_NESTING, LEVEL_PRIVILEGED };

/* Free-form pairs of a family of keys: sysctl.NAME, user.NAME, init.env.NAME, rlimit.NAME, … */
struct pair {
	char *name;
	char *value;
};
struct pairs {
	struct pair *v;
	size_t n;
};

/* What a zone may send although it could deceive or disturb others; all false by default. */
struct nic_open {
	bool mac, ipv4, ipv6, ra, dhcp, ethertype;
};

struct nic_spec {		/* net.NIC.* */
	char *name;		/* inside the zone */
	char *type;		/* "veth" (default), "macvlan", "none", … */
	char *network;		/* NULL: the default network */
	char *parent;		/* interface of the host, in place of a network; a zone's name */
	char *mode;		/* of macvlan and ipvlan */
	struct strv addresses;	/* "10.77.0.5/16", one of each family; none: from the lease */
	struct strv gateways;	/* one of each family, or "none"; empty: the network's */
	char *mac;		/* "02:…"; NULL: from zone id and name */
	char *ingress, *egress; /* bits per second, for parse_rate(); NULL: no limit */
	unsigned mtu;		/* 0: the network's */
	unsigned vlan;		/* 0: none */
	struct strv vlans;
	struct nic_open open;
};

struct mount_spec { /* mount.NAME.* */
	char *name;
	char *source;
	char *target;
	char *options;
	uint64_t size; /* tmpfs */
	bool readonly;
	bool noidmap; /* idmap = false */
	bool optional;
};

struct device_spec { /* device.NAME.* */
	char *name;
	char *path;	   /* node of the host */
	char *target;	   /* inside; NULL: the same */
	char *access;	   /* of "rwm" */
	char *mode;	   /* octal */
	unsigned uid, gid; /* inside */
	bool optional;
};

struct zone_spec {
	/* identity and life */
	char *hostname; /* NULL: the zone's name */
	char *arch;	/* Debian's name; NULL: the host's */
	bool autostart;
	struct strv groups;
	struct strv start_after, start_requires; /* names of zones */
	unsigned start_order, start_delay;	 /* seconds */
	char *init;				 /* path inside; NULL: looked for */
	enum init_mode init_mode;
	struct pairs init_env;
	char *stop_signal;     /* NULL: by the kind of init */
	unsigned stop_timeout; /* seconds, 60 */
	char *reboot_signal;
	enum restart_policy restart;
	unsigned restart_delay, restart_delay_max;		       /* seconds */
	unsigned restart_limit;					       /* in a row; 0: none */
	char *health_command;					       /* NULL: no checks */
	unsigned health_interval, health_timeout, health_start_period; /* seconds */
	unsigned health_retries;
	enum health_action health_action;
	unsigned console_ttys; /* beside /dev/console */
	uint64_t console_log_size;
	enum journal_link journal;

	/* root */
	char *backend;	    /* root.backend; never NULL in an installed zone */
	uint64_t root_size; /* root.size; 0: no limit */
	char *root_fs;	    /* root.fs; NULL: the backend's choice */
	char *lvm_vg, *lvm_pool;

	/* security.* */
	enum security_level level;
	bool no_new_privs;
	bool compat32;
	bool fuse;
	bool tun;
	struct strv caps_add;
	struct strv caps_drop;

	/* families */
	struct nic_spec *nics;
	size_t nics_n;
	struct mount_spec *mounts;
	size_t mounts_n;
	struct device_spec *devices;
	size_t devices_n;
	struct pairs limits; /* limits.NAME, as given */
	struct pairs rlimits;
	struct pairs credentials;
	struct pairs hooks;    /* by their names */
	unsigned hook_timeout; /* seconds, of each */
	struct pairs sysctls;
	struct pairs raw_cgroup;
	struct pairs forwards; /* forward.[ADDRESS:]PORT[-PORT][/udp] = port in the zone */
	struct pairs user;
};

/* All defaults. */
void spec_init(struct zone_spec *s);
/* Release what is in it; it may be initialised again. */
void spec_done(struct zone_spec *s);
#define AUTO_SPEC __attribute__((cleanup(spec_done)))

/* The value called @name, or NULL. */
const char *pairs_get(const struct pairs *p, const char *name);
/* Add or replace. 0 or -ENOMEM. */
int pairs_set(struct pairs *p, const char *name, const char *value);
void pairs_done(struct pairs *p);
#define AUTO_PAIRS __attribute__((cleanup(pairs_done)))
