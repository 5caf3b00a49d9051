/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone create: the template names an image or fills a directory. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "core/creation.h"
#include "core/firstuse.h"
#include "core/forwards.h"
#include "core/rootfd.h"
#include "core/userns.h"
#include "templates/template.h"

struct making { /* from a template */
	struct creation c;
	const struct zone_create *args;
	const struct template_ops *template;
	struct template_args targs;
	struct template_result made;
	const char *fs; /* that the backend chose */
	struct first_use first;
};

static void making_done(struct making *m)
{
	template_result_done(&m->made);
	first_use_done(&m->first);
	creation_done(&m->c);
}

/* ---- before anything exists ------------------------------------------------------------------ */

/* What was asked for by options, on top of what stands there. */
static int set_asked(struct making *m, struct zerr *e)
{
	const struct zone_create *a = m->args;
	char size[32];
	int r = 0;

	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)a->size);
	if (a->size)
		r = creation_set(&m->c, "root.size", size, e);
	if (r == 0 && a->privileged)
		r = creation_set(&m->c, "security.level", "privileged", e);
	if (r == 0)
		r = first_use_credentials(a, &m->first, &m->c.conf, e);
	return r == 0 ? creation_set_all(&m->c, a->set, e) : r;
}

/* What the pool says of its zones counts, unless another backend was asked for. */
static bool is_pools(const struct making *m)
{
	AUTO_FREE char *own =
		m->args->backend ? str_fmt("root.backend=%s", m->args->backend) : NULL;

	return !m->args->backend || (own && strv_has(&m->c.h->defaults, own));
}

static int begin_config(struct making *m, struct zerr *e)
{
	int r = 0;

	m->c.conf.len = 0;
	buf_fmt(&m->c.conf, "format = %d\n", CONF_FORMAT);
	if (is_pools(m))
		r = creation_set_all(&m->c, &m->c.h->defaults, e);
	if (r == 0 && m->c.backend)
		r = creation_set(&m->c, "root.backend", m->c.backend->name, e);
	return r == 0 && m->fs ? creation_set(&m->c, "root.fs", m->fs, e) : r;
}

/* The configuration as it will be: format, backend, what the template wants, a NIC, what was asked.
 */
static int make_config(struct making *m, struct zerr *e)
{
	int r = begin_config(m, e);

	for (size_t i = 0; i + 1 < m->made.config.n && r == 0; i += 2)
		r = creation_set(&m->c, m->made.config.v[i], m->made.config.v[i + 1], e);
	if (r == 0)
		r = creation_set(&m->c, "net.eth0.network", NET_DEFAULT, e);
	if (r == 0)
		r = set_asked(m, e);
	return r == 0 ? creation_judge(&m->c, e) : r;
}

/* -B, or -s root.backend, or the best there is. */
static int choose_backend(struct making *m, struct zerr *e)
{
	const char *asked = m->args->backend, *set = m->c.spec.backend;
	struct volume v;

	volume_of(&m->c.spec, 0, &v);
	v.dir = m->c.h->zones;
	if (asked && set && !str_eq(asked, set))
		return zerr_as(e, ZERR_USAGE, "-B %s and root.backend=%s: which?", asked, set);
	if (!asked)
		asked = set;
	if (!asked || str_eq(asked, "best")) {
		m->c.backend = storage_best(&v);
		if (asked)
			log_note("backend %s", m->c.backend->name);
	} else {
		m->c.backend = storage_find(asked, e);
	}
	if (!m->c.backend)
		return -EINVAL;
	v.fs = m->c.spec.root_fs;
	const int r = m->c.backend->probe(&v, e);
	m->fs = r == 0 && !m->c.spec.root_fs ? v.fs : NULL;
	return r;
}

/* What can be refused before a long download is. */
static int choose(struct making *m, struct zerr *e)
{
	int r;

	m->template = template_find(m->args->template ? m->args->template : "none", e);
	if (!m->template)
		return -EINVAL;
	m->c.template = m->template->name;
	r = begin_config(m, e);
	if (r == 0)
		r = set_asked(m, e);
	if (r == 0)
		r = creation_judge(&m->c, e);
	if (r == 0)
		r = forwards_check(m->c.h, m->c.name, &m->c.spec, e);
	return r == 0 ? choose_backend(m, e) : r;
}

/* ---- the two functions ----------------------------------------------------------------------- */

