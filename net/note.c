/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notes as records: one table of their fields for both directions. */
#include "net/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/record.h"
#include "net/ident.h"

#define NOTE_FORMAT  1
#define BACK_WAIT_MS 2000

enum field_kind { FIELD_TEXT, FIELD_UINT, FIELD_RATE, FIELD_BOOL, FIELD_ADDRESS, FIELD_MAC };

static const struct field {
	const char *name;
	enum field_kind kind;
	size_t off, room;
} fields[] = {
#define F(name, kind, member)                                      \
	{                                                          \
		name, FIELD_##kind, offsetof(struct note, member), \
			sizeof(((struct note *)NULL)->member)      \
	}
	F("type", TEXT, type),
	F("network", TEXT, network),
	F("host_name", TEXT, host_name),
	F("index", UINT, index),
	F("inside", UINT, inside),
	F("mac", MAC, mac),
	F("ipv4", ADDRESS, ipv4),
	F("ipv6", ADDRESS, ipv6),
	F("isolated", BOOL, isolated),
	F("open.mac", BOOL, open.mac),
	F("open.ipv4", BOOL, open.ipv4),
	F("open.ipv6", BOOL, open.ipv6),
	F("open.ra", BOOL, open.ra),
	F("open.dhcp", BOOL, open.dhcp),
	F("open.ethertype", BOOL, open.ethertype),
	F("ingress", RATE, ingress),
	F("egress", RATE, egress),
	F("vlan", UINT, vlan),
	F("vlans", TEXT, vlans),
	F("parent", TEXT, parent),
	F("home.name", TEXT, home.name),
	F("home.mac", MAC, home.mac),
	F("home.fixed_mac", MAC, home.fixed_mac),
	F("home.index", UINT, home.index),
	F("home.mtu", UINT, home.mtu),
	F("home.up", BOOL, home.up),
	F("home.addresses", TEXT, home.addresses),
	F("home.aliases", TEXT, home.aliases),
#undef F
};
#define FIELDS_N (sizeof(fields) / sizeof(*fields))

static int take_lock(const struct net_env *env, int wait_ms, struct notes *ret, struct zerr *e)
{
	*ret = (struct notes){ -1, -1 };
	ret->net = fs_subdir(env->run, ".net", 0711, e);
	if (ret->net < 0)
		return ret->net;
	ret->lock = fs_lock(ret->net, ".lock", wait_ms, e);
	return zerr_in(e, ret->lock < 0 ? ret->lock : 0, "lock of the networks");
}

int notes_open(const struct net_env *env, struct notes *ret, struct zerr *e)
{
	return take_lock(env, env->lock_wait_ms, ret, e);
}

int notes_open_back(const struct net_env *env, struct notes *ret, struct zerr *e)
{
	const int ms = env->lock_wait_ms;

	return take_lock(env, ms >= 0 && ms < BACK_WAIT_MS ? BACK_WAIT_MS : ms, ret, e);
}

void notes_close(struct notes *n)
{
	own_close(n->lock);
	own_close(n->net);
	*n = (struct notes){ -1, -1 };
}

char *note_name(const char *zone, const char *nic, unsigned index)
{
	return index ? str_fmt("%s.%s@%u", zone, nic, index) : str_fmt("%s.%s", zone, nic);
}

void note_each_vlan(const struct note *n, void (*fn)(uint16_t vlan, void *arg), void *arg)
{
	char *end;

	for (const char *p = n->vlans; *p; p = end) {
		const unsigned long vlan = strtoul(p, &end, 10);

		if (end == p)
			return;
		fn((uint16_t)vlan, arg);
	}
}

bool note_is_of(const char *name, const char *zone)
{
	return str_starts(name, zone) && name[strlen(zone)] == '.';
}

static int put_text(struct record *r, const char *name, const char *text)
{
	return *text ? record_set(r, name, text) : 0;
}

/* What is nothing is not written. */
static int put(struct record *r, const struct field *f, const struct note *n)
{
	const void *from = (const char *)n + f->off;
	char text[IPNET_TEXT];

	switch (f->kind) {
	case FIELD_TEXT:
		return put_text(r, f->name, from);
	case FIELD_UINT:
		return *(const unsigned *)from
			       ? record_setf(r, f->name, "%u", *(const unsigned *)from)
			       : 0;
	case FIELD_RATE:
		return *(const uint64_t *)from
			       ? record_setf(r, f->name, "%" PRIu64, *(const uint64_t *)from)
			       : 0;
	case FIELD_BOOL:
		return put_text(r, f->name, *(const bool *)from ? "1" : "");
	case FIELD_ADDRESS:
		return put_text(r, f->name, ipnet_text(from, text));
	case FIELD_MAC:
		return memcmp(from, (const uint8_t[6]){ 0 }, 6) == 0
			       ? 0
			       : record_set(r, f->name, mac_text(from, text));
	}
	return -EINVAL;
}

static void get(const struct record *r, const struct field *f, struct note *n)
{
	const char *text = record_get(r, f->name);
	void *to = (char *)n + f->off;

	if (!text)
		return;
	switch (f->kind) {
	case FIELD_TEXT:
		(void)snprintf(to, f->room, "%s", text);
		break;
	case FIELD_UINT:
		*(unsigned *)to = (unsigned)record_u64(r, f->name, 0);
		break;
	case FIELD_RATE:
		*(uint64_t *)to = record_u64(r, f->name, 0);
		break;
	case FIELD_BOOL:
		*(bool *)to = str_eq(text, "1");
		break;
	case FIELD_ADDRESS:
		(void)ipnet_parse(to, text); /* "" leaves none */
		break;
	case FIELD_MAC:
		(void)mac_parse(to, text); /* written by us */
		break;
	}
}

int note_save(int dir, const char *name, const struct note *n, struct zerr *e)
{
	AUTO_RECORD struct record record = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < FIELDS_N; i++)
		r = put(&record, &fields[i], n);
	if (r < 0)
		return zerr_code(e, -r, "note of %s", name);
	return zerr_in(e, record_save(&record, dir, name, NOTE_FORMAT, false, e), "note of %s",
		       name);
}

/* Zone and NIC are in the name: zones' names have no dot. */
static void take_name(const char *name, struct note *n)
{
	const char *dot = strchr(name, '.');
	const char *at = dot ? strrchr(dot, '@') : NULL;

	if (!dot)
		return;
	(void)snprintf(n->zone, sizeof(n->zone), "%.*s", (int)(dot - name), name);
	(void)snprintf(n->nic, sizeof(n->nic), "%.*s",
		       at ? (int)(at - dot - 1) : (int)strlen(dot + 1), dot + 1);
}

int note_load(int dir, const char *name, struct note *ret, struct zerr *e)
{
	AUTO_RECORD struct record record = { 0 };
	struct note n = { 0 };
	const int r = record_load(&record, dir, name, NOTE_FORMAT, e);

	if (r == -ENOENT)
		return r;
	if (r < 0 && r != -EPROTO)
		return zerr_in(e, r, "note of %s", name);
	for (size_t i = 0; r == 0 && i < FIELDS_N; i++)
		get(&record, &fields[i], &n);
	take_name(name, &n);
	*ret = n;
	return 0;
}
