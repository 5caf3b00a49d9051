/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of forwarded ports, both ways. Whether a port is free is not known here. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/keys.h"

#define PORT_MAX 65535

static int bad_name(const char *name, struct zerr *e)
{
	return zerr_as(e, ZERR_USAGE, "not [ADDRESS:]PORT[-PORT][/udp]: %.80s", name);
}

/* "10.0.0.1:" or "[fd00::1]:" in front; moves *@s behind it. */
static int take_address(const char **s, struct forward *f)
{
	const bool six = **s == '[';
	const char *begin = *s + six, *end = strchr(begin, six ? ']' : ':');
	char text[INET6_ADDRSTRLEN];

	if (!six && !end)
		return 0;
	if (!end || (size_t)(end - begin) >= sizeof(text) || (six && end[1] != ':'))
		return -EINVAL;
	memcpy(text, begin, (size_t)(end - begin));
	text[end - begin] = '\0';
	f->family = six ? AF_INET6 : AF_INET;
	*s = end + 1 + six;
	return inet_pton(f->family, text, f->address) == 1 ? 0 : -EINVAL;
}

static int parse_port(const char *s, size_t len, unsigned *ret)
{
	char text[8];
	uint64_t n;

	if (len == 0 || len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	if (parse_u64(text, PORT_MAX, &n) < 0 || n == 0)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

static int parse_name(const char *name, struct forward *f)
{
	const char *s = name, *slash, *dash;

	if (take_address(&s, f) < 0)
		return -EINVAL;
	slash = strchr(s, '/');
	if (slash && !str_eq(slash, "/tcp") && !str_eq(slash, "/udp"))
		return -EINVAL;
	f->udp = str_eq(slash, "/udp");
	slash = slash ? slash : s + strlen(s);
	dash = memchr(s, '-', (size_t)(slash - s));
	if (parse_port(s, (size_t)((dash ? dash : slash) - s), &f->first) < 0)
		return -EINVAL;
	f->last = f->first;
	if (dash && parse_port(dash + 1, (size_t)(slash - dash - 1), &f->last) < 0)
		return -EINVAL;
	return f->last < f->first ? -EINVAL : 0;
}

int conf_forward(struct forward *ret, const char *name, const char *value, struct zerr *e)
{
	struct forward f = { 0 };

	if (parse_name(name, &f) < 0)
		return bad_name(name, e);
	if (f.family == AF_INET6 && memcmp(f.address, &in6addr_loopback, 16) == 0)
		return zerr_as(e, ZERR_USAGE, "%.80s: nothing leads away from ::1", name);
	if (value && parse_port(value, strlen(value), &f.to) < 0)
		return zerr_as(e, ZERR_USAGE, "not a port from 1 to %d: %.80s", PORT_MAX, value);
	if (value && f.to + (f.last - f.first) > PORT_MAX)
		return zerr_as(e, ZERR_USAGE, "%u ports from %u on go beyond %d",
			       f.last - f.first + 1, f.to, PORT_MAX);
	*ret = f;
	return 0;
}

char *conf_forward_name(const struct forward *f, char out[static 80])
{
	char address[INET6_ADDRSTRLEN] = "", range[16] = "";

	if (f->family)
		(void)inet_ntop(f->family, f->address, address, sizeof(address)); /* it fits */
	if (f->last > f->first)
		(void)snprintf(range, sizeof(range), "-%u", f->last);
	(void)snprintf(out, 80, "%s%s%s%s%u%s%s", f->family == AF_INET6 ? "[" : "", address,
		       f->family == AF_INET6 ? "]" : "", f->family ? ":" : "", f->first, range,
		       f->udp ? "/udp" : "");
	return out;
}

bool conf_forward_overlap(const struct forward *a, const struct forward *b)
{
	static const unsigned char any[16];
	const bool all = !memcmp(a->address, any, 16) || !memcmp(b->address, any, 16);

	return a->udp == b->udp && a->first <= b->last && b->first <= a->last &&
	       (!a->family || !b->family || a->family == b->family) &&
	       (all || memcmp(a->address, b->address, 16) == 0);
}

int check_forward(const char *v, struct zerr *e)
{
	unsigned port;

	return parse_port(v, strlen(v), &port) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a port from 1 to %d: %.80s", PORT_MAX, v);
}

int check_forward_name(const char *v, struct zerr *e)
{
	struct forward f;

	return conf_forward(&f, v, NULL, e);
}
