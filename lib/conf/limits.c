/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form of limits.* and rlimit.*: they are kept as text, since what a percentage or a processor
 * list comes to is the host's business.
 */
#include <string.h>

#include "conf/keys.h"

/* "1%" to "100%". */
static bool is_percent(const char *v)
{
	char digits[8] = "";
	const size_t n = strlen(v);
	uint64_t percent;

	if (n < 2 || n > sizeof(digits) || v[n - 1] != '%')
		return false;
	memcpy(digits, v, n - 1);
	return parse_u64(digits, 100, &percent) == 0 && percent > 0;
}

/* "2", "1.5", "0.25": three places at most, and no less than the kernel's smallest quota. */
static bool is_cpus(const char *v)
{
	const size_t whole = strspn(v, "0123456789"), dot = v[whole] == '.';
	const size_t places = strspn(v + whole + dot, "0123456789") * dot;
	const size_t first = strcspn(v, "123456789");

	return whole > 0 && whole <= 5 && places <= 3 && dot == (places > 0) &&
	       !v[whole + dot + places] && v[first] && first <= whole + 2;
}

int check_cpu(const char *v, struct zerr *e)
{
	return str_eq(v, "max") || is_cpus(v) || is_percent(v)
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not a number of processors (1.5), percentage or max: %.80s", v);
}

int check_weight(const char *v, struct zerr *e)
{
	uint64_t n;

	return parse_u64(v, 10000, &n) == 0 && n > 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a number from 1 to 10000: %.80s", v);
}

/* One of "3" and "0-3". */
static bool is_range(const char *v)
{
	char first[8] = "";
	const size_t n = strcspn(v, "-");
	uint64_t from, to;

	if (n >= sizeof(first))
		return false;
	memcpy(first, v, n);
	if (parse_u64(first, 65535, &from) < 0)
		return false;
	return !v[n] || (parse_u64(v + n + 1, 65535, &to) == 0 && to >= from);
}

int check_cpuset(const char *v, struct zerr *e)
{
	AUTO_STRV struct strv parts = { 0 };
	bool ok = *v && !strstr(v, ",,") && v[0] != ',' && v[strlen(v) - 1] != ',';

	if (strv_split(&parts, v, ",") < 0)
		return zerr_code(e, ENOMEM, "read a list");
	for (size_t i = 0; ok && i < parts.n; i++)
		ok = is_range(parts.v[i]);
	return ok ? 0 : zerr_as(e, ZERR_USAGE, "not a list of processors (0-3,8): %.80s", v);
}

int check_amount(const char *v, struct zerr *e)
{
	uint64_t n;

	return str_eq(v, "max") || is_percent(v) || parse_size(v, &n) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a size (512M), percentage or max: %.80s", v);
}

int check_memory(const char *v, struct zerr *e)
{
	uint64_t n;

	if (parse_size(v, &n) == 0 && n == 0)
		return zerr_as(e, ZERR_USAGE, "nothing runs without memory: %.80s", v);
	return check_amount(v, e);
}

int check_pids(const char *v, struct zerr *e)
{
	uint64_t n;

	return str_eq(v, "max") || (parse_u64(v, 1 << 22, &n) == 0 && n > 0)
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a number of processes or max: %.80s", v);
}

/* Words of @v as NAME=VALUE, each told to @fn; at least one, each name once. */
static bool each_setting(const char *v, bool (*fn)(const char *name, const char *value))
{
	AUTO_STRV struct strv words = { 0 }, names = { 0 };

	if (strv_split(&words, v, " ") < 0)
		return false;
	for (size_t i = 0; i < words.n; i++) {
		char *eq = strchr(words.v[i], '=');

		if (!eq)
			return false;
		*eq = '\0';
		if (strv_has(&names, words.v[i]) || strv_add(&names, words.v[i]) < 0 ||
		    !fn(words.v[i], eq + 1))
			return false;
	}
	return words.n > 0;
}

static bool is_rate(const char *name, const char *value)
{
	const bool bytes = str_eq(name, "rbps") || str_eq(name, "wbps");
	uint64_t n;

	if (!bytes && !str_eq(name, "riops") && !str_eq(name, "wiops"))
		return false;
	if (str_eq(value, "max"))
		return true;
	return (bytes ? parse_size(value, &n) : parse_u64(value, UINT32_MAX, &n)) == 0 && n > 0;
}

int check_io(const char *v, struct zerr *e)
{
	return each_setting(v, is_rate)
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not rates (rbps=10M wbps=5M riops=100 wiops=max): %.80s", v);
}

static bool is_pages(const char *name, const char *value)
{
	uint64_t page, n;

	return parse_size(name, &page) == 0 && page >= 4096 && (page & (page - 1)) == 0 &&
	       (str_eq(value, "max") || parse_size(value, &n) == 0);
}

int check_hugetlb(const char *v, struct zerr *e)
{
	return each_setting(v, is_pages)
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not sizes of pages and limits (2M=512M 1G=4G): %.80s", v);
}

int check_rlimit_name(const char *v, struct zerr *e)
{
	static const char *const names[] = { "as",    "core",	 "cpu",	     "data",   "fsize",
					     "locks", "memlock", "msgqueue", "nice",   "nofile",
					     "nproc", "rss",	 "rtprio",   "rttime", "sigpending",
					     "stack", NULL };
	const char *near;
	int r;

	for (size_t i = 0; names[i]; i++) {
		if (strcmp(v, names[i]) == 0)
			return 0;
	}
	r = zerr_as(e, ZERR_USAGE, "not a resource limit: %.80s", v);
	near = str_nearest(v, names);
	return near ? zerr_hint(e, r, "did you mean rlimit.%s?", near) : r;
}

static int rlimit_number(const char *v, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return str_eq(v, "unlimited") ? 0 : parse_size(v, ret);
}

int check_rlimit(const char *v, struct zerr *e)
{
	const char *colon = strchrnul(v, ':');
	char first[32] = "";
	uint64_t soft, hard;

	if ((size_t)(colon - v) < sizeof(first))
		memcpy(first, v, (size_t)(colon - v));
	if (rlimit_number(first, &soft) < 0 || (*colon && rlimit_number(colon + 1, &hard) < 0))
		return zerr_as(e, ZERR_USAGE, "not a limit (1024, 1024:4096 or unlimited): %.80s",
			       v);
	if (*colon && soft > hard)
		return zerr_as(e, ZERR_USAGE, "the soft limit is above the hard one: %s", v);
	return 0;
}