static int make_volume(struct creation *c, const struct volume *v, struct zerr *e)
{
	return c->backend->create(v, &c->root, e);
}

/* What the build found out; what was asked for wins, and the whole is judged again. */
static int take_config(struct making *m, struct zerr *e)
{
	AUTO_SPEC struct zone_spec whole;
	int r = 0;

	spec_init(&whole);
	for (size_t i = 0; i + 1 < m->made.config.n && r == 0; i += 2)
		r = creation_set(&m->c, m->made.config.v[i], m->made.config.v[i + 1], e);
	if (r == 0)
		r = set_asked(m, e);
	return r == 0 ? conf_parse(&whole, m->c.conf.p, "zone.conf", e) : r;
}

static int fill(struct making *m, const struct volume *v, struct zerr *e)
{
	struct creation *c = &m->c;
	AUTO_FREE char *path = NULL;
	char link[32];
	int r = 0;

	if (c->root < 0)
		return 0; /* from an image */
	path = realpath(fs_fd_path(c->root, link), NULL);
	if (!path)
		return zerr_sys(e, "root");
	if (m->template->build)
		r = m->template->build(&m->targs, c->root, path, &m->made, e);
	if (r < 0)
		return zerr_in(e, r, "template %s", c->template);
	for (size_t i = 0; i < m->made.ignored.n; i++)
		log_note("not honoured: %s", m->made.ignored.v[i]);
	r = take_config(m, e);
	if (r == 0 && syncfs(c->root) < 0)
		r = zerr_sys(e, "sync");
	return r == 0 && c->backend->seal ? c->backend->seal(v, e) : r;
}

/* Who may use it first: written inside, with the ids that the zone will have. */
static int give_access(struct making *m, const struct volume *v, struct zerr *e)
{
	const struct zone z = { .entry = m->c.entry, .spec = m->c.spec };
	const uid_t base = zone_base(&z);

	if (!first_use_any(&m->first))
		return 0;
	AUTO_CLOSE int ns = base ? userns_make(base, e) : -1;
	const struct volume_attach a = { .userns = ns, .base = base, .scratch = -1, .snap = -1 };
	AUTO_CLOSE int root = base && ns < 0 ? ns : v->ops->attach(v, &a, e);
	const struct inside w = { .root = root, .userns = ns };

	return root < 0 ? root : inside_run(&w, first_use_write, &m->first, e);
}

static int build(struct creation *c, const struct volume *v, struct zerr *e)
{
	const int r = fill(c->from, v, e);

	return r == 0 ? give_access(c->from, v, e) : r;
}

static const struct op create_op = { "create", creation_steps };
static const struct creation_way from_template = { &create_op, make_volume, build };

/* ---- the verb -------------------------------------------------------------------------------- */

static void fill_args(struct making *m)
{
	const struct zone_create *a = m->args;
	struct zone_host *h = m->c.h;

	m->targs = (struct template_args){ .zone = m->c.name,
					   .word = a->template,
					   .argc = a->template_argc,
					   .argv = a->template_argv,
					   .images = &h->images,
					   .terminal = a->terminal,
					   .progress = h->o.progress,
					   .progress_arg = h->o.arg,
					   .print = a->print,
					   .print_arg = a->print_arg };
}

int zone_create(struct zone_host *h, const char *name, const struct zone_create *a, struct zerr *e)
{
	__attribute__((cleanup(making_done))) struct making m = { .args = a };
	int r = creation_init(&m.c, h, name, e);

	if (r == 0 && name)
		r = name_check_zone(name, e);
	m.c.way = &from_template;
	m.c.from = &m;
	m.c.fresh = "";
	if (r == 0)
		r = first_use_load(a, &m.first, e);
	if (r == 0)
		r = choose(&m, e);
	if (r < 0)
		return r;
	if (name) { /* refuse a taken name before a long download */
		AUTO_CLOSE int lock = zone_lock(h, name, e);

		r = lock < 0 ? lock : creation_check(&m.c, e);
	}
	fill_args(&m);
	if (r == 0)
		r = m.template->prepare(&m.targs, &m.made, e);
	if (r < 0 || m.made.done)
		return r;
	if (!name)
		return zerr_as(e, ZERR_USAGE, "a name for the zone is missing");
	m.c.image = m.made.image;
	m.made.image = (struct image){ 0 };
	r = make_config(&m, e);
	return r == 0 ? creation_run(&m.c, e) : r;
}
