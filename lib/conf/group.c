/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocks with names of their own (NICs, mounts, devices): vectors of structures in the
 * specification, each of which begins with its name. What their fields are is the key table's
 * business; here they are found, added and released, whatever they are.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"

#define VECTOR(member, type, check)                   \
	.vector = offsetof(struct zone_spec, member), \
	.count = offsetof(struct zone_spec, member##_n), .size = sizeof(type), .check_name = check

static const struct group {
	const char *block;
	size_t vector, count, size;
	int (*check_name)(const char *name, struct zerr *e);
} groups[GROUP_N] = {
	[GROUP_NIC] = { .block = "net", VECTOR(nics, struct nic_spec, check_nic_name) },
	[GROUP_MOUNT] = { .block = "mount", VECTOR(mounts, struct mount_spec, check_block_name) },
	[GROUP_DEVICE] = { .block = "device",
			   VECTOR(devices, struct device_spec, check_block_name) },
};

static char **vector_of(const struct zone_spec *s, enum key_group g)
{
	return (char **)((char *)s + groups[g].vector);
}

size_t group_count(const struct zone_spec *s, enum key_group g)
{
	return *(const size_t *)((const char *)s + groups[g].count);
}

void *group_at(const struct zone_spec *s, enum key_group g, size_t i)
{
	return *vector_of(s, g) + i * groups[g].size;
}

const char *group_name(const struct zone_spec *s, enum key_group g, size_t i)
{
	return *(char *const *)group_at(s, g, i);
}

void *group_find(const struct zone_spec *s, enum key_group g, const char *name, size_t len)
{
	for (size_t i = 0; i < group_count(s, g); i++) {
		const char *n = group_name(s, g, i);

		if (strncmp(n, name, len) == 0 && !n[len])
			return group_at(s, g, i);
	}
	return NULL;
}

/* Text fields that have a default begin with it, so that nobody has to ask twice. */
static int set_defaults(void *member, enum key_group g)
{
	int r = 0;

	for (const struct key *k = conf_keys; k->name && r == 0; k++)
		if (k->group == g && k->place == PLACE_STR && k->missing)
			r = str_set((char **)((char *)member + k->off), k->missing);
	return r;
}

static int add(struct zone_spec *s, enum key_group g, const char *name)
{
	size_t *n = (size_t *)((char *)s + groups[g].count);
	char *v = reallocarray(*vector_of(s, g), *n + 1, groups[g].size);

	if (!v)
		return -ENOMEM;
	*vector_of(s, g) = v;
	void *member = v + *n * groups[g].size;
	memset(member, 0, groups[g].size);
	*(char **)member = strdup(name);
	if (!*(char **)member)
		return -ENOMEM;
	++*n;
	return set_defaults(member, g);
}

int group_add(struct zone_spec *s, enum key_group g, const char *name, struct zerr *e)
{
	int r = groups[g].check_name(name, e);

	if (r < 0 || group_find(s, g, name, strlen(name)))
		return r;
	r = add(s, g, name);
	return r < 0 ? zerr_code(e, -r, "remember %s", name) : 0;
}

enum key_group group_of_block(const char *block)
{
	for (enum key_group g = GROUP_ZONE + 1; g < GROUP_N; g++)
		if (strcmp(groups[g].block, block) == 0)
			return g;
	return GROUP_ZONE;
}

static void free_member(void *member, enum key_group g)
{
	for (const struct key *k = conf_keys; k->name; k++) {
		void *field = (char *)member + k->off;

		if (k->group == g && k->place == PLACE_STR)
			free(*(char **)field);
		else if (k->group == g && k->place == PLACE_LIST)
			strv_done(field);
	}
	free(*(char **)member);
}

void groups_done(struct zone_spec *s)
{
	for (enum key_group g = GROUP_ZONE + 1; g < GROUP_N; g++) {
		for (size_t i = 0; i < group_count(s, g); i++)
			free_member(group_at(s, g, i), g);
		free(*vector_of(s, g));
	}
}
