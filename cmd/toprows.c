/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See toprows.h. */
#include "cmd/toprows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/out.h"

#define NAME_MIN 16
#define BAR	 8 /* cells between its brackets */

static const char letters[] = "ncmbp";

int top_sort_of(int letter)
{
	const char *p = letter ? strchr(letters, letter) : NULL;

	return p ? (int)(p - letters) : -1;
}

/* ---- rates ----------------------------------------------------------------------------------- */

/* Growth per second; -1: not known. A counter that went back is a zone that was started anew. */
static double rate(uint64_t before, uint64_t now, double seconds)
{
	return before == UINT64_MAX || now == UINT64_MAX || now < before || seconds <= 0
		       ? -1
		       : (double)(now - before) / seconds;
}

/* Nanoseconds in that time as a percentage of it. */
static double share(uint64_t before, uint64_t now, double seconds)
{
	const double r = rate(before, now, seconds);

	return r < 0 ? r : r / 1e7;
}

static void sum_nics(const struct zone_sample *s, uint64_t *ret_rx, uint64_t *ret_tx)
{
	*ret_rx = *ret_tx = s->nics_n ? 0 : UINT64_MAX;
	for (size_t i = 0; i < s->nics_n; i++) {
		*ret_rx += s->nics[i].rx_bytes;
		*ret_tx += s->nics[i].tx_bytes;
	}
}

static void rates(struct top_row *r, const struct zone_sample *before, double seconds)
{
	const struct zone_usage *a = &before->use, *b = &r->s->use;
	uint64_t rx[2], tx[2];

	sum_nics(before, &rx[0], &tx[0]);
	sum_nics(r->s, &rx[1], &tx[1]);
	r->cpu = share(a->cpu_ns, b->cpu_ns, seconds);
	r->read = rate(a->io_read, b->io_read, seconds);
	r->written = rate(a->io_written, b->io_written, seconds);
	r->received = rate(rx[0], rx[1], seconds);
	r->sent = rate(tx[0], tx[1], seconds);
	r->wait_cpu = share(a->cpu_some_ns, b->cpu_some_ns, seconds);
	r->wait_memory = share(a->memory_some_ns, b->memory_some_ns, seconds);
	r->wait_io = share(a->io_some_ns, b->io_some_ns, seconds);
}

/* Paths component by component: what is below "a" comes before "a-b". */
static int compare_paths(const char *a, const char *b)
{
	a = a ? a : "";
	b = b ? b : "";
	while (*a && *a == *b) {
		a++;
		b++;
	}
	const int x = *a == '/' ? 1 : (unsigned char)*a, y = *b == '/' ? 1 : (unsigned char)*b;
	return x - y;
}

static int compare_samples(const void *a, const void *b)
{
	const struct zone_sample *x = a, *y = b;
	const int c = strcmp(x->name, y->name);

	return c ? c : compare_paths(x->group, y->group);
}

/* ---- order ----------------------------------------------------------------------------------- */

static enum top_sort sorting; /* qsort() hands nothing on */
static bool reversed;

static double sort_value(const struct top_row *r)
{
	const struct zone_usage *u = &r->s->use;

	switch (sorting) {
	case TOP_CPU:
		return r->cpu;
	case TOP_MEMORY:
		return u->memory == UINT64_MAX ? -1 : (double)u->memory;
	case TOP_IO:
		return r->read + r->written;
	case TOP_PIDS:
		return u->pids == UINT64_MAX ? -1 : (double)u->pids;
	case TOP_NAME:
	case TOP_SORTS:
		break;
	}
	return 0;
}

/* Most first, but names from a to z; of equals the name decides. */
static int compare_rows(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	const double vx = sort_value(x), vy = sort_value(y);
	const int c = vx != vy ? (vx > vy ? -1 : 1) : strcmp(x->s->name, y->s->name);

	return reversed ? -c : c;
}

/* Put behind each zone its groups: in @all, the order of the samples, they stand there already. */
static void insert_groups(const struct top_row *zones, size_t zones_n, const struct top_row *all,
			  const struct zone_samples *now, struct top_row *out)
{
	for (size_t z = 0; z < zones_n; z++) {
		size_t i = (size_t)(zones[z].s - now->v);

		do
			*out++ = all[i++];
		while (i < now->n && now->v[i].group);
	}
}

static void add_up(struct top_view *v, const struct top_row *r)
{
	v->cpu += r->cpu > 0 ? r->cpu : 0;
	v->memory += r->s->use.memory == UINT64_MAX ? 0 : r->s->use.memory;
	v->pids += r->s->use.pids == UINT64_MAX ? 0 : r->s->use.pids;
}

int top_compute(const struct zone_samples *before, const struct zone_samples *now,
		enum top_sort sort, bool reverse, struct top_view *ret)
{
	const double seconds = (double)(now->taken_ns - before->taken_ns) / 1e9;
	struct top_view view = { .v = calloc(now->n + 1, sizeof(*view.v)) };
	struct top_row *all = calloc(2 * now->n + 1, sizeof(*all));
	struct top_row *zones = all ? all + now->n : NULL;

	if (!view.v || !all) {
		free(view.v);
		free(all);
		return -ENOMEM;
	}
	for (size_t i = 0; i < now->n; i++) {
		const struct zone_sample *old =
			before->n ? bsearch(&now->v[i], before->v, before->n, sizeof(*before->v),
					    compare_samples)
				  : NULL;

		all[i] = (struct top_row){ &now->v[i], -1, -1, -1, -1, -1, -1, -1, -1 };
		if (old)
			rates(&all[i], old, seconds);
		if (!now->v[i].group) {
			zones[view.zones++] = all[i];
			add_up(&view, &all[i]);
		}
	}
	sorting = sort;
	reversed = reverse;
	qsort(zones, view.zones, sizeof(*zones), compare_rows);
	insert_groups(zones, view.zones, all, now, view.v);
	view.n = now->n;
	free(all);
	*ret = view;
	return 0;
}

