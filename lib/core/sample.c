/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks at all zones, for top and metrics: without a process, a lock or an answer from anybody. The
 * files of a running zone stay open from one look to the next, so that it costs a few reads.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"
#include "core/life.h"
#include "core/nics.h"
#include "core/usage.h"

#define GROUPS_DEEP 2

/* A running zone that was seen before: what does not change while it runs, and its files. */
struct known {
	char *name;
	int events; /* cgroup.events: whether it still runs, and whether it is frozen */
	int payload;
	struct usage_files files;
	struct net_link *links;
	size_t links_n;
	uint64_t started_ns, starts;
	uint64_t ready_ns; /* UINT64_MAX: not yet */
	bool seen;	   /* in this look */
};

struct zone_sampler {
	struct zone_host *h;
	struct net_counts *counts;
	struct known *known; /* sorted by name */
	size_t known_n;
};

/* One look. */
struct look {
	struct zone_sampler *s;
	int what; /* ZONE_SAMPLE_… */
	struct zone_samples out;
	size_t cap;
	struct known *fresh; /* zones that were not known */
	size_t fresh_n;
};

void zone_samples_done(struct zone_samples *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].group);
		free(s->v[i].nics);
	}
	free(s->v);
	*s = (struct zone_samples){ 0 };
}

/* A new row, all unknown. NULL: out of memory. */
static struct zone_sample *add(struct look *l, const char *name, const char *group)
{
	if (l->out.n == l->cap) {
		const size_t cap = l->cap ? 2 * l->cap : 64;
		struct zone_sample *v = reallocarray(l->out.v, cap, sizeof(*v));

		if (!v)
			return NULL;
		l->out.v = v;
		l->cap = cap;
	}
	struct zone_sample *s = &l->out.v[l->out.n];
	*s = (struct zone_sample){ .name = strdup(name),
				   .group = group ? strdup(group) : NULL,
				   .state = "",
				   .uptime_ns = UINT64_MAX,
				   .ready_ns = UINT64_MAX };
	usage_clear(&s->use);
	l->out.n++;
	return s->name && (s->group || !group) ? s : NULL;
}

/* ---- zones that are known -------------------------------------------------------------------- */

static void forget(struct known *k)
{
	free(k->name);
	free(k->links);
	usage_close(&k->files);
	k->events = own_close(k->events);
	k->payload = own_close(k->payload);
}

static int take_links(const struct record *rec, struct known *k)
{
	struct net_link link;

	while (nics_link(rec, k->links_n, &link) == 0) {
		struct net_link *v = reallocarray(k->links, k->links_n + 1, sizeof(*v));

		if (!v)
			return -ENOMEM;
		k->links = v;
		v[k->links_n++] = link;
	}
	return 0;
}

/* Fill @ret for a running zone. -ENOENT: it has just ended. */
static int learn(const struct look *l, const struct zone *z, const struct record *rec,
		 struct known *ret)
{
	const enum usage_level level = l->what & ZONE_SAMPLE_DETAILS ? USAGE_DETAILS : USAGE_TOP;
	struct known k = { .name = strdup(z->name), .events = -1, .payload = -1, .seen = true };
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };

	if (cg_open(z->h, z->name, &cg, &ignored) < 0) {
		free(k.name);
		return -ENOENT;
	}
	k.payload = own_take_fd(&cg.payload);
	k.events = openat(k.payload, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	usage_open(&k.files, k.payload, level);
	k.started_ns = record_u64(rec, "started_ns", 0);
	k.starts = record_u64(rec, "generation", 0) + 1;
	k.ready_ns = UINT64_MAX;
	*ret = k;
	if (!k.name || k.events < 0 || take_links(rec, ret) < 0) {
		const int r = !k.name ? -ENOMEM : k.events < 0 ? -ENOENT : -ENOMEM;

		forget(ret);
		return r;
	}
	return 0;
}

