/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The value of credential.ID as files keep it: text as it is, or "base64:" and base 64 for bytes
 * that no line of text can carry. What a credential means is for those who read it inside.
 */
#include <string.h>

#include "base/base64.h"
#include "conf/keys.h"

#define PREFIX "base64:"

static bool is_encoded(const char *value)
{
	return strncmp(value, PREFIX, sizeof(PREFIX) - 1) == 0;
}

int conf_credential(const char *value, struct buf *ret)
{
	if (is_encoded(value))
		return base64_decode(value + sizeof(PREFIX) - 1, ret);
	buf_str(ret, value);
	return ret->failed ? -ENOMEM : 0;
}

int conf_credential_text(const void *data, size_t len, struct buf *ret)
{
	AUTO_BUF struct buf text = { 0 };
	struct zerr ignored = { 0 };

	buf_add(&text, data, len);
	if (text.failed)
		return -ENOMEM;
	if (len == 0 || (strlen(text.p) == len && !is_encoded(text.p) &&
			 check_text(text.p, TEXT_MAX, true, &ignored) == 0)) {
		buf_str(ret, text.p ? text.p : "");
	} else {
		buf_str(ret, PREFIX);
		base64_encode(data, len, ret);
	}
	return ret->failed ? -ENOMEM : 0;
}

int check_credential(const char *v, struct zerr *e)
{
	AUTO_BUF struct buf data = { 0 };

	return conf_credential(v, &data) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "what follows " PREFIX " is not base 64: %.40s", v);
}

/* systemd's rule for names of credentials is that of file names, without a colon. */
int check_credential_name(const char *v, struct zerr *e)
{
	const bool ok = strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.-@+") == strlen(v);

	if (ok && *v && *v != '.' && strlen(v) <= 255)
		return 0;
	return zerr_as(e, ZERR_USAGE, "not the name of a credential: %.80s", v);
}