void top_done(struct top_view *v)
{
	free(v->v);
	*v = (struct top_view){ 0 };
}

/* ---- text ------------------------------------------------------------------------------------ */

/* "1.5G": five cells, for bytes and bytes per second. */
static const char *short_size(double bytes, char out[static 24])
{
	static const char units[] = "BKMGTP";
	int unit = 0;

	if (bytes < 0)
		return "-";
	for (; bytes >= 1000 && unit < 5; unit++)
		bytes /= 1024;
	(void)snprintf(out, 24, unit && bytes < 10 ? "%.1f%c" : "%.0f%c", bytes, units[unit]);
	return out;
}

static const char *percent(double p, char out[static 24])
{
	if (p < 0)
		return "-";
	(void)snprintf(out, 24, p < 1000 ? "%.1f" : "%.0f", p);
	return out;
}

static const char *number(uint64_t n, char out[static 24])
{
	if (n == UINT64_MAX)
		return "-";
	(void)snprintf(out, 24, "%llu", (unsigned long long)n);
	return out;
}

/* How much of its limit a zone's memory takes: "[###     ]"; blank without a limit. */
static const char *bar(const struct zone_usage *u, char out[static BAR + 3])
{
	const bool limited =
		u->memory != UINT64_MAX && u->memory_max != UINT64_MAX && u->memory_max > 0;
	const uint64_t cells = limited ? (u->memory * BAR + u->memory_max / 2) / u->memory_max : 0;

	out[0] = '\0';
	if (!limited)
		return out;
	(void)snprintf(out, BAR + 3, "[%-*.*s]", BAR, cells < BAR ? (int)cells : BAR, "########");
	return out;
}

#define COLUMNS_FORMAT "%6s %6s %-*s %6s %6s %6s %6s %6s %5s %5s %5s"
#define COLUMNS_WIDTH  (6 + 7 + 1 + BAR + 2 + 5 * 7 + 3 * 6)

static int name_width(unsigned columns)
{
	const int rest = (int)columns - 1 - COLUMNS_WIDTH;

	return rest < NAME_MIN ? NAME_MIN : rest > 64 ? 64 : rest;
}

void top_heading(unsigned columns, struct buf *out)
{
	buf_fmt(out, "%-*s " COLUMNS_FORMAT, name_width(columns), "NAME", "CPU%", "MEM", BAR + 2,
		" OF LIMIT", "PIDS", "READ", "WRITE", "RECV", "SEND", "WCPU%", "WMEM%", "WIO%");
}

void top_line(const struct top_row *r, unsigned columns, struct buf *out)
{
	const struct zone_usage *u = &r->s->use;
	const double memory = u->memory == UINT64_MAX ? -1 : (double)u->memory;
	const char *slash = r->s->group ? strrchr(r->s->group, '/') : NULL;
	const int width = name_width(columns), indent = r->s->group ? (slash ? 4 : 2) : 0;
	AUTO_BUF struct buf name = { 0 };
	char t[10][24], limit[BAR + 3];

	out_clean(&name, slash ? slash + 1 : r->s->group ? r->s->group : r->s->name);
	buf_fmt(out, "%*s%-*.*s " COLUMNS_FORMAT, indent, "", width - indent, width - indent,
		name.p ? name.p : "", percent(r->cpu, t[0]), short_size(memory, t[1]), BAR + 2,
		bar(u, limit), number(u->pids, t[2]), short_size(r->read, t[3]),
		short_size(r->written, t[4]), short_size(r->received, t[5]),
		short_size(r->sent, t[6]), percent(r->wait_cpu, t[7]),
		percent(r->wait_memory, t[8]), percent(r->wait_io, t[9]));
}

void top_summary(const struct top_view *v, struct buf *out)
{
	char size[16];

	buf_fmt(out, "%zu zone%s  CPU %.1f %%  memory %s  %llu processes", v->zones,
		v->zones == 1 ? "" : "s", v->cpu, format_size(v->memory, size),
		(unsigned long long)v->pids);
}

static void json_rate(struct json *j, const char *key, double value)
{
	json_opt(j, key, value < 0 ? UINT64_MAX : (uint64_t)(value + 0.5));
}

static void json_percent(struct json *j, const char *key, double value)
{
	if (value < 0)
		json_null(j, key);
	else
		json_fixed(j, key, value, 1);
}

void top_json(struct json *j, const struct top_row *r)
{
	const struct zone_usage *u = &r->s->use;

	json_obj(j, NULL);
	json_str(j, "name", r->s->name);
	json_str(j, "group", r->s->group);
	json_percent(j, "cpu_percent", r->cpu);
	json_opt(j, "cpu_usage_ns", u->cpu_ns);
	json_opt(j, "memory_bytes", u->memory);
	json_opt(j, "memory_max_bytes", u->memory_max);
	json_opt(j, "pids", u->pids);
	json_opt(j, "pids_max", u->pids_max);
	json_rate(j, "read_bytes_per_second", r->read);
	json_rate(j, "written_bytes_per_second", r->written);
	json_rate(j, "received_bytes_per_second", r->received);
	json_rate(j, "sent_bytes_per_second", r->sent);
	json_percent(j, "waiting_cpu_percent", r->wait_cpu);
	json_percent(j, "waiting_memory_percent", r->wait_memory);
	json_percent(j, "waiting_io_percent", r->wait_io);
	json_end_obj(j);
}
