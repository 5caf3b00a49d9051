/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone-nft [-c]: carry out the nftables commands on standard input as one transaction, all or
 * nothing; with -c only have the kernel check them. A program of its own, because libnftables is
 * slow to load. One line on standard error says what went wrong.
 */
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define INPUT_MAX (16U << 20)

static int read_input(struct buf *ret)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0 && ret->len < INPUT_MAX)
		buf_add(ret, chunk, n);
	return ferror(stdin) || ret->failed || ret->len >= INPUT_MAX ? -1 : 0;
}

/* The library's report is several lines that quote the command; the first one, behind the place,
 * has the cause. */
static void print_cause(const char *report)
{
	const char *cause = report ? strstr(report, "Error: ") : NULL;

	cause = cause ? cause + strlen("Error: ") : "failed without a reason";
	(void)fprintf(stderr, "%.*s\n", (int)strcspn(cause, "\n"), cause);
}

int main(int argc, char **argv)
{
	AUTO_BUF struct buf input = { 0 };
	struct nft_ctx *ctx;
	int r = 1;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-c") != 0)) {
		(void)fputs("usage: zone-nft [-c] <COMMANDS\n", stderr);
		return 2;
	}
	if (read_input(&input) < 0 || !input.p) {
		(void)fputs("cannot read the commands\n", stderr);
		return 1;
	}
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ctx) {
		(void)fputs("cannot set nftables up\n", stderr);
		return 1;
	}
	if (nft_ctx_buffer_error(ctx) == 0) {
		nft_ctx_set_dry_run(ctx, argc == 2);
		r = nft_run_cmd_from_buffer(ctx, input.p) == 0 ? 0 : 1;
	}
	if (r != 0)
		print_cause(nft_ctx_get_error_buffer(ctx));
	nft_ctx_free(ctx);
	return r;
}
