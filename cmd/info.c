/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone info: all about a zone, in LXC's lines or as JSON. Waits for no lock. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/each.h"
#include "cmd/info.h"
#include "cmd/out.h"
#include "cmd/row.h"

struct info_opts {
	bool state, pid, ips, stats, raw;
};
#define O(member) offsetof(struct info_opts, member)

static const struct opt info_opts[] = {
	{ 's', "state", NULL, "its state only", OPT_FLAG, O(state) },
	{ 'p', "pid", NULL, "the pid of its init only", OPT_FLAG, O(pid) },
	{ 'i', "ips", NULL, "its addresses only", OPT_FLAG, O(ips) },
	{ 'S', "stats", NULL, "what it uses only", OPT_FLAG, O(stats) },
	{ 'H', "no-humanize", NULL, "bare numbers and, with -s, -p and -i, bare values", OPT_FLAG,
	  O(raw) },
	{ 0 },
};

struct view {
	struct buf *out;
	bool bare; /* values only */
	bool raw;  /* sizes in bytes, times in nanoseconds */
	bool colour;
};

static void line(const struct view *v, const char *label, const char *value)
{
	const bool green = v->colour && str_eq(value, "RUNNING");

	if (!value || !*value)
		return;
	if (!v->bare)
		buf_fmt(v->out, "%s:%*s", label, (int)(strlen(label) < 15 ? 15 - strlen(label) : 1),
			"");
	buf_str(v->out, green ? "\033[32m" : "");
	out_clean(v->out, value);
	buf_str(v->out, green ? "\033[0m\n" : "\n");
}

static void line_number(const struct view *v, const char *label, uint64_t n)
{
	char text[24];

	if (n == UINT64_MAX)
		return;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	line(v, label, text);
}

static void line_size(const struct view *v, const char *label, uint64_t n)
{
	char text[16];

	if (v->raw || n == UINT64_MAX)
		line_number(v, label, n);
	else
		line(v, label, format_size(n, text));
}

static void line_time(const struct view *v, const char *label, uint64_t ns)
{
	char text[32];

	if (v->raw || ns == UINT64_MAX)
		line_number(v, label, ns);
	else
		line(v, label, row_duration(ns, text));
}

static void lines(const struct view *v, const char *label, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++)
		line(v, label, values->v[i]);
}

static void pairs(const struct view *v, const char *label, const struct strv *p)
{
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; i + 1 < p->n; i += 2) {
		b.len = 0;
		buf_fmt(&b, "%s=%s", p->v[i], p->v[i + 1]);
		line(v, label, b.p);
	}
}

static void state_lines(const struct view *v, const struct zone_info *i)
{
	AUTO_BUF struct buf op = { 0 };

	line(v, "State", i->state);
	if (!i->incomplete_op || v->bare)
		return;
	buf_fmt(&op, "%s was interrupted; %s", i->incomplete_op,
		i->incomplete_hint ? i->incomplete_hint : "");
	line(v, "Incomplete", op.p);
}

static void use_lines(const struct view *v, const struct zone_info *i)
{
	line_time(v, "CPU use", i->use.cpu_ns);
	line_size(v, "Memory use", i->use.memory);
	line_size(v, "Memory peak", i->use.memory_peak);
	line_size(v, "Memory max", i->use.memory_max);
	line_size(v, "Swap use", i->use.memory_swap);
	line_size(v, "BlkIO read", i->use.io_read);
	line_size(v, "BlkIO written", i->use.io_written);
	line_number(v, "Processes", i->use.pids);
	line_size(v, "Referenced", i->referenced);
	line_size(v, "Exclusive", i->exclusive);
}

static void nic_lines(const struct view *v, const struct zone_nic *n)
{
	AUTO_BUF struct buf b = { 0 };

	buf_fmt(&b, "%s", n->name);
	if (n->host_name)
		buf_fmt(&b, " (%s%s%s)", n->host_name, n->network ? ", on " : "",
			n->network ? n->network : "");
	line(v, "Link", b.p);
	line(v, " MAC", n->mac);
	lines(v, " Address", &n->addresses);
	line_size(v, " TX bytes", n->tx_bytes);
	line_size(v, " RX bytes", n->rx_bytes);
	line_number(v, " Dropped", n->drops);
}

static void image_line(const struct view *v, const struct zone_info *i)
{
	AUTO_BUF struct buf b = { 0 };
	const char *const parts[] = { i->image_dist, i->image_release, i->image_arch,
				      i->image_variant };

	for (size_t n = 0; n < sizeof(parts) / sizeof(parts[0]); n++)
		if (parts[n])
			buf_fmt(&b, "%s%s", b.len > 0 ? "/" : "", parts[n]);
	if (b.len == 0)
		return;
	if (i->image_build)
		buf_fmt(&b, " %s", i->image_build);
	if (i->image_verified)
		buf_fmt(&b, " (%s)", i->image_verified);
	line(v, "Image", b.p);
}

