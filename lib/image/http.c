/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One HTTP request by libcurl, and what its outcome means. Never leaves TLS once it was used, never
 * checks less than curl's defaults. Proxies are libcurl's business (its usual variables). The only
 * file that includes curl's headers. Retries and files are fetch.c's.
 */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/steps.h"
#include "image/http.h"

#define REDIRECTS      5L
#define DEFAULT_LIMIT  30U   /* seconds without progress */
#define SLOW_SPEED     1024L /* bytes a second; less counts as no progress */
#define TAG_MAX	       256
#define WORTH_RESUMING (64 << 10)
#define REPORT_MS      100

struct http {
	CURL *curl;
	struct fetch_options options;
	int64_t reported; /* when progress was last called */
	/* of the present request */
	const struct http_request *request;
	struct zerr *error;
	int result; /* of a callback that failed */
	bool begun;
	uint64_t came;	/* bytes of body */
	bool complete;	/* progress has said so */
	uint64_t start; /* of Content-Range */
	char tag[TAG_MAX];
	char text[CURL_ERROR_SIZE];
};

static void slist_p(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

/* ---- callbacks ------------------------------------------------------------------------------ */

/* A validator that Range requests may rely on: a strong entity tag, else the date. */
static void take_tag(struct http *h, const char *value, size_t len, bool etag)
{
	if (len == 0 || len >= TAG_MAX || (etag && value[0] != '"') || (!etag && h->tag[0]))
		return;
	memcpy(h->tag, value, len);
	h->tag[len] = '\0';
}

static bool is_header(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

/* "Name: value", @name bytes before the colon. */
static void take_header(struct http *h, const char *line, size_t len, size_t name)
{
	const char *value = line + name + 1, *end = line + len;

	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr("\r\n \t", end[-1]))
		end--;
	if (is_header(line, name, "etag"))
		take_tag(h, value, (size_t)(end - value), true);
	else if (is_header(line, name, "last-modified"))
		take_tag(h, value, (size_t)(end - value), false);
	else if (is_header(line, name, "content-range") && end - value > 6)
		h->start = strtoull(value + 6, NULL, 10); /* "bytes N-M/L", CR LF behind it */
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	const size_t len = size * n;
	const char *colon = memchr(line, ':', len);

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0) { /* a new response, after a redirect */
		h->tag[0] = '\0';
		h->start = 0;
	} else if (colon) {
		take_header(h, line, len, (size_t)(colon - line));
	}
	return len;
}

static int begin(struct http *h)
{
	long status = 0;
	uint64_t from = 0;

	(void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 206)
		from = h->start;
	if (from != 0 && from != h->request->from)
		return zerr_set(h->error, EPROTO, "the server sent another part than asked for");
	h->begun = true;
	return h->request->begin ? h->request->begin(h->request->ctx, from, h->tag, h->error) : 0;
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	const size_t len = size * n;

	if (!h->begun)
		h->result = begin(h);
	if (h->result == 0 && h->request->data)
		h->result = h->request->data(h->request->ctx, data, len, h->error);
	h->came += len;
	return h->result == 0 ? len : CURL_WRITEFUNC_ERROR;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t ul, curl_off_t uln)
{
	struct http *h = arg;
	const int64_t time = now_ms();
	const uint64_t from = h->start;

	(void)ul;
	(void)uln;
	if (steps_signal())
		return 1;
	if (h->options.progress && h->begun && !h->complete &&
	    (time - h->reported >= REPORT_MS || (total > 0 && now == total))) {
		h->reported = time;
		h->complete = total > 0 && now == total;
		h->options.progress(h->options.progress_arg, h->request->what, from + (uint64_t)now,
				    total > 0 ? from + (uint64_t)total : 0);
	}
	return 0;
}

/* ---- session -------------------------------------------------------------------------------- */

static const char *usable(const char *path)
{
	return path && *path ? path : NULL;
}

static CURLcode set_session(struct http *h)
{
	const char *ca = h->options.cafile ? h->options.cafile : usable(getenv("SSL_CERT_FILE"));
	const char *dir = h->options.cafile ? NULL : usable(getenv("SSL_CERT_DIR"));
	const long limit = h->options.timeout ? h->options.timeout : DEFAULT_LIMIT;
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_FOLLOWLOCATION, 1 },
		{ CURLOPT_MAXREDIRS, REDIRECTS },
		{ CURLOPT_FAILONERROR, 1 },
		{ CURLOPT_NOPROGRESS, 0 },
		{ CURLOPT_CONNECTTIMEOUT, limit },
		{ CURLOPT_LOW_SPEED_LIMIT, SLOW_SPEED },
		{ CURLOPT_LOW_SPEED_TIME, limit },
	};
	CURLcode c = CURLE_OK;

	for (size_t i = 0; c == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		c = curl_easy_setopt(h->curl, numbers[i].option, numbers[i].value);
	if (c == CURLE_OK && ca)
		c = curl_easy_setopt(h->curl, CURLOPT_CAINFO, ca);
	if (c == CURLE_OK && dir)
		c = curl_easy_setopt(h->curl, CURLOPT_CAPATH, dir);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_USERAGENT, ZONE_USER_AGENT);
	return c;
}

static CURLcode set_callbacks(struct http *h)
{
	CURLcode c = curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->text);

	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_data);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_XFERINFODATA, h);
	return c;
}

