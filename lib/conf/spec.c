/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The specification's memory: defaults from the key table, release, pairs. What a key means is not
 * known here.
 */
#include "conf/spec.h"

#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"

void pairs_done(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].value);
	}
	free(p->v);
	*p = (struct pairs){ 0 };
}

/* Text and families stay empty: for those no value means the default. */
static void set_default(struct zone_spec *s, const struct key *k)
{
	void *field = (char *)s + k->off;
	uint64_t n = 0;

	if (k->group != GROUP_ZONE || !k->missing)
		return;
	if (k->place == PLACE_BOOL)
		(void)parse_bool(k->missing,
				 field); /* the table's text, as below; a test parses all */
	else if (k->place == PLACE_ENUM)
		*(int *)field = check_enum(k->values, k->missing);
	else if (k->place == PLACE_SIZE)
		(void)parse_size(k->missing, field);
	else if (k->place == PLACE_UINT && parse_u64(k->missing, UINT32_MAX, &n) == 0)
		*(unsigned *)field = (unsigned)n;
}

void spec_init(struct zone_spec *s)
{
	*s = (struct zone_spec){ 0 };
	for (const struct key *k = conf_keys; k->name; k++)
		set_default(s, k);
}

void spec_done(struct zone_spec *s)
{
	free(s->hostname);
	free(s->arch);
	strv_done(&s->groups);
	strv_done(&s->start_after);
	strv_done(&s->start_requires);
	free(s->init);
	pairs_done(&s->init_env);
	free(s->stop_signal);
	free(s->reboot_signal);
	free(s->health_command);
	free(s->backend);
	free(s->root_fs);
	free(s->lvm_vg);
	free(s->lvm_pool);
	strv_done(&s->caps_add);
	strv_done(&s->caps_drop);
	groups_done(s);
	pairs_done(&s->limits);
	pairs_done(&s->rlimits);
	pairs_done(&s->credentials);
	pairs_done(&s->hooks);
	pairs_done(&s->sysctls);
	pairs_done(&s->raw_cgroup);
	pairs_done(&s->forwards);
	pairs_done(&s->user);
	*s = (struct zone_spec){ 0 };
}

static struct pair *find(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->v[i].name, name) == 0)
			return &p->v[i];
	}
	return NULL;
}

const char *pairs_get(const struct pairs *p, const char *name)
{
	const struct pair *one = find(p, name);

	return one ? one->value : NULL;
}

int pairs_set(struct pairs *p, const char *name, const char *value)
{
	struct pair *one = find(p, name), fresh = { 0 }, *v;

	if (one)
		return str_set(&one->value, value);
	v = reallocarray(p->v, p->n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	p->v = v;
	if (str_set(&fresh.name, name) < 0 || str_set(&fresh.value, value) < 0) {
		free(fresh.name);
		return -ENOMEM;
	}
	p->v[p->n++] = fresh;
	return 0;
}
