/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaches the module that speaks D-Bus. */
#include "core/systemd.h"

#include <stdio.h>
#include <unistd.h>

#include "base/module.h"
#include "base/own.h"

static const struct systemd_ops *ops(struct zerr *e)
{
	return module_symbol("zone-systemd.so", "zone_systemd", e);
}

bool systemd_knows(const struct zone_host *h)
{
	return str_eq(h->run_path, "/run/zone") && str_eq(h->var, "/var/lib/zone") &&
	       str_eq(h->etc, "/etc/zone");
}

bool systemd_runs(const struct zone_host *h)
{
	return systemd_knows(h) && access("/run/systemd/system", F_OK) == 0; /* sd_booted(3) */
}

int systemd_start(const char *name, int verdict, systemd_hear *hear, struct zerr *e)
{
	const struct systemd_ops *o = ops(e);
	char unit[96];

	(void)snprintf(unit, sizeof(unit), "zone@%s.service", name);
	return o ? o->start(unit, verdict, hear, e) : -ENOTCONN;
}

int systemd_begin(const char *unit, struct zerr *e)
{
	const struct systemd_ops *o = ops(e);

	return o ? o->start(unit, -1, NULL, e) : -ENOTCONN;
}

int systemd_scope(const char *name, pid_t pid, struct zerr *e)
{
	const struct systemd_ops *o = ops(e);
	char unit[96], description[96];

	(void)snprintf(unit, sizeof(unit), "zone-%s.scope", name);
	(void)snprintf(description, sizeof(description), "Zone %s", name);
	return o ? o->scope(unit, pid, description, e) : -ENOTCONN;
}

int systemd_reload(struct zerr *e)
{
	const struct systemd_ops *o = ops(e);

	return o ? o->reload(e) : -ENOTCONN;
}

int systemd_enroll(const struct systemd_machine *m, struct zerr *e)
{
	const struct systemd_ops *o = ops(e);

	return o ? o->enroll(m, e) : -ENOTCONN;
}

void systemd_dismiss(const char *name)
{
	struct zerr ignored = { 0 };
	const struct systemd_ops *o = ops(&ignored);

	if (o)
		o->dismiss(name);
}
