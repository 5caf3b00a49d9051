/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside conf/: what the rows of the key table refer to. Checks look at text alone, never at the
 * host: a file must read the same everywhere.
 */
#pragma once

#include "conf/conf.h"

enum key_place {
	PLACE_STR,  /* char * */
	PLACE_BOOL, /* bool */
	PLACE_NOT,  /* bool that says the opposite of the key */
	PLACE_UINT, /* unsigned */
	PLACE_SIZE, /* uint64_t */
	PLACE_ENUM, /* an enum in the order of key->values */
	PLACE_LIST, /* struct strv */
	PLACE_PAIR, /* struct pairs */
};

enum key_group { GROUP_ZONE, GROUP_NIC, GROUP_MOUNT, GROUP_DEVICE, GROUP_N };

/* The part of @path that stands for the word in capitals of @k's name; NULL when there is none.
 * *@ret_len is its length. */
const char *key_part(const struct key *k, const char *path, size_t *ret_len);
/* The length of the part of @path, one of @k's, that names its NIC or mount: 8 of "net.eth0.mtu".
 */
size_t key_group_len(const struct key *k, const char *path);
/* True when a block called as the first @len characters of @name may stand in a file; *@ret_titled:
 * it has a name of its own, as NICs do. */
bool key_block(const char *name, size_t len, bool *ret_titled);

/* Usage error that names the block and suggests the nearest. */
int key_block_unknown(const char *name, struct zerr *e);

/* Check @values (one, or any number for a list) and put them where @k says. 0, a usage error
 * without the path in it, or -ENOMEM. */
int key_store(struct zone_spec *s, const struct key *k, const char *path, const struct strv *values,
	      struct zerr *e);
/* The value as text, the default when unset. 0, or -ENOENT when it has none; no message. */
int key_text(const struct zone_spec *s, const struct key *k, const char *path, struct buf *ret);
/* Named blocks (group.c): @g is none of GROUP_ZONE's. Members are borrowed from @s until the next
 * is added. Make the one called @name when it is not there: 0, a usage error or -ENOMEM. */
int group_add(struct zone_spec *s, enum key_group g, const char *name, struct zerr *e);
size_t group_count(const struct zone_spec *s, enum key_group g);
void *group_at(const struct zone_spec *s, enum key_group g, size_t i);
const char *group_name(const struct zone_spec *s, enum key_group g, size_t i);
/* By the first @len characters of @name; NULL when there is none. */
void *group_find(const struct zone_spec *s, enum key_group g, const char *name, size_t len);
/* "net" and its like; GROUP_ZONE for any other word. */
enum key_group group_of_block(const char *block);
/* Free all members; the vectors are not usable afterwards. */
void groups_done(struct zone_spec *s);

/* The place of @word in "a|b|c", or -EINVAL. */
int check_enum(const char *words, const char *word);
#define TEXT_MAX 4096 /* bytes of a name or value, unless its key says more */
/* UTF-8 without control characters (@tabs: but those), of at most @max bytes: asked of every name
 * and value. */
int check_text(const char *v, size_t max, bool tabs, struct zerr *e);
/* A key's name or a part of it, as files and commands can carry it. */
int check_free_name(const char *v, struct zerr *e);

/* Names of families. */
int check_env_name(const char *v, struct zerr *e);
int check_nic_name(const char *v, struct zerr *e);
int check_block_name(const char *v, struct zerr *e);
int check_device_name(const char *v, struct zerr *e);
int check_hook_name(const char *v, struct zerr *e);
int check_command(const char *v, struct zerr *e);
int check_credential_name(const char *v, struct zerr *e);
int check_device_path(const char *v, struct zerr *e);
int check_access(const char *v, struct zerr *e);
int check_mode(const char *v, struct zerr *e);
int check_inner_id(const char *v, struct zerr *e);
int check_rlimit_name(const char *v, struct zerr *e);
int check_sysctl_name(const char *v, struct zerr *e);
int check_cgroup_file(const char *v, struct zerr *e);

/* Values. */
int check_hostname(const char *v, struct zerr *e);
int check_zone_name(const char *v, struct zerr *e);
int check_word(const char *v, struct zerr *e);
int check_network(const char *v, struct zerr *e);
int check_filled(const char *v, struct zerr *e);
int check_positive(const char *v, struct zerr *e);
int check_path(const char *v, struct zerr *e);
int check_source(const char *v, struct zerr *e);
int check_options(const char *v, struct zerr *e);
int check_signal(const char *v, struct zerr *e);
int check_ttys(const char *v, struct zerr *e);
int check_cap(const char *v, struct zerr *e);
int check_mac(const char *v, struct zerr *e);
int check_cidr(const char *v, struct zerr *e);
int check_address(const char *v, struct zerr *e);
int check_gateway(const char *v, struct zerr *e);
int check_vlan(const char *v, struct zerr *e);
int check_rate(const char *v, struct zerr *e);
int check_forward(const char *v, struct zerr *e);
int check_forward_name(const char *v, struct zerr *e);
int check_mtu(const char *v, struct zerr *e);
int check_cpu(const char *v, struct zerr *e);
int check_cpuset(const char *v, struct zerr *e);
int check_weight(const char *v, struct zerr *e);
int check_amount(const char *v, struct zerr *e);
int check_memory(const char *v, struct zerr *e);
int check_pids(const char *v, struct zerr *e);
int check_io(const char *v, struct zerr *e);
int check_hugetlb(const char *v, struct zerr *e);
int check_credential(const char *v, struct zerr *e);
int check_rlimit(const char *v, struct zerr *e);