static void general_lines(const struct view *v, const struct zone_info *i)
{
	char text[32];

	line(v, "Ready", str_eq(i->state, "RUNNING") ? (i->ready ? "yes" : "no") : NULL);
	line(v, "Health", i->health);
	line(v, " Output", i->health_output);
	line(v, "Restart at", i->restart_at ? format_time(i->restart_at, text) : NULL);
	if (i->restarts)
		line_number(v, "Restarts", i->restarts);
	if (i->exit_status >= 0)
		line_number(v, "Exit status", (uint64_t)i->exit_status);
	line(v, "Autostart", i->autostart ? "yes" : "no");
	lines(v, "Group", &i->groups);
	line(v, "Unprivileged", i->unprivileged ? "yes" : "no");
	if (i->id_count > 0) {
		(void)snprintf(text, sizeof(text), "%llu+%llu", (unsigned long long)i->id_base,
			       (unsigned long long)i->id_count);
		line(v, "Ids", text);
	}
	line(v, "Created", i->created ? format_time(i->created, text) : NULL);
	line_time(v, "Uptime", i->uptime_ns);
	image_line(v, i);
	line(v, "Backend", i->backend);
	line_number(v, "Snapshots", i->snapshots);
	line(v, "Path", i->path);
	line(v, "Cgroup", i->cgroup);
	pairs(v, "Guest", &i->guest);
	pairs(v, "Security", &i->security);
	pairs(v, "Limit", &i->limits);
	lines(v, "Not enforced", &i->limits_not_enforced);
	lines(v, "Held by", &i->holders);
}

static void address_lines(const struct view *v, const struct zone_info *i)
{
	lines(v, "IP", &i->ipv4);
	lines(v, "IP", &i->ipv6);
}

static void stat_lines(const struct view *v, const struct zone_info *i)
{
	use_lines(v, i);
	for (size_t n = 0; n < i->nics_n; n++)
		nic_lines(v, &i->nics[n]);
}

static void pid_line(const struct view *v, const char *label, int64_t pid)
{
	if (pid > 0)
		line_number(v, label, (uint64_t)pid);
}

static void print_all(const struct view *v, const struct zone_info *i)
{
	line(v, "Name", i->name);
	state_lines(v, i);
	pid_line(v, "PID", i->pid);
	pid_line(v, "Monitor PID", i->monitor_pid);
	address_lines(v, i);
	general_lines(v, i);
	stat_lines(v, i);
}

static void print_info(const struct info_opts *o, const struct zone_info *i, struct buf *out)
{
	const bool all = !o->state && !o->pid && !o->ips && !o->stats;
	const struct view v = { .out = out,
				.raw = o->raw,
				.bare = o->raw && !all && !o->stats,
				.colour = out_colour(STDOUT_FILENO) };

	if (all)
		print_all(&v, i);
	if (o->state)
		state_lines(&v, i);
	if (o->pid)
		pid_line(&v, "PID", i->pid);
	if (o->ips)
		address_lines(&v, i);
	if (o->stats)
		stat_lines(&v, i);
}

static int info_one(struct cmd *c, const char *name, const struct info_opts *o, bool first,
		    struct buf *out, struct json *j)
{
	struct zone_info i = { 0 };
	struct zerr e = { 0 };

	if (zone_info_get(c->host, name, &i, &e) < 0)
		return cmd_fail(c, name, &e);
	if (c->opt.json) {
		info_json(j, &i);
	} else {
		if (!first)
			buf_char(out, '\n');
		print_info(o, &i, out);
	}
	zone_info_done(&i);
	return 0;
}

static int info_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	const bool single = c->n_args == 1 && !strpbrk(c->args[0], "*?[");
	int status = 0, r = each_names(c, &names, e);

	if (r < 0)
		return r;
	if (c->opt.json && !single)
		json_arr(&j, NULL);
	for (size_t i = 0; i < names.n; i++)
		status = status_combine(status, info_one(c, names.v[i], opts, i == 0, &out, &j));
	if (c->opt.json && !single)
		json_end_arr(&j);
	if (c->opt.json && out.len > 0)
		buf_char(&out, '\n');
	r = out_write(&out, e);
	return r < 0 ? r : status;
}

const struct verb verb_info = {
	.name = "info",
	.args = "NAME...",
	.help = "all about zones",
	.group = GROUP_LOOK,
	.flags = VERB_NAMES,
	.max_args = -1,
	.opts = info_opts,
	.opts_size = sizeof(struct info_opts),
	.run = info_run,
};
