/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages with descriptors over a Unix socket (unix(7), SCM_RIGHTS). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 253 /* the kernel's SCM_MAX_FD */

/* Send @len bytes and @n descriptors, which are borrowed. 0, or -errno (errno is set, too). */
int fdpass_send(int sock, const void *data, size_t len, const int *fds, size_t n);
/* As recvmsg(2) with @flags; up to @n descriptors that came are the caller's and close on exec, the
 * rest of @ret_fds is -1. */
ssize_t fdpass_receive(int sock, void *data, size_t len, int *ret_fds, size_t n, int flags);

/* Send an array of descriptors of which some are -1. 0, or -errno (errno is set, too). */
int fdpass_send_some(int sock, const int *fds, size_t n);
/* The other end of it: @ret_fds is as it was there. 0; -ESRCH when nothing came, or not all. */
int fdpass_receive_some(int sock, int *ret_fds, size_t n, int flags);
