/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hooks as steps of the start, each where hooks.h says. */
#include "core/hooks.h"
#include "core/life.h"

static int up(const struct life *l, const char *name, struct zerr *e)
{
	const struct hook h = hook_of_spec(&l->z->spec, name, l->b->pid);

	return hook_run(l->z, &h, e);
}

static void down(const struct life *l, const char *name)
{
	const struct hook h = hook_of_record(l->state, name);

	hook_try(l->z, &h);
}

int life_hook_prestart(void *ctx, struct zerr *e)
{
	return up(ctx, "prestart", e);
}

int life_hook_poststop(void *ctx, struct zerr *e)
{
	(void)e;
	down(ctx, "poststop");
	return 0;
}

int life_hook_created(void *ctx, struct zerr *e)
{
	return up(ctx, "created", e);
}

int life_hook_poststart(void *ctx, struct zerr *e)
{
	const struct life *l = ctx;
	const struct hook h = hook_of_spec(&l->z->spec, "poststart", l->b->pid);

	(void)e;
	hook_try(l->z, &h);
	return 0;
}

/* Of a run that there was: the record has its init. */
int life_hook_stop(void *ctx, struct zerr *e)
{
	const struct life *l = ctx;

	(void)e;
	if (record_get(l->state, "pid"))
		down(l, "stop");
	return 0;
}
