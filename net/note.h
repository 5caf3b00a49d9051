/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes of what is plugged in, below the run directory: `.net/NETWORK/ZONE.NIC@INDEX` for each NIC
 * on a network of ours (a network without notes goes down), `.net/.links/ZONE.NIC@INDEX` for every
 * other. A note says all that taking the NIC out needs, so it is done from here alone. While a link
 * is being made its note is called ZONE.NIC; who takes an older link out does not touch the note of
 * a newer.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/spec.h"
#include "net/ipnet.h"
#include "net/net.h"

#define NOTE_LINKS ".links" /* in place of a network's name */

/* What an interface of the host was like before it was moved into a zone. */
struct home {
	char name[16];		      /* "": it is none */
	uint8_t mac[6], fixed_mac[6]; /* fixed: in its hardware; zero: not known */
	unsigned index, mtu;
	bool up;
	char addresses[512]; /* "ADDRESS/BITS …" */
	char aliases[512];   /* alternative names */
};

struct note {
	char zone[64];
	char nic[16];	    /* its name inside, as it was made */
	char type[12];	    /* "veth", … */
	char network[16];   /* "" on none of ours */
	char host_name[16]; /* of the host's end; "" when there is none */
	unsigned index;	    /* of the host's end, else the start that it is of, plus 1 */
	unsigned inside;    /* index of the link inside */
	uint8_t mac[6];
	struct ipnet ipv4, ipv6; /* family 0: not known */
	struct nic_open open;
	bool isolated;
	uint64_t ingress, egress; /* bytes per second; 0: no limit */
	unsigned vlan;		  /* of untagged frames; 0: as its bridge has it */
	char vlans[256];	  /* whose tags pass, "5 6" */
	char parent[16];	  /* the host's interface on which it is spoken for */
	struct home home;
};

/* The run directory's part that is net's, under its one lock. */
struct notes {
	int net; /* .net */
	int lock;
};
/* Take the lock, waiting for it as long as the command's user will, and give it back. */
int notes_open(const struct net_env *env, struct notes *ret, struct zerr *e);
/* The same for taking something back, which is not given up after less than two seconds. */
int notes_open_back(const struct net_env *env, struct notes *ret, struct zerr *e);
/* See above. */
void notes_close(struct notes *n);
#define AUTO_NOTES __attribute__((cleanup(notes_close)))

/* "ZONE.NIC", or with an index "ZONE.NIC@INDEX". The caller frees it; NULL: no memory. */
char *note_name(const char *zone, const char *nic, unsigned index);
/* Write or read one; @dir is that of its network. -ENOENT without message. A note that is empty
 * (its writer was killed) reads as one of which only zone and NIC are known. */
int note_save(int dir, const char *name, const struct note *n, struct zerr *e);
int note_load(int dir, const char *name, struct note *ret, struct zerr *e);
/* Call @fn for each of n->vlans. */
void note_each_vlan(const struct note *n, void (*fn)(uint16_t vlan, void *arg), void *arg);
/* True when the note called @name is one of @zone's. */
bool note_is_of(const char *name, const char *zone);
