/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See info.h. The keys are a promise of zone(8). */
#include "cmd/info.h"

#include "cmd/out.h"
#include "cmd/row.h"

static void ids_json(struct json *j, const struct zone_info *i)
{
	if (i->id_count > 0)
		json_u64(j, "id_base", i->id_base);
	else
		json_null(j, "id_base");
	json_arr(j, "ids");
	if (i->id_count > 0) {
		json_obj(j, NULL);
		json_u64(j, "inside", 0);
		json_u64(j, "outside", i->id_base);
		json_u64(j, "count", i->id_count);
		json_end_obj(j);
	}
	json_end_arr(j);
}

static void image_json(struct json *j, const struct zone_info *i)
{
	if (!i->image_fingerprint && !i->image_dist) {
		json_null(j, "image");
		return;
	}
	json_obj(j, "image");
	json_str(j, "server", i->image_server);
	json_str(j, "dist", i->image_dist);
	json_str(j, "release", i->image_release);
	json_str(j, "arch", i->image_arch);
	json_str(j, "variant", i->image_variant);
	json_str(j, "build", i->image_build);
	json_str(j, "fingerprint", i->image_fingerprint);
	json_str(j, "verified", i->image_verified);
	json_end_obj(j);
}

static void use_json(struct json *j, const struct zone_info *i)
{
	json_obj(j, "memory");
	json_opt(j, "current", i->use.memory);
	json_opt(j, "peak", i->use.memory_peak);
	json_opt(j, "max", i->use.memory_max);
	json_opt(j, "swap", i->use.memory_swap);
	json_end_obj(j);
	json_obj(j, "io");
	json_opt(j, "read_bytes", i->use.io_read);
	json_opt(j, "write_bytes", i->use.io_written);
	json_end_obj(j);
}

static void nics_json(struct json *j, const struct zone_info *i)
{
	json_arr(j, "nics");
	for (size_t n = 0; n < i->nics_n; n++) {
		const struct zone_nic *nic = &i->nics[n];

		json_obj(j, NULL);
		json_str(j, "name", nic->name);
		json_str(j, "host_name", nic->host_name);
		json_str(j, "network", nic->network);
		json_str(j, "mac", nic->mac);
		json_strv(j, "addresses", &nic->addresses);
		json_opt(j, "rx_bytes", nic->rx_bytes);
		json_opt(j, "tx_bytes", nic->tx_bytes);
		json_opt(j, "rx_packets", nic->rx_packets);
		json_opt(j, "tx_packets", nic->tx_packets);
		json_opt(j, "drops", nic->drops);
		json_end_obj(j);
	}
	json_end_arr(j);
}

static void pairs_json(struct json *j, const char *key, const struct strv *p)
{
	json_obj(j, key);
	for (size_t i = 0; i + 1 < p->n; i += 2)
		out_json_auto(j, p->v[i], p->v[i + 1]);
	json_end_obj(j);
}

/* All as text: it is the zone's word. */
static void guest_json(struct json *j, const struct strv *p)
{
	json_obj(j, "guest");
	for (size_t i = 0; i + 1 < p->n; i += 2)
		json_str(j, p->v[i], p->v[i + 1]);
	json_end_obj(j);
}

static void pid_json(struct json *j, const char *key, int64_t pid)
{
	if (pid > 0)
		json_i64(j, key, pid);
	else
		json_null(j, key);
}

void info_json(struct json *j, const struct zone_info *i)
{
	json_obj(j, NULL);
	row_json(j, i);
	pid_json(j, "init_pid", i->pid);
	pid_json(j, "monitor_pid", i->monitor_pid);
	json_str(j, "cgroup", i->cgroup);
	ids_json(j, i);
	out_json_time(j, "created", i->created);
	image_json(j, i);
	use_json(j, i);
	nics_json(j, i);
	pairs_json(j, "limits", &i->limits);
	json_strv(j, "limits_not_enforced", &i->limits_not_enforced);
	pairs_json(j, "security", &i->security);
	guest_json(j, &i->guest);
	json_str(j, "health_output", i->health_output);
	out_json_time(j, "restart_at", i->restart_at);
	json_u64(j, "restarts", i->restarts);
	json_str(j, "incomplete_op", i->incomplete_op);
	json_str(j, "incomplete_hint", i->incomplete_hint);
	json_strv(j, "holders", &i->holders);
	json_end_obj(j);
}