int http_open(const struct fetch_options *o, struct http **ret, struct zerr *e)
{
	struct http *h = calloc(1, sizeof(*h));
	CURLcode c = h ? curl_global_init(CURL_GLOBAL_DEFAULT) : CURLE_OUT_OF_MEMORY;

	if (c != CURLE_OK) {
		free(h);
		return zerr_set(e, ENOMEM, "libcurl: %s", curl_easy_strerror(c));
	}
	h->options = *o;
	h->curl = curl_easy_init();
	c = h->curl ? set_session(h) : CURLE_OUT_OF_MEMORY;
	if (c == CURLE_OK)
		c = set_callbacks(h);
	if (c != CURLE_OK) {
		http_close(h);
		return zerr_set(e, EINVAL, "libcurl: %s", curl_easy_strerror(c));
	}
	*ret = h;
	return 0;
}

void http_close(struct http *h)
{
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

/* ---- one request ---------------------------------------------------------------------------- */

/* "from here, if it is still this file" */
static CURLcode set_range(struct http *h, struct curl_slist **headers)
{
	const struct http_request *q = h->request;
	AUTO_FREE char *range = str_fmt("%llu-", (unsigned long long)q->from);
	AUTO_FREE char *only_if = str_fmt("If-Range: %s", q->tag ? q->tag : "");
	CURLcode c;

	if (!q->from || !q->tag)
		return curl_easy_setopt(h->curl, CURLOPT_RANGE, NULL);
	*headers = only_if ? curl_slist_append(NULL, only_if) : NULL;
	if (!range || !*headers)
		return CURLE_OUT_OF_MEMORY;
	c = curl_easy_setopt(h->curl, CURLOPT_RANGE, range);
	return c == CURLE_OK ? curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, *headers) : c;
}

/* Once on TLS, always on TLS. */
static CURLcode set_protocols(struct http *h, bool tls)
{
	const CURLcode c = curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");

	if (c != CURLE_OK)
		return c;
	return curl_easy_setopt(h->curl, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
}

static CURLcode set_request(struct http *h, struct curl_slist **headers)
{
	const struct http_request *q = h->request;
	CURLcode c = curl_easy_setopt(h->curl, CURLOPT_URL, q->url);

	if (c == CURLE_OK)
		c = set_protocols(h, strncmp(q->url, "https:", 6) == 0);
	if (c == CURLE_OK)
		c = set_range(h, headers);
	if (c == CURLE_OK)
		c = curl_easy_setopt(h->curl, CURLOPT_ACCEPT_ENCODING, q->compressed ? "" : NULL);
	if (c == CURLE_OK && !q->head)
		c = curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	return c == CURLE_OK ? curl_easy_setopt(h->curl, CURLOPT_NOBODY, q->head ? 1L : 0L) : c;
}

/* Failures that another try may not have. A server that hung, or dripped, is not waited for again.
 */
static bool transient(CURLcode c, long status, uint64_t came)
{
	switch ((int)c) {
	case CURLE_HTTP_RETURNED_ERROR:
		return status >= 500 || status == 408 || status == 429;
	case CURLE_OPERATION_TIMEDOUT:
		return came >= WORTH_RESUMING;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

static int explain(const struct http *h, CURLcode c, long status, struct zerr *e)
{
	const char *url = h->request->url;
	const char *text = h->text[0] ? h->text : curl_easy_strerror(c);
	int r;

	if (c == CURLE_HTTP_RETURNED_ERROR)
		return zerr_set(e, status == 404 || status == 410 || status == 403 ? ENOENT : EIO,
				"%s: HTTP status %ld", url, status);
	if (c == CURLE_TOO_MANY_REDIRECTS)
		return zerr_set(e, ELOOP, "%s: redirected more than %ld times", url, REDIRECTS);
	if (c == CURLE_UNSUPPORTED_PROTOCOL)
		return zerr_set(e, EPROTO, "%s: redirected to what is not https", url);
	if (c == CURLE_OPERATION_TIMEDOUT) {
		r = zerr_set(e, ETIMEDOUT, "%s: no progress for %u s", url,
			     h->options.timeout ? h->options.timeout : DEFAULT_LIMIT);
		return zerr_hint(e, r, "--timeout S waits longer");
	}
	r = zerr_set(e, EIO, "%s: %s", url, text);
	if (c == CURLE_PEER_FAILED_VERIFICATION)
		(void)zerr_hint(e, r, "a private certificate authority is given by --cafile FILE");
	return r;
}

int http_get(struct http *h, const struct http_request *q, struct http_reply *ret, struct zerr *e)
{
	__attribute__((cleanup(slist_p))) struct curl_slist *headers = NULL;
	CURLcode c;

	h->request = q;
	h->error = e;
	h->result = 0;
	h->begun = h->complete = false;
	h->came = 0;
	h->start = 0;
	h->tag[0] = h->text[0] = '\0';
	*ret = (struct http_reply){ 0 };
	c = set_request(h, &headers);
	if (c == CURLE_OK)
		c = curl_easy_perform(h->curl);
	(void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	if (c == CURLE_OK && !h->begun && !q->head)
		h->result = begin(h); /* an empty body */
	if (h->result < 0)
		return h->result;
	if (c == CURLE_OK)
		return 0;
	if (c == CURLE_ABORTED_BY_CALLBACK && steps_check(e) < 0)
		return -EINTR;
	ret->transient = transient(c, ret->status, h->came);
	return explain(h, c, ret->status, e);
}
