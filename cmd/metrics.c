/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone metrics: OpenMetrics text (openmetrics.io, 1.0), for the text collector of Prometheus' node
 * exporter. Names and labels are those of Incus with our prefix, so that dashboards carry over;
 * pressure, throttling, starts and readiness are ours. One table; what the kernel does not tell is
 * left out, never 0.
 */
#include <string.h>
#include <unistd.h>

#include "cmd/out.h"
#include "cmd/verbs.h"

enum unit { PLAIN, SECONDS /* of nanoseconds */ };
enum from { OF_USE, OF_NIC };

#define USE(member) OF_USE, offsetof(struct zone_usage, member)
#define NIC(member) OF_NIC, offsetof(struct zone_nic_count, member)

static const struct metric {
	const char *name; /* without prefix and, of counters, without _total */
	bool counter;	  /* else a gauge */
	enum unit unit;
	enum from from;
	size_t off;
	const char *labels; /* beside the zone's, or NULL */
	const char *help;
} metrics[] = {
	/* rows of one name stand together, the help in the first */
	{ "cpu_seconds", true, SECONDS, USE(cpu_user_ns), "mode=\"user\"",
	  "Processor time by mode." },
	{ "cpu_seconds", true, SECONDS, USE(cpu_system_ns), "mode=\"system\"", NULL },
	{ "cpu_periods", true, PLAIN, USE(cpu_periods), NULL,
	  "Periods in which a processor limit was counted." },
	{ "cpu_throttled_periods", true, PLAIN, USE(cpu_throttled_periods), NULL,
	  "Periods in which the zone had to wait for its processor limit." },
	{ "cpu_throttled_seconds", true, SECONDS, USE(cpu_throttled_ns), NULL,
	  "Time for which the processor limit stopped the zone." },
	{ "disk_read_bytes", true, PLAIN, USE(io_read), NULL, "Bytes read from block devices." },
	{ "disk_reads_completed", true, PLAIN, USE(io_reads), NULL, "Reads from block devices." },
	{ "disk_written_bytes", true, PLAIN, USE(io_written), NULL,
	  "Bytes written to block devices." },
	{ "disk_writes_completed", true, PLAIN, USE(io_writes), NULL, "Writes to block devices." },
	{ "memory_RSS_bytes", false, PLAIN, USE(memory_anon), NULL, "Anonymous memory." },
	{ "memory_Cached_bytes", false, PLAIN, USE(memory_file), NULL, "Page cache." },
	{ "memory_Shmem_bytes", false, PLAIN, USE(memory_shmem), NULL, "Shared memory and tmpfs." },
	{ "memory_Mapped_bytes", false, PLAIN, USE(memory_mapped), NULL, "Mapped files." },
	{ "memory_Dirty_bytes", false, PLAIN, USE(memory_dirty), NULL,
	  "Memory that waits to be written." },
	{ "memory_Writeback_bytes", false, PLAIN, USE(memory_writeback), NULL,
	  "Memory that is being written." },
	{ "memory_Unevictable_bytes", false, PLAIN, USE(memory_unevictable), NULL,
	  "Memory that cannot be reclaimed." },
	{ "memory_Kernel_bytes", false, PLAIN, USE(memory_kernel), NULL, "Memory of the kernel." },
	{ "memory_Swap_bytes", false, PLAIN, USE(memory_swap), NULL, "Swap in use." },
	{ "memory_MemUsed_bytes", false, PLAIN, USE(memory), NULL, "Memory in use, all kinds." },
	{ "memory_MemTotal_bytes", false, PLAIN, USE(memory_max), NULL,
	  "Memory limit; not there without one." },
	{ "memory_OOM_kills", true, PLAIN, USE(oom_kills), NULL,
	  "Processes killed for want of memory." },
	{ "network_receive_bytes", true, PLAIN, NIC(rx_bytes), NULL, "Bytes received." },
	{ "network_receive_packets", true, PLAIN, NIC(rx_packets), NULL, "Packets received." },
	{ "network_transmit_bytes", true, PLAIN, NIC(tx_bytes), NULL, "Bytes sent." },
	{ "network_transmit_packets", true, PLAIN, NIC(tx_packets), NULL, "Packets sent." },
	{ "network_drop", true, PLAIN, NIC(drops), NULL, "Packets dropped, both ways." },
	{ "pressure_cpu_waiting_seconds", true, SECONDS, USE(cpu_some_ns), NULL,
	  "Time in which some process waited for a processor." },
	{ "pressure_memory_waiting_seconds", true, SECONDS, USE(memory_some_ns), NULL,
	  "Time in which some process waited for memory." },
	{ "pressure_memory_stalled_seconds", true, SECONDS, USE(memory_full_ns), NULL,
	  "Time in which all processes waited for memory." },
	{ "pressure_io_waiting_seconds", true, SECONDS, USE(io_some_ns), NULL,
	  "Time in which some process waited for I/O." },
	{ "pressure_io_stalled_seconds", true, SECONDS, USE(io_full_ns), NULL,
	  "Time in which all processes waited for I/O." },
	{ "procs", false, PLAIN, USE(pids), NULL, "Processes and threads." },
	{ "procs_max", false, PLAIN, USE(pids_max), NULL,
	  "Limit of processes and threads; not there without one." },
};

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
	static const char *const units[] = { "seconds", "bytes" };

	buf_fmt(b, "# TYPE zone_%s %s\n", name, type);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_ends(name, units[i]))
			buf_fmt(b, "# UNIT zone_%s %s\n", name, units[i]);
	buf_fmt(b, "# HELP zone_%s %s\n", name, help);
}

