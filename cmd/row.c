/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See row.h. */
#include "cmd/row.h"

#include <stdio.h>
#include <strings.h>

#define F(member) offsetof(struct zone_info, member)

const struct row_field row_fields[] = {
	{ "NAME", "name", NULL, 0, ROW_TEXT, F(name) },
	{ "STATE", "state", NULL, 0, ROW_TEXT, F(state) },
	{ "READY", "ready", NULL, ZONE_LS_READY, ROW_BOOL, F(ready) },
	{ "HEALTH", "health", NULL, 0, ROW_TEXT, F(health) },
	{ "PID", "pid", NULL, 0, ROW_PID, F(pid) },
	{ "EXIT", "exit_status", NULL, 0, ROW_STATUS, F(exit_status) },
	{ "AUTOSTART", "autostart", NULL, ZONE_LS_CONFIG, ROW_FLAG, F(autostart) },
	{ "GROUPS", "groups", NULL, ZONE_LS_CONFIG, ROW_WORDS, F(groups) },
	{ "IPV4", "ipv4", NULL, ZONE_LS_ADDRESSES, ROW_LIST, F(ipv4) },
	{ "IPV6", "ipv6", NULL, ZONE_LS_ADDRESSES, ROW_LIST, F(ipv6) },
	{ "UNPRIVILEGED", "unprivileged", NULL, ZONE_LS_CONFIG, ROW_BOOL, F(unprivileged) },
	{ "MEMORY", "memory_bytes", "RAM", ZONE_LS_USAGE, ROW_SIZE, F(use.memory) },
	{ "CPU", "cpu_usage_ns", NULL, ZONE_LS_USAGE, ROW_TIME, F(use.cpu_ns) },
	{ "PIDS", "pids", NULL, ZONE_LS_USAGE, ROW_NUMBER, F(use.pids) },
	{ "BACKEND", "backend", NULL, ZONE_LS_CONFIG, ROW_TEXT, F(backend) },
	{ "SNAPSHOTS", "snapshots", NULL, ZONE_LS_SNAPSHOTS, ROW_NUMBER, F(snapshots) },
	{ "REFERENCED", "referenced_bytes", NULL, ZONE_LS_SPACE, ROW_SIZE, F(referenced) },
	{ "EXCLUSIVE", "exclusive_bytes", NULL, ZONE_LS_SPACE, ROW_SIZE, F(exclusive) },
	{ "UPTIME", "uptime_ns", NULL, 0, ROW_TIME, F(uptime_ns) },
	{ "PATH", "path", NULL, 0, ROW_TEXT, F(path) },
	{ 0 },
};

const struct row_field *row_field(const char *name)
{
	for (const struct row_field *f = row_fields; f->head; f++)
		if (strcasecmp(name, f->head) == 0 || strcasecmp(name, f->json) == 0 ||
		    (f->other && strcasecmp(name, f->other) == 0))
			return f;
	return NULL;
}

int row_columns(const char *list, const struct row_field **ret, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };
	AUTO_BUF struct buf known = { 0 };
	int r = strv_split(&words, list, ", ");

	if (r < 0)
		return zerr_code(e, -r, "columns");
	if (words.n == 0 || words.n > ROW_COLUMNS_MAX)
		return zerr_as(e, ZERR_USAGE, "-F: 1 to %d columns", ROW_COLUMNS_MAX);
	for (size_t i = 0; i < words.n; i++) {
		ret[i] = row_field(words.v[i]);
		if (ret[i])
			continue;
		for (const struct row_field *f = row_fields; f->head; f++)
			buf_fmt(&known, "%s%s", f == row_fields ? "" : " ", f->head);
		r = zerr_as(e, ZERR_USAGE, "-F: no column \"%.40s\"", words.v[i]);
		return zerr_hint(e, r, "columns: %s", known.p ? known.p : "");
	}
	return (int)words.n;
}

char *row_duration(uint64_t ns, char out[static 32])
{
	const uint64_t s = ns / 1000000000;

	if (s >= 86400)
		(void)snprintf(out, 32, "%llud %02u:%02u:%02u", (unsigned long long)(s / 86400),
			       (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
			       (unsigned)(s % 60));
	else if (s >= 3600)
		(void)snprintf(out, 32, "%u:%02u:%02u", (unsigned)(s / 3600),
			       (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		(void)snprintf(out, 32, "%u:%02u.%02u", (unsigned)(s / 60), (unsigned)(s % 60),
			       (unsigned)(ns / 10000000 % 100));
	return out;
}

static void cell_number(struct out_table *t, const struct row_field *f, uint64_t n)
{
	char text[32];

	if (n == UINT64_MAX)
		out_cell(t, NULL);
	else if (f->kind == ROW_SIZE)
		out_cell(t, format_size(n, text));
	else if (f->kind == ROW_TIME)
		out_cell(t, row_duration(n, text));
	else
		out_cell_fmt(t, "%llu", (unsigned long long)n);
}

static void cell_signed(struct out_table *t, int64_t n, int64_t none)
{
	if (n == none)
		out_cell(t, NULL);
	else
		out_cell_fmt(t, "%lld", (long long)n);
}

void row_cell(struct out_table *t, const struct row_field *f, const struct zone_info *i)
{
	const void *p = (const char *)i + f->off;

	switch (f->kind) {
	case ROW_TEXT:
		out_cell(t, *(char *const *)p);
		break;
	case ROW_BOOL:
		out_cell(t, *(const bool *)p ? "true" : "false");
		break;
	case ROW_FLAG:
		out_cell(t, *(const bool *)p ? "1" : "0");
		break;
	case ROW_PID:
		cell_signed(t, *(const int64_t *)p, 0);
		break;
	case ROW_STATUS:
		cell_signed(t, *(const int64_t *)p, -1);
		break;
	case ROW_NUMBER:
	case ROW_SIZE:
	case ROW_TIME:
		cell_number(t, f, *(const uint64_t *)p);
		break;
	case ROW_WORDS:
		out_cell_strv(t, p, ",");
		break;
	case ROW_LIST:
		out_cell_strv(t, p, ", ");
		break;
	}
}

static void json_signed(struct json *j, const char *key, int64_t n, int64_t none)
{
	if (n == none)
		json_null(j, key);
	else
		json_i64(j, key, n);
}

void row_json(struct json *j, const struct zone_info *i)
{
	for (const struct row_field *f = row_fields; f->head; f++) {
		const void *p = (const char *)i + f->off;

		switch (f->kind) {
		case ROW_TEXT:
			json_str(j, f->json, *(char *const *)p);
			break;
		case ROW_BOOL:
		case ROW_FLAG:
			json_bool(j, f->json, *(const bool *)p);
			break;
		case ROW_PID:
			json_signed(j, f->json, *(const int64_t *)p, 0);
			break;
		case ROW_STATUS:
			json_signed(j, f->json, *(const int64_t *)p, -1);
			break;
		case ROW_NUMBER:
		case ROW_SIZE:
		case ROW_TIME:
			json_opt(j, f->json, *(const uint64_t *)p);
			break;
		case ROW_WORDS:
		case ROW_LIST:
			json_strv(j, f->json, p);
			break;
		}
	}
}
