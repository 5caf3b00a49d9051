/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between a console's client and the monitor, on the SOCK_SEQPACKET socket /run/zone/NAME/control:
 * the client's packets begin with a type byte; the first is an attach, answered by a hello; what
 * the monitor sends after that is console output as it is.
 */
#pragma once

#include <stdint.h>

#define MONITOR_PACKET 4096

enum { MONITOR_ATTACH = 'a', MONITOR_INPUT = 'i', MONITOR_RESIZE = 'w' };
enum { MONITOR_READONLY = 1, MONITOR_FORCE = 2 };

struct monitor_attach { /* behind MONITOR_ATTACH */
	int32_t tty;
	int32_t flags;
};

struct monitor_hello {
	uint32_t refused; /* there is no such console */
	uint32_t writer;
	uint64_t log_end; /* bytes in the log now */
};
