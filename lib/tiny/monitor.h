/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside zone-monitor: what its files share. One table, no heap, nothing but libc. What it hears
 * from clients and how they are answered is in protocol.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONSOLES 16
#define CLIENTS	 32
#define ARGS	 160

struct client {
	int fd; /* -1: free */
	int tty;
	bool writer;
	unsigned short pending_len, pending_at; /* input that the pty did not take yet */
};

extern struct monitor {
	const char *name, *exe, *self;
	int pid;
	unsigned long long logmax;
	long long health; /* milliseconds between two checks; 0: none */
	int pidfd, run, top, log, alive, control, notify, oom;
	unsigned long long oom_kills; /* counted so far */
	int console[CONSOLES];
	int consoles;
	int logfile[CONSOLES];
	unsigned long long logged[CONSOLES]; /* bytes in each */
	struct client client[CLIENTS];
	char *args[ARGS];
	int args_n;
} m;

/* text.c: strings without stdio. The end of what was put, NUL-terminated. */
unsigned long long number(const char *s);
char *put_number(char *p, unsigned long long n);
bool starts(const char *s, const char *prefix);

/* consolelog.c: NAME for /dev/console, NAME:N for the others. */
void open_log(int tty);
/* Append, after a rotation when it is full. A full disk costs log, not the zone. */
void write_log(int tty, const unsigned char *data, size_t len);

/* clients.c */
struct client *add_client(int fd); /* NULL: no place is left */
struct client *writer_of(int tty);
/* A new connection; one packet of a client. */
void accept_client(void);
void hear_client(struct client *c);
/* Output of the zone. False: nobody inside has that console open. */
bool hear_console(int tty);
/* Input that was kept back, now that the pty takes some. */
void push_pending(struct client *c);

/* Milliseconds of CLOCK_MONOTONIC. */
long long clock_ms(void);

/* notice.c: what the zone tells, and what the kernel tells of it. */
void hear_notify(void);
void hear_oom(void);
/* One line of the events file; @key NULL: no field. Nothing in @value needs to be escaped. */
void append_event(const char *what, const char *key, const char *value);
/* Run "zone VERB NAME …" (NULL-terminated, argv[0] included) without waiting for it. */
void run_zone(char *const argv[]);
/* guest.c: a message of init's, as it came. */
void hear_said(const char *text);
/* What an earlier monitor of this run has written down. */
void load_said(void);
