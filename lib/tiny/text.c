/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers and prefixes: stdio alone would double the monitor. */
#include <string.h>

#include "tiny/monitor.h"

unsigned long long number(const char *s)
{
	unsigned long long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (unsigned long long)(*s++ - '0');
	return n;
}

char *put_number(char *p, unsigned long long n)
{
	char digits[24];
	int k = 0;

	do
		digits[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		*p++ = digits[--k];
	*p = '\0';
	return p;
}

bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}
