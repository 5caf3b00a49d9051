/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone passwd. */
#include <stdio.h>
#include <string.h>

#include "cmd/secret.h"
#include "cmd/verbs.h"

static int passwd_run(struct cmd *c, void *opts, struct zerr *e)
{
	const char *user = c->n_args > 0 ? c->args[0] : "root";
	char password[SECRET_MAX] = "", prompt[200];
	struct zone_info info = { 0 };
	int r = cmd_host(c, e);

	(void)opts;
	(void)snprintf(prompt, sizeof(prompt), "New password of %.64s in %.64s", user, c->name);
	zerr_clean(prompt);
	if (r == 0) /* before anybody is asked for anything */
		r = zone_info_row(c->host, c->name, 0, &info, e);
	zone_info_done(&info);
	if (r == 0)
		r = secret_read_twice(prompt, password, e);
	if (r == 0)
		r = zone_set_password(c->host, c->name, user, password, e);
	explicit_bzero(password, sizeof(password));
	return r;
}

const struct verb verb_passwd = {
	.name = "passwd",
	.args = "NAME [USER]",
	.help = "set a user's password",
	.group = GROUP_INSIDE,
	.flags = VERB_NAME,
	.max_args = 1,
	.run = passwd_run,
};
