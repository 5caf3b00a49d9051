/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone verify: list every fault of zones. */
#include "cmd/each.h"
#include "cmd/out.h"

struct verify_opts {
	bool repair;
};
static const struct opt verify_opts[] = {
	{ 0, "repair", NULL, "first finish or clear what was interrupted", OPT_FLAG,
	  offsetof(struct verify_opts, repair) },
	{ 0 },
};

static int verify_one(struct cmd *c, const char *name, bool repair, struct json *j)
{
	AUTO_STRV struct strv faults = { 0 };
	struct zerr e = { 0 };
	int r = zone_verify(c->host, name, repair, &faults, &e);

	for (size_t i = 0; i < faults.n; i++) {
		if (c->opt.json) {
			json_obj(j, NULL);
			json_str(j, "zone", name);
			json_str(j, "fault", faults.v[i]);
			json_end_obj(j);
		} else if (r >= 0) {
			r = out_line(&e, "%s: %s", name, faults.v[i]);
		}
	}
	if (r < 0)
		return cmd_fail(c, name, &e);
	return faults.n > 0 ? ZERR_FAILED : 0;
}

static int verify_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct verify_opts *o = opts;
	AUTO_STRV struct strv names = { 0 };
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	int status = 0, r = each_names(c, &names, e);

	if (r < 0)
		return r;
	if (c->opt.json)
		json_arr(&j, NULL);
	for (size_t i = 0; i < names.n && !zone_signal(); i++)
		status = status_combine(status, verify_one(c, names.v[i], o->repair, &j));
	if (c->opt.json) {
		json_end_arr(&j);
		buf_char(&out, '\n');
	}
	r = out_write(&out, e);
	return r < 0 ? r : status;
}

const struct verb verb_verify = {
	.name = "verify",
	.args = "[NAME...]",
	.help = "list the faults of zones",
	.group = GROUP_LOOK,
	.flags = VERB_NAMES | VERB_NAMES_OPTIONAL,
	.max_args = -1,
	.opts = verify_opts,
	.opts_size = sizeof(struct verify_opts),
	.run = verify_run,
};
