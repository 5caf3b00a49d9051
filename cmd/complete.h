/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the shells' completion asks: "zone --complete zone WORD…", the words of the line up to the
 * cursor, the last one as far as it is typed. Candidates come one per line; the line ":files" asks
 * the shell for files, ":dirs" for directories. Never an error: no candidates then.
 */
#pragma once

/* Returns an exit status. */
int complete_main(int argc, char **words);
