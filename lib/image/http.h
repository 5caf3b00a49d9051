/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One HTTP request at a time; http.c is the only user of libcurl, and fetch.c the only user of
 * this. */
#pragma once

#include "image/fetch.h"

struct http_request {
	const char *url, *what;
	bool head;	 /* no body */
	bool compressed; /* the server may compress it */
	uint64_t from;	 /* ask for the rest from here… */
	const char *tag; /* …if the file still has this validator */
	/* Called once before the first data with what the header said, then for all data. */
	int (*begin)(void *ctx, uint64_t from, const char *tag, struct zerr *e);
	int (*data)(void *ctx, const void *data, size_t len, struct zerr *e);
	void *ctx;
};
struct http_reply {
	long status;	/* 0: none came */
	bool transient; /* worth another try */
};
struct http; /* heap */
int http_open(const struct fetch_options *o, struct http **ret, struct zerr *e);
void http_close(struct http *h);
/* One request, redirects followed. 0, -ENOENT, -EINTR, the callbacks' error, or -EIO. */
int http_get(struct http *h, const struct http_request *q, struct http_reply *ret, struct zerr *e);
