/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pieces of checkconfig: what is tried (trials.c), and what a large host meets (capacity.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum verdict { CHECK_OK, CHECK_LIMITED, CHECK_MISSING };

struct finding {
	enum verdict verdict;
	char detail[240]; /* what was found and, when it is not ok, the way out */
};

#define SAY(f, v, ...) \
	((f)->verdict = (v), (void)snprintf((f)->detail, sizeof((f)->detail), __VA_ARGS__))

/* A trial: made in whatever process it likes, and nothing is left of it. */
struct check {
	const char *id, *what;
	bool must; /* nothing works without it */
	void (*run)(struct finding *f);
};
extern const struct check trials[]; /* ends without id */

/* Those of cgroup v2: trials_cgroup.c. */
void check_cgroup(struct finding *f);
void check_controllers(struct finding *f);
void check_groups(struct finding *f);
void check_swap(struct finding *f);

/* Those of networks: trials_net.c. */
void check_networks(struct finding *f);
void check_names(struct finding *f);
void check_firewalls(struct finding *f);

/* A limit of the host. */
struct capacity {
	const char *id, *key; /* of sysctl(8), or the name of what is fixed */
	const char *effect;   /* what runs out */
	unsigned per_zone; /* how much a zone takes; 0: each zone has its own, which should be @base
			    */
	unsigned long long base;  /* what the host itself takes */
	unsigned long long fixed; /* the value, when no sysctl changes it; 0: ask the kernel */
};
extern const struct capacity capacities[]; /* ends without id */
/* For @zones light zones; a kernel without the limit is fine. */
void capacity_check(const struct capacity *c, unsigned zones, struct finding *f);
