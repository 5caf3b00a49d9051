/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filling struct zerr. Texts are made in a local array first, so that an argument may point into
 * the structure itself, and every text is cleaned here: names and program output come from outside.
 * Must not allocate: it is used between fork and exec. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void zerr_clean(char *text)
{
	char *out = text;

	while (*text) {
		uint32_t code = 0;
		const size_t n = utf8_char(text, &code);

		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			*out++ = '?';
			text += n ? n : 1;
			continue;
		}
		memmove(out, text, n);
		out += n;
		text += n;
	}
	*out = '\0';
}

/* Copy @text, cut where it must be between two characters. */
static void put_text(char *to, size_t size, const char *text)
{
	const size_t n = utf8_cut(text, size - 1);

	memcpy(to, text, n);
	to[n] = '\0';
	zerr_clean(to);
}

static void put_msg(struct zerr *e, int code, enum zerr_status status, const char *text)
{
	e->code = code;
	e->status = (int)status;
	put_text(e->msg, sizeof(e->msg), text);
	e->hint[0] = '\0';
}

/* Two texts of at most a message each, and the separator. */
#define TEXT_MAX (sizeof(((struct zerr *)0)->msg) + 8)

int zerr_set(struct zerr *e, int code, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (!e)
		return -code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	put_msg(e, code, ZERR_FAILED, text);
	return -code;
}

static int status_errno(enum zerr_status status)
{
	switch (status) {
	case ZERR_USAGE:
		return EINVAL;
	case ZERR_MISSING:
		return ENOENT;
	case ZERR_STATE:
		return EEXIST;
	case ZERR_PERM:
		return EPERM;
	case ZERR_BUSY:
		return EWOULDBLOCK;
	case ZERR_HOST:
		return ENOTSUP;
	case ZERR_OK:
	case ZERR_FAILED:
		break;
	}
	return EIO;
}

int zerr_as(struct zerr *e, enum zerr_status status, const char *fmt, ...)
{
	const int code = status_errno(status);
	char text[TEXT_MAX];
	va_list ap;

	if (!e)
		return -code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	put_msg(e, code, status, text);
	return -code;
}

/* "head: tail", where a head that is too long loses its own end, not the tail. */
static void put_joined(char *to, size_t size, const char *head, const char *tail)
{
	const size_t tail_len = strlen(tail);
	const size_t room = tail_len + 3 < size ? size - tail_len - 3 : 0;

	(void)snprintf(to, size, "%.*s: %s", (int)utf8_cut(head, room), head, tail);
}

int zerr_code(struct zerr *e, int code, const char *fmt, ...)
{
	char head[TEXT_MAX], text[TEXT_MAX], why[128];
	va_list ap;

	if (!e)
		return -code;
	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof(head), fmt, ap); /* cut is fine */
	va_end(ap);
	put_joined(text, sizeof(e->msg), head, strerror_r(code, why, sizeof(why)));
	put_msg(e, code, ZERR_FAILED, text);
	return -code;
}

int zerr_in(struct zerr *e, int r, const char *fmt, ...)
{
	char head[TEXT_MAX], text[2 * TEXT_MAX], why[128];
	va_list ap;

	if (r >= 0 || !e)
		return r;
	if (e->code == 0) { /* a call without message failed: its errno is the message */
		put_msg(e, -r, ZERR_FAILED, strerror_r(-r, why, sizeof(why)));
	}
	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof(head), fmt, ap); /* cut is fine */
	va_end(ap);
	(void)snprintf(text, sizeof(text), "%s: %s", head, e->msg);
	put_text(e->msg, sizeof(e->msg), text);
	return r;
}

int zerr_hint(struct zerr *e, int r, const char *fmt, ...)
{
	char text[sizeof(e->hint) + 8];
	va_list ap;

	if (r >= 0 || !e || e->hint[0])
		return r;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	put_text(e->hint, sizeof(e->hint), text);
	return r;
}
