/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers, sizes, truth values, times and ids, strictly: no white space, no sign, no second base,
 * no locale. Must not accept what it cannot give back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/str.h"

/* Digits from *@s on; moves *@s behind them. */
static int parse_digits(const char **s, uint64_t max, uint64_t *ret)
{
	const char *p = *s;
	uint64_t n = 0;
	bool over = false;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		const uint64_t digit = (uint64_t)(*p - '0');

		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n) ||
		    n > max)
			over = true; /* read on: "9…9x" is no number rather than too large */
	}
	*s = p;
	if (over)
		return -ERANGE;
	*ret = n;
	return 0;
}

int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;
	const int r = parse_digits(&s, max, &n);

	if (r == -EINVAL || *s)
		return -EINVAL;
	if (r == 0)
		*ret = n;
	return r;
}

int parse_size(const char *s, uint64_t *ret)
{
	static const char units[] = "KMGT";
	uint64_t n = 0;
	unsigned shift = 0;
	int r = parse_digits(&s, UINT64_MAX, &n);

	if (r == -EINVAL)
		return r;
	if (*s) {
		const char *u = strchr(units, *s);

		if (!u || s[1])
			return -EINVAL;
		shift = 10 * (unsigned)(u - units + 1);
	}
	if (r == 0 && n > UINT64_MAX >> shift)
		r = -ERANGE;
	if (r == 0)
		*ret = n << shift;
	return r;
}

int parse_rate(const char *s, uint64_t *ret)
{
	static const char units[] = "kKmMgG";
	uint64_t n = 0, unit = 1;
	int r = parse_digits(&s, UINT64_MAX, &n);

	if (r == -EINVAL)
		return r;
	if (*s && strchr(units, *s)) {
		for (const char *u = units; u <= strchr(units, *s); u += 2)
			unit *= 1000;
		s++;
	}
	if (*s && !str_eq(s, "bit"))
		return -EINVAL;
	if (r == 0 && __builtin_mul_overflow(n, unit, &n))
		r = -ERANGE;
	if (r == 0)
		*ret = n;
	return r;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (str_eq(s, words[i])) {
			*ret = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

char *format_size(uint64_t bytes, char out[static 16])
{
	static const char units[] = "KMGTPE";
	uint64_t tenths;
	unsigned u = 0;

	if (bytes < 1024) {
		(void)snprintf(out, 16, "%u B", (unsigned)bytes);
		return out;
	}
	/* u is the largest unit that gives less than 1024 of it, rounding included */
	while (u < 5 && bytes >> (10 * (u + 1)) >= 1024)
		u++;
	tenths = (bytes >> (10 * u)) * 10 / 1024;
	(void)snprintf(out, 16, "%u.%u %ciB", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
		       units[u]);
	return out;
}

char *format_time(int64_t seconds, char out[static 32])
{
	const int64_t last = INT64_C(253402300799); /* the end of the year 9999 */
	time_t t = (time_t)(seconds < 0 ? 0 : seconds > last ? last : seconds);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0'; /* cannot be, in this range */
	return out;
}

static struct timespec now(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t); /* these clocks always exist */
	return t;
}

int64_t now_seconds(void)
{
	return now(CLOCK_REALTIME).tv_sec;
}

uint64_t now_boot_ns(void)
{
	const struct timespec t = now(CLOCK_BOOTTIME);

	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

int64_t now_ms(void)
{
	const struct timespec t = now(CLOCK_MONOTONIC);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int make_uuid(char out[static 40])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return -EIO;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 4122, version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	char *p = out;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += sprintf(p, "%02x", b[i]);
	}
	return 0;
}

bool cpulist_has(const char *list, unsigned long cpu)
{
	for (char *p = (char *)list; *p >= '0' && *p <= '9'; p++) {
		const unsigned long from = strtoul(p, &p, 10);
		const unsigned long to = *p == '-' ? strtoul(p + 1, &p, 10) : from;

		if (cpu >= from && cpu <= to)
			return true;
		if (*p != ',')
			return false;
	}
	return false;
}
