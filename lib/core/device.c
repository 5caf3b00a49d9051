/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone device add, rm: a short way to write device.NAME.*; all work is zone_set()'s. */
#include <string.h>

#include "base/own.h"
#include "core/core.h"
#include "core/devices.h"

/* "/dev/net/tun" is called net-tun. */
static char *name_of(const char *path)
{
	char *name = strdup(str_starts(path, "/dev/") ? path + strlen("/dev/") : path);

	for (char *p = name; p && *p; p++)
		if (*p == '/')
			*p = '-';
		else if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
				 "-",
				 *p))
			*p = '_';
	return name;
}

/* The device of @z's configuration that @text means, by path or by name; NULL: none. */
static const struct device_spec *find(const struct zone *z, const char *text)
{
	for (size_t i = 0; i < z->spec.devices_n; i++)
		if (str_eq(z->spec.devices[i].path, text) || str_eq(z->spec.devices[i].name, text))
			return &z->spec.devices[i];
	return NULL;
}

static int load(struct zone_host *h, const char *name, struct zone *z, struct zerr *e)
{
	const int r = zone_load(h, name, 0, z, e);

	return r == 0 ? conf_load(&z->spec, z->dir, name, e) : r;
}

static int set_one(struct zone_host *h, const char *name, char *assignment, struct strv *ret_live,
		   struct zerr *e)
{
	char *const all[] = { assignment };

	return assignment ? zone_set(h, name, all, 1, ret_live, e) : zerr_code(e, ENOMEM, "device");
}

int zone_device_add(struct zone_host *h, const char *name, const char *path, struct strv *ret_live,
		    struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FREE char *device = name_of(path);
	int r = load(h, name, &z, e);

	if (r == 0 && device && (find(&z, path) || find(&z, device)))
		r = zerr_hint(e, zerr_as(e, ZERR_STATE, "the zone has device %s already", path),
			      "zone device rm %s %s", name, path);
	if (r < 0)
		return r;
	const struct device_spec d = { .name = device, .path = (char *)path };
	struct stat st;
	if ((r = device_stat(&d, &st, e)) < 0)
		return r;
	AUTO_FREE char *assignment = device ? str_fmt("device.%s.path=%s", device, path) : NULL;
	return set_one(h, name, assignment, ret_live, e);
}

int zone_device_remove(struct zone_host *h, const char *name, const char *path,
		       struct strv *ret_live, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = load(h, name, &z, e);
	const struct device_spec *d = r == 0 ? find(&z, path) : NULL;

	if (r < 0)
		return r;
	if (!d)
		return zerr_hint(e, zerr_as(e, ZERR_MISSING, "the zone has no device %s", path),
				 "zone get %s lists those that it has", name);
	AUTO_FREE char *assignment = str_fmt("device.%s", d->name);
	return set_one(h, name, assignment, ret_live, e);
}
