/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Digests by libcrypto's EVP, which libcurl brings along anyway. The only file that includes its
 * headers.
 */
#include "image/hash.h"

#include <openssl/evp.h>

#include "base/own.h"
#include "base/steps.h"

#define CHUNK (256 << 10)

struct hash {
	EVP_MD_CTX *ctx;
};

static void to_hex(const unsigned char *p, size_t n, const char *digits, char *out)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

void hash_drop(struct hash *h)
{
	if (h)
		EVP_MD_CTX_free(h->ctx);
	free(h);
}

struct hash *hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
		hash_drop(h);
		return NULL;
	}
	return h;
}

int hash_add(struct hash *h, const void *data, size_t len)
{
	return EVP_DigestUpdate(h->ctx, data, len) == 1 ? 0 : -EIO;
}

int hash_add_fd(struct hash *h, int fd)
{
	AUTO_FREE char *chunk = malloc(CHUNK);
	off_t at = 0;

	if (!chunk)
		return -ENOMEM;
	for (;;) {
		const ssize_t n = pread(fd, chunk, CHUNK, at);

		if (steps_signal() || (n < 0 && errno == EINTR))
			return -EINTR;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (hash_add(h, chunk, (size_t)n) < 0)
			return -EIO;
		at += n;
	}
}

int hash_end(struct hash *h, char hex[static HASH_HEX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	const int ok = EVP_DigestFinal_ex(h->ctx, md, NULL);

	hash_drop(h);
	if (ok != 1)
		return -EIO;
	to_hex(md, 32, "0123456789abcdef", hex);
	return 0;
}

int hash_fd(int fd, char hex[static HASH_HEX], struct zerr *e)
{
	struct hash *h = hash_new();
	int r;

	if (!h)
		return zerr_code(e, ENOMEM, "SHA-256");
	r = hash_add_fd(h, fd);
	if (r < 0) {
		hash_drop(h);
		return r == -EINTR && steps_check(e) < 0 ? r : zerr_code(e, -r, "SHA-256");
	}
	r = hash_end(h, hex);
	return r < 0 ? zerr_code(e, -r, "SHA-256") : 0;
}

int hash_bytes(const void *data, size_t len, char hex[static HASH_HEX], struct zerr *e)
{
	struct hash *h = hash_new();
	int r = h ? hash_add(h, data, len) : -ENOMEM;

	if (r < 0) {
		hash_drop(h);
		return zerr_code(e, -r, "SHA-256");
	}
	r = hash_end(h, hex);
	return r < 0 ? zerr_code(e, -r, "SHA-256") : 0;
}

int hash_sha1(const void *data, size_t len, char hex[static 41])
{
	unsigned char md[EVP_MAX_MD_SIZE];

	if (EVP_Digest(data, len, md, NULL, EVP_sha1(), NULL) != 1)
		return -ENOMEM;
	to_hex(md, 20, "0123456789ABCDEF", hex);
	return 0;
}
