/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of the kernel: framing, errors, links, addresses, routes. */
#include <string.h>

#include "net/addr.h"
#include "net/link.h"
#include "net/nlm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(const struct nlmsghdr *h, void *arg)
{
	struct addr_entry entry;
	struct link_info link;
	char text[IPNET_TEXT];

	(void)arg;
	(void)link_parse(h, "web", &link);
	if (addr_parse(h, &entry) == 0 || addr_parse_route(h, &entry) == 0)
		(void)ipnet_text(&entry.net, text);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(struct nlmsghdr) char aligned[8192];
	struct nl nl = { 0 }; /* seq 0 */
	struct zerr e = { 0 };

	size = size > sizeof(aligned) ? sizeof(aligned) : size;
	memcpy(aligned, data, size);
	(void)nl_feed(&nl, aligned, size, take, NULL, &e);
	return 0;
}