/* Names of zones and interfaces have nothing that would have to be escaped. */
static void sample(struct buf *b, const struct metric *m, const char *zone, const char *device,
		   uint64_t value)
{
	if (value == UINT64_MAX)
		return;
	buf_fmt(b, "zone_%s%s{name=\"%s\",project=\"default\",type=\"container\"", m->name,
		m->counter ? "_total" : "", zone);
	if (m->labels)
		buf_fmt(b, ",%s", m->labels);
	if (device)
		buf_fmt(b, ",device=\"%s\"", device);
	if (m->unit == SECONDS)
		buf_fmt(b, "} %.6f\n", (double)value / 1e9);
	else
		buf_fmt(b, "} %llu\n", (unsigned long long)value);
}

static uint64_t number_at(const void *base, size_t off)
{
	uint64_t n;

	memcpy(&n, (const char *)base + off, sizeof(n));
	return n;
}

static void family(struct buf *b, const struct metric *m, const struct zone_samples *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct zone_sample *z = &s->v[i];

		if (m->from == OF_USE)
			sample(b, m, z->name, NULL, number_at(&z->use, m->off));
		for (size_t n = 0; m->from == OF_NIC && n < z->nics_n; n++)
			sample(b, m, z->name, z->nics[n].name, number_at(&z->nics[n], m->off));
	}
}

/* Of the zone itself rather than of what it uses. UINT64_MAX: not there. */
static uint64_t is_up(const struct zone_sample *s)
{
	return s->uptime_ns != UINT64_MAX;
}

static uint64_t is_ready(const struct zone_sample *s)
{
	return is_up(s) ? s->ready : UINT64_MAX;
}

static uint64_t started(const struct zone_sample *s)
{
	return is_up(s) ? (uint64_t)s->started : UINT64_MAX;
}

static uint64_t restarts(const struct zone_sample *s)
{
	return is_up(s) && s->starts ? s->starts - 1 : UINT64_MAX;
}

static uint64_t ready_after(const struct zone_sample *s)
{
	return s->ready_ns;
}

static const struct {
	struct metric m;
	uint64_t (*value)(const struct zone_sample *s);
} lives[] = {
	{ { .name = "up", .help = "Whether the zone runs (1) or not (0)." }, is_up },
	{ { .name = "ready", .help = "Whether its init has said that it is ready." }, is_ready },
	{ { .name = "boot_time_seconds", .help = "When it was started, since 1970." }, started },
	{ { .name = "restarts",
	    .counter = true,
	    .help = "Starts after the first since the host booted." },
	  restarts },
	{ { .name = "ready_latency_seconds",
	    .unit = SECONDS,
	    .help = "From the start until it was ready." },
	  ready_after },
};

/* A family of which nothing is known is left out. */
static void family_if_any(struct buf *b, const struct metric *m, const struct buf *samples)
{
	if (!samples->len)
		return;
	head(b, m->name, m->counter ? "counter" : "gauge", m->help);
	buf_add(b, samples->p, samples->len);
}

static void print_all(struct buf *b, const struct zone_samples *s)
{
	const size_t n = sizeof(metrics) / sizeof(metrics[0]);
	AUTO_BUF struct buf some = { 0 };

	for (size_t i = 0, first = 0; i < n; i++) {
		family(&some, &metrics[i], s);
		if (i + 1 < n && !metrics[i + 1].help)
			continue; /* the next row is of the same name */
		family_if_any(b, &metrics[first], &some);
		some.len = 0;
		first = i + 1;
	}
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		for (size_t z = 0; z < s->n; z++)
			sample(&some, &lives[i].m, s->v[z].name, NULL, lives[i].value(&s->v[z]));
		family_if_any(b, &lives[i].m, &some);
		some.len = 0;
	}
	buf_fmt(b,
		"# TYPE zone_instances gauge\n# HELP zone_instances Zones of this host.\n"
		"zone_instances{project=\"default\",type=\"container\"} %zu\n# EOF\n",
		s->n);
	b->failed |= some.failed;
}

static int metrics_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct zone_sampler *sampler = NULL;
	struct zone_samples s = { 0 };
	AUTO_BUF struct buf out = { 0 };
	int r = cmd_host(c, e);

	(void)opts;
	if (r == 0)
		r = zone_sampler_open(c->host, &sampler, e);
	if (r == 0)
		r = zone_sample(sampler, ZONE_SAMPLE_STOPPED | ZONE_SAMPLE_DETAILS, &s, e);
	if (r == 0) {
		print_all(&out, &s);
		r = out_write(&out, e);
	}
	zone_samples_done(&s);
	zone_sampler_close(sampler);
	return r;
}

const struct verb verb_metrics = {
	.name = "metrics",
	.args = "",
	.help = "what zones use, as OpenMetrics text",
	.group = GROUP_LOOK,
	.run = metrics_run,
};
