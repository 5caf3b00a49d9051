/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tarmake.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header");

static void octal(char *field, size_t len, unsigned long long n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%0*llo", (int)len - 1, n);
	memcpy(field, text, len - 1);
}

static void padded(struct buf *tar, const char *data, size_t len)
{
	static const char zeros[BLOCK];

	buf_add(tar, data, len);
	if (len % BLOCK)
		buf_add(tar, zeros, BLOCK - len % BLOCK);
}

void tar_header(struct buf *tar, const struct member *m, unsigned long long size)
{
	const unsigned mode = m->mode ? m->mode : m->type == '5' ? 0755 : 0644;
	struct header h = { .type = m->type, .magic = "ustar", .version = { '0', '0' } };
	unsigned sum = 0;

	memcpy(h.name, m->name, strnlen(m->name, sizeof(h.name)));
	if (m->link)
		memcpy(h.link, m->link, strnlen(m->link, sizeof(h.link)));
	octal(h.mode, sizeof(h.mode), mode);
	octal(h.uid, sizeof(h.uid), m->uid);
	octal(h.gid, sizeof(h.gid), m->gid);
	octal(h.size, sizeof(h.size), size);
	octal(h.mtime, sizeof(h.mtime), (unsigned long long)m->mtime);
	octal(h.major, sizeof(h.major), m->major);
	octal(h.minor, sizeof(h.minor), m->minor);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	octal(h.sum, 7, sum);
	buf_add(tar, &h, sizeof(h));
}

static void with_data(struct buf *tar, const struct member *m)
{
	const size_t len = m->len ? m->len : m->data ? strlen(m->data) : 0;

	tar_header(tar, m, len);
	padded(tar, m->data ? m->data : "", len);
}

void tar_add(struct buf *tar, struct buf *pax, const struct member *m)
{
	if (pax && pax->len) {
		with_data(tar,
			  &(struct member){
				  .name = "pax", .type = 'x', .data = pax->p, .len = pax->len });
		buf_done(pax);
	}
	with_data(tar, m);
}

void tar_pax(struct buf *pax, const char *key, const char *value, size_t len)
{
	const size_t rest = strlen(key) + len + 3; /* blank, '=', newline */
	size_t total = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", total) + rest != total)
		total++;
	buf_fmt(pax, "%zu %s=", total, key);
	buf_add(pax, value, len);
	buf_char(pax, '\n');
}

void tar_long(struct buf *tar, char type, const char *text)
{
	with_data(tar, &(struct member){ .name = "././@LongLink",
					 .type = type,
					 .data = text,
					 .len = strlen(text) + 1 });
}

void tar_end(struct buf *tar)
{
	static const char zeros[2 * BLOCK];

	buf_add(tar, zeros, sizeof(zeros));
}

int tar_fd(const struct buf *tar)
{
	const int fd = memfd_create("tar", MFD_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, tar->p ? tar->p : "", tar->len) < 0)
		return -1;
	return lseek(fd, 0, SEEK_SET) < 0 ? -1 : fd;
}

int tar_compressed(const struct buf *tar, const char *program)
{
	const char *const argv[] = { program, "-c", NULL };
	AUTO_CLOSE int in = tar_fd(tar);
	AUTO_BUF struct buf out = { 0 };
	const struct run_args run = { .argv = argv, .stdin_fd = in, .out = &out };
	struct zerr e = { 0 };

	return run_program(&run, NULL, &e) < 0 ? -1 : tar_fd(&out);
}