/* Whether it still runs; *@ret_frozen too. */
static bool runs_still(const struct known *k, bool *ret_frozen)
{
	char text[128];
	const ssize_t n = pread(k->events, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	*ret_frozen = strstr(text, "frozen 1") != NULL;
	return strstr(text, "populated 1") != NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct known *find(const struct zone_sampler *s, const char *name)
{
	const struct known key = { .name = (char *)name };

	return s->known_n ? bsearch(&key, s->known, s->known_n, sizeof(*s->known), by_name) : NULL;
}

/* Those that were not seen go, those that are new come. */
static int settle(struct look *l)
{
	struct zone_sampler *s = l->s;
	size_t n = 0;

	for (size_t i = 0; i < s->known_n; i++)
		if (s->known[i].seen)
			s->known[n++] = s->known[i];
		else
			forget(&s->known[i]);
	s->known_n = n;
	if (!l->fresh_n)
		return 0;
	struct known *v = reallocarray(s->known, n + l->fresh_n, sizeof(*v));
	if (!v)
		return -ENOMEM;
	memcpy(v + n, l->fresh, l->fresh_n * sizeof(*v));
	s->known = v;
	s->known_n = n + l->fresh_n;
	l->fresh_n = 0;
	qsort(v, s->known_n, sizeof(*v), by_name);
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int count_nics(const struct zone_sampler *s, const struct known *k, struct zone_sample *row)
{
	struct net_counters c;

	row->nics = calloc(k->links_n + 1, sizeof(*row->nics));
	if (!row->nics)
		return -ENOMEM;
	for (size_t i = 0; i < k->links_n; i++) {
		if (net_counts_find(s->counts, &k->links[i], &c) < 0)
			continue;
		struct zone_nic_count *to = &row->nics[row->nics_n++];
		*to = (struct zone_nic_count){ .rx_bytes = c.rx_bytes,
					       .tx_bytes = c.tx_bytes,
					       .rx_packets = c.rx_packets,
					       .tx_packets = c.tx_packets,
					       .drops = c.drops };
		(void)snprintf(to->name, sizeof(to->name), "%s", k->links[i].nic);
	}
	return 0;
}

/* From the start to the moment when the zone's `ready` was made; UINT64_MAX: not yet. */
static uint64_t ready_after(const struct zone_host *h, const char *name, uint64_t uptime_ns)
{
	AUTO_FREE char *path = str_fmt("%s/ready", name);
	struct timespec now;
	struct stat st;

	if (!path || fstatat(h->run, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return UINT64_MAX;
	const int64_t ago = (now.tv_sec - st.st_mtim.tv_sec) * 1000000000LL +
			    (now.tv_nsec - st.st_mtim.tv_nsec);
	return ago < 0 || (uint64_t)ago > uptime_ns ? 0 : uptime_ns - (uint64_t)ago;
}

/* The groups below @group, whose path from the zone's is @prefix ("" or "a/"). */
static int add_groups(struct look *l, const char *name, int group, const char *prefix, int deep)
{
	AUTO_STRV struct strv names = { 0 };
	int r = cg_children(group, &names);

	for (size_t i = 0; i < names.n && r == 0; i++) {
		AUTO_FREE char *path = str_fmt("%s%s", prefix, names.v[i]);
		AUTO_FREE char *below = str_fmt("%s%s/", prefix, names.v[i]);
		AUTO_CLOSE int fd = fs_open_below(group, names.v[i], O_RDONLY | O_DIRECTORY, 0);

		if (fd < 0)
			continue; /* it has gone */
		struct zone_sample *s = path && below ? add(l, name, path) : NULL;
		if (!s)
			return -ENOMEM;
		usage_look(fd, USAGE_TOP, &s->use);
		if (deep > 1)
			r = add_groups(l, name, fd, below, deep - 1);
	}
	return r;
}

static int add_running(struct look *l, struct known *k, bool frozen)
{
	struct zone_sample *row = add(l, k->name, NULL);

	if (!row)
		return -ENOMEM;
	row->state = state_name(frozen ? STATE_FROZEN : STATE_RUNNING);
	row->uptime_ns = now_boot_ns() - k->started_ns;
	row->started = now_seconds() - (int64_t)(row->uptime_ns / 1000000000);
	row->starts = k->starts;
	if (k->ready_ns == UINT64_MAX && (l->what & ZONE_SAMPLE_DETAILS))
		k->ready_ns = ready_after(l->s->h, k->name, row->uptime_ns);
	row->ready_ns = k->ready_ns;
	row->ready = row->ready_ns != UINT64_MAX;
	usage_read(&k->files, &row->use);
	if (count_nics(l->s, k, row) < 0)
		return -ENOMEM;
	return l->what & ZONE_SAMPLE_GROUPS ? add_groups(l, k->name, k->payload, "", GROUPS_DEEP)
					    : 0;
}

/* One that never ran has no record. */
static bool was_started(const struct zone_host *h, const char *name)
{
	AUTO_FREE char *path = str_fmt("%s/state", name);
	struct stat st;

	return !path || fstatat(h->run, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A zone that was not known as running: by its record, once. */
static int add_unknown(struct look *l, const char *name)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status st = { 0 };
	struct zerr ignored = { 0 };

	if (!(l->what & ZONE_SAMPLE_STOPPED) && !was_started(l->s->h, name))
		return 0;
	if (zone_load(l->s->h, name, 0, &z, &ignored) < 0 || state_now(&z, &st, &ignored) < 0)
		return 0;
	if (st.state == STATE_RUNNING || st.state == STATE_FROZEN) {
		struct known *v = reallocarray(l->fresh, l->fresh_n + 1, sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->fresh = v;
		const int r = learn(l, &z, &st.rec, &v[l->fresh_n]);
		if (r == 0)
			return add_running(l, &v[l->fresh_n++], st.state == STATE_FROZEN);
		if (r != -ENOENT)
			return r;
	}
	if (!(l->what & ZONE_SAMPLE_STOPPED))
		return 0;
	struct zone_sample *row = add(l, name, NULL);
	if (row)
		row->state = state_name(st.state);
	return row ? 0 : -ENOMEM;
}

static int look_all(struct look *l, const struct index *all)
{
	int r = 0;

	for (size_t i = 0; i < l->s->known_n; i++)
		l->s->known[i].seen = false;
	for (size_t i = 0; i < all->n && r == 0; i++) {
		struct known *k = find(l->s, all->v[i].name);
		bool frozen;

		if (k && runs_still(k, &frozen)) {
			k->seen = true;
			r = add_running(l, k, frozen);
		} else {
			r = add_unknown(l, all->v[i].name);
		}
	}
	return r;
}

/* ---- the sampler ----------------------------------------------------------------------------- */

int zone_sampler_open(struct zone_host *h, struct zone_sampler **ret, struct zerr *e)
{
	struct zone_sampler *s = calloc(1, sizeof(*s));
	struct rlimit files;

	if (!s)
		return zerr_code(e, ENOMEM, "sampler");
	s->h = h;
	/* about ten files for each zone */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	*ret = s;
	return 0;
}

void zone_sampler_close(struct zone_sampler *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->known_n; i++)
		forget(&s->known[i]);
	free(s->known);
	net_counts_free(s->counts);
	free(s);
}

int zone_sample(struct zone_sampler *s, int what, struct zone_samples *ret, struct zerr *e)
{
	struct look l = { .s = s, .what = what, .out = { .taken_ns = now_boot_ns() } };
	const struct index *all;
	int r = index_cached(s->h->host, &s->h->index, &all, e);

	s->h->looked_up = true;
	if (r == 0)
		r = net_counts_read(&s->counts, e);
	if (r == 0 && look_all(&l, all) < 0)
		r = zerr_code(e, ENOMEM, "sample");
	if (settle(&l) < 0 && r == 0)
		r = zerr_code(e, ENOMEM, "sample");
	for (size_t i = 0; i < l.fresh_n; i++)
		forget(&l.fresh[i]);
	free(l.fresh);
	if (r < 0)
		zone_samples_done(&l.out);
	else
		*ret = l.out;
	return r;
}
