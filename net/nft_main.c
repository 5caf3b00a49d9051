/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone-nft [-c]: write our nftables tables (rules.nft, which is built in) as one transaction, all
 * or nothing; with -c only have the kernel check them. A program of its own, because libnftables is
 * slow to load. One line on standard error says what went wrong.
 */
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX (64 * 1024)

extern const char rules[]; /* made from rules.nft by the build */

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
	static char input[INPUT_MAX + 1];
	const char *option = argc == 2 ? argv[1] : "";
	const bool given = strcmp(option, "-f") == 0;
	struct nft_ctx *ctx;
	bool ok;

	if (argc > 2 || (argc == 2 && !given && strcmp(option, "-c") != 0)) {
		(void)fputs("usage: zone-nft [-c|-f]\n", stderr);
		return 2;
	}
	if (given && (fread(input, 1, INPUT_MAX, stdin) == 0 || ferror(stdin) || !feof(stdin))) {
		(void)fputs("cannot read the commands\n", stderr);
		return 1;
	}
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ctx || nft_ctx_buffer_error(ctx) != 0) {
		(void)fputs("cannot set nftables up\n", stderr);
		return 1;
	}
	nft_ctx_set_dry_run(ctx, strcmp(option, "-c") == 0);
	ok = nft_run_cmd_from_buffer(ctx, given ? input : rules) == 0;
	if (!ok)
		print_cause(nft_ctx_get_error_buffer(ctx));
	nft_ctx_free(ctx);
	return ok ? 0 : 1;
}
