/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the tests of snapshots, static so that it runs in any zone: a writer as careful as a
 * database, and the check of what it has left. ledger write DIR        append records to a log,
 * update a table from them, now and then put a new file in the place of an old one; each step on
 * disk before the next ledger check DIR LEAST  at least that many records, all whole, the table as
 * the log says
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS 64

struct entry {
	uint64_t number; /* from 1; 0: never written */
	uint64_t slot;
	uint64_t filling[5];
	uint64_t sum;
};

static uint64_t sum_of(const struct entry *r)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const unsigned char *p = (const unsigned char *)r;

	for (size_t i = 0; i < offsetof(struct entry, sum); i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}

static struct entry entry(uint64_t number)
{
	struct entry r = { .number = number, .slot = number * 7919 % SLOTS };

	for (int i = 0; i < 5; i++)
		r.filling[i] = number * (uint64_t)(i + 3);
	r.sum = sum_of(&r);
	return r;
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(int fd, const struct entry *r, uint64_t at)
{
	if (pwrite(fd, r, sizeof(*r), (off_t)(at * sizeof(*r))) != (ssize_t)sizeof(*r) ||
	    fdatasync(fd) < 0)
		die("write");
}

static void replace(const struct entry *r)
{
	const int fd = open("mark.new", O_WRONLY | O_CREAT | O_TRUNC, 0600),
		  dir = open(".", O_RDONLY);

	if (fd < 0)
		die("mark.new");
	put(fd, r, 0);
	close(fd);
	if (rename("mark.new", "mark") < 0 || fsync(dir) < 0)
		die("mark");
	close(dir);
}

static _Noreturn void run_writer(void)
{
	const int log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const int table = open("table", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const int done = open("done", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char text[32];

	if (log < 0 || table < 0 || done < 0 || ftruncate(table, SLOTS * sizeof(struct entry)) < 0)
		die("open");
	for (uint64_t n = 1;; n++) {
		const struct entry r = entry(n);

		put(log, &r, n - 1);
		put(table, &r, r.slot);
		if (n % 16 == 0)
			replace(&r);
		(void)snprintf(text, sizeof(text), "%llu\n", (unsigned long long)n);
		if (pwrite(done, text, strlen(text), 0) < 0) /* only says so, in no hurry */
			die("done");
	}
}

static void wrong(const char *what, uint64_t number)
{
	fprintf(stderr, "%s: %llu\n", what, (unsigned long long)number);
	exit(1);
}

static int get(int fd, struct entry *r, uint64_t at)
{
	return pread(fd, r, sizeof(*r), (off_t)(at * sizeof(*r))) == (ssize_t)sizeof(*r);
}

/* Records in the log, and for each slot the number of the last and of the one before. */
static uint64_t read_log(uint64_t *last, uint64_t *before)
{
	const int log = open("log", O_RDONLY);
	struct entry r, want;
	uint64_t n = 0;

	for (; get(log, &r, n); n++) {
		want = entry(n + 1);
		if (memcmp(&r, &want, sizeof(r)) != 0)
			wrong("the log is damaged at", n + 1);
		before[r.slot] = last[r.slot];
		last[r.slot] = n + 1;
	}
	return n;
}

static void check_table(uint64_t n, const uint64_t *last, const uint64_t *before)
{
	const int table = open("table", O_RDONLY);
	struct entry r;

	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		if (!get(table, &r, slot) || (r.number && (r.sum != sum_of(&r) || r.slot != slot)))
			wrong("the table is damaged at", slot);
		if (r.number != last[slot] && !(last[slot] == n && r.number == before[slot]))
			wrong("the table is behind the log at", slot);
	}
}

static void check(uint64_t least)
{
	uint64_t last[SLOTS] = { 0 }, before[SLOTS] = { 0 };
	const uint64_t n = read_log(last, before), marked = n ? (n - 1) / 16 * 16 : 0;
	struct entry r;

	if (n < least)
		wrong("records that were on disk are missing from", n + 1);
	check_table(n, last, before);
	if (get(open("mark", O_RDONLY), &r, 0)
		    ? r.sum != sum_of(&r) || r.number < marked || r.number > n
		    : marked > 0)
		wrong("the mark is not that of", n);
	printf("%llu\n", (unsigned long long)n);
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "check") == 0 && argc < 4)) {
		fprintf(stderr, "usage: ledger write DIR | ledger check DIR LEAST\n");
		return 2;
	}
	(void)mkdir(argv[2], 0700);
	if (chdir(argv[2]) < 0)
		die(argv[2]);
	if (strcmp(argv[1], "write") == 0)
		run_writer();
	check(strtoull(argv[3], NULL, 10));
	return 0;
}
