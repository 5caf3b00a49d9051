/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs that only zone's own programs call. Each gets its words, argv[0] being the verb, and
 * returns an exit status that nobody may be there to read. */
#pragma once

/* The monitor's successor: see ended.c. */
int internal_ended(int argc, char **argv);
/* .oom NAME NEW TOTAL: processes of the zone were killed for want of memory; see oom.c. */
int internal_oom(int argc, char **argv);
/* .health NAME: one check; see health.c. */
int internal_health(int argc, char **argv);
/* .restart NAME: wait for the planned restart and carry it out; see restart.c. */
int internal_restart(int argc, char **argv);
/* .renew: monitors of running zones become the program that is installed now. */
int internal_renew(int argc, char **argv);
