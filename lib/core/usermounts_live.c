/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount.NAME of a zone that runs: a tree comes in by a child that is the zone's root there. The id
 * that the kernel gives a mount is kept in the record of the run: by it a change finds what it is
 * to take away again, whatever the zone has made of its mounts meanwhile.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"
#include "core/join.h"
#include "core/live.h"
#include "core/userns.h"

/* ---- which mount it is ------------------------------------------------------------------------
 */

/* What the record says of one: "ID TARGET", in mount.NAME for what is there, and in mount.NAME+ for
 * what was about to take its place. */
struct place {
	uint64_t id; /* 0: none */
	char *target;
};

static void place_done(struct place *p)
{
	free(p->target);
}
#define AUTO_PLACE __attribute__((cleanup(place_done)))

static uint64_t mount_id(int fd)
{
	struct statx s;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &s) == 0 ? s.stx_mnt_id : 0;
}

static int note(struct record *state, const struct mount_spec *m, const char *mark, int tree,
		struct zerr *e)
{
	AUTO_FREE char *key = str_fmt("mount.%s%s", m->name, mark);
	const int r = !key ? -ENOMEM
			   : record_setf(state, key, "%llu %s", (unsigned long long)mount_id(tree),
					 m->target);

	return r < 0 ? zerr_code(e, -r, "state record") : 0;
}

static void forget(struct record *state, const char *name, const char *mark)
{
	AUTO_FREE char *key = str_fmt("mount.%s%s", name, mark);

	if (key)
		record_unset(state, key);
}

int usermounts_note(struct boot *b, struct zerr *e)
{
	const struct zone_spec *s = &b->z->spec;
	int r = 0;

	for (size_t i = 0; i < s->mounts_n && r == 0; i++)
		if (b->gift.mount[i] >= 0)
			r = note(&b->state, &s->mounts[i], "", b->gift.mount[i], e);
	return r;
}

/* Whether it is still attached somewhere in the zone, which may have let go of it. */
static bool is_attached(const struct record *state, uint64_t id)
{
	unsigned long long one;
	char path[64];
	bool found = false;
	int c;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)record_u64(state, "pid", 0));
	FILE *f = fopen(path, "re");
	while (f && !found && fscanf(f, "%llu", &one) == 1) {
		found = one == id;
		while ((c = getc(f)) != '\n' && c != EOF)
			;
	}
	if (f)
		(void)fclose(f);
	return found;
}

/* Where @name is attached now. 0 or -ENOMEM with message. */
static int find_place(const struct record *state, const char *name, struct place *ret,
		      struct zerr *e)
{
	static const char *const marks[] = { "", "+" };

	*ret = (struct place){ 0 };
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *key = str_fmt("mount.%s%s", name, marks[i]);
		const char *text = key ? record_get(state, key) : NULL;
		const char *target = text ? strchr(text, ' ') : NULL;
		const uint64_t id = target ? strtoull(text, NULL, 10) : 0;

		if (!key)
			return zerr_code(e, ENOMEM, "mount");
		if (!id || !is_attached(state, id))
			continue;
		ret->id = id;
		ret->target = strdup(target + 1);
		return ret->target ? 0 : zerr_code(e, ENOMEM, "mount");
	}
	return 0;
}

/* ---- live -------------------------------------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
	return a == b || str_eq(a, b);
}

static bool same(const struct mount_spec *a, const struct mount_spec *b)
{
	return same_text(a->source, b->source) && same_text(a->target, b->target) &&
	       same_text(a->options, b->options) && a->size == b->size &&
	       a->readonly == b->readonly && a->noidmap == b->noidmap && a->optional == b->optional;
}

/* NULL too for one that is not complete yet. */
static const struct mount_spec *find(const struct zone_spec *s, const char *name)
{
	for (size_t i = 0; i < s->mounts_n; i++)
		if (str_eq(s->mounts[i].name, name))
			return s->mounts[i].source && s->mounts[i].target ? &s->mounts[i] : NULL;
	return NULL;
}

struct swap {
	struct place was;
	const struct mount_spec *now; /* NULL: nothing */
	int tree;
};

static int take_away(int root, const struct place *p, struct zerr *e)
{
	const char *path = p->target + strspn(p->target, "/");
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	AUTO_FREE char *dir = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	AUTO_CLOSE int there = fs_open_below(root, path, O_PATH, 0);
	AUTO_CLOSE int parent = dir ? fs_open_below(root, dir, O_PATH | O_DIRECTORY, 0) : -ENOMEM;

	if (there < 0 || parent < 0 || mount_id(there) != p->id)
		return zerr_as(e, ZERR_STATE,
			       "the zone has covered it with a mount of its own, or moved it");
	if (fchdir(parent) < 0 || umount2(last, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return zerr_sys(e, "unmount %s", p->target);
	return 0;
}

static int swap_inside(void *ctx, struct zerr *e)
{
	const struct swap *s = ctx;
	AUTO_CLOSE int root = fs_open_dir("/", e);
	int r = root < 0 ? root : 0;

	if (r == 0 && s->was.id)
		r = take_away(root, &s->was, e);
	return r < 0 || !s->now ? r : mounts_put(root, s->tree, s->now->target, e);
}

/* Locked, in the ids of the zone; -ENOENT as usermount_tree(). */
static int make_locked(const struct mount_spec *m, uid_t base, struct zerr *e)
{
	AUTO_CLOSE int userns = base ? userns_make(base, e) : -1;
	AUTO_CLOSE int tree = base && userns < 0 ? userns : usermount_tree(m, base, userns, e);
	const int r = tree < 0 ? tree : base ? mount_lock(&tree, 1, e) : 0;

	return r < 0 ? r : own_take_fd(&tree);
}

/* What is about to come is on record before it comes: a killed command leaves nothing unknown. */
static int announce(const struct live *l, const struct swap *s, struct zerr *e)
{
	const int r = s->now ? note(l->state, s->now, "+", s->tree, e) : 0;

	return r < 0 || !s->now ? r
				: record_save(l->state, l->z->run, "state", STATE_FORMAT, false, e);
}

/* Put s->tree, or nothing, in the place of what is there under @name. Where it fails half-way
 * nothing is there. */
static int swap(const struct live *l, const char *name, struct swap *s, struct zerr *e)
{
	const int flags = CLONE_NEWNS | (record_u64(l->state, "base", 0) ? CLONE_NEWUSER : 0);
	int r = announce(l, s, e);

	if (r == 0)
		r = join_run(l->state, flags, s->tree, swap_inside, s, e);
	forget(l->state, name, "+");
	if (r < 0)
		return zerr_in(e, r, "mount.%s", name);
	forget(l->state, name, "");
	return s->now ? note(l->state, s->now, "", s->tree, e) : 0;
}

static int change(const struct live *l, const char *name, const struct mount_spec *now,
		  struct zerr *e)
{
	const uid_t base = (uid_t)record_u64(l->state, "base", 0);
	AUTO_PLACE struct place there = { 0 };
	AUTO_CLOSE int tree = now ? make_locked(now, base, e) : -1;
	int r = now && tree < 0 ? tree : 0;

	if (r == -ENOENT && !e->code) { /* as if there were none */
		now = NULL;
		r = 0;
	}
	if (r == 0)
		r = find_place(l->state, name, &there, e);
	if (r < 0 || (!there.id && !now))
		return r;
	return swap(l, name, &(struct swap){ there, now, tree }, e);
}

/* The same; but what was there is put back when it fails. */
static int change_whole(const struct live *l, const char *name, const struct mount_spec *was,
			const struct mount_spec *now, struct zerr *e)
{
	AUTO_PLACE struct place there = { 0 };
	struct zerr lost = { 0 };
	int r = find_place(l->state, name, &there, e);

	if (r == 0)
		r = change(l, name, now, e);
	if (r < 0 && there.id && was && !is_attached(l->state, there.id))
		(void)change(l, name, was, &lost);
	return r;
}

/* What is in a tmpfs would be lost by making it anew. */
static bool waits(const struct mount_spec *was, const struct mount_spec *now)
{
	return was && now && str_eq(was->source, "tmpfs") && str_eq(now->source, "tmpfs") &&
	       str_eq(was->target, now->target);
}

static int change_name(const struct live *l, const char *name, struct zerr *e)
{
	static const char *const keys[] = { "size", "readonly", "options" };
	const struct mount_spec *was = find(l->from, name), *now = find(l->to, name);
	int r = 0;

	if (was && now && same(was, now))
		return 0;
	if (!waits(was, now)) /* without both: what a killed command left */
		return change_whole(l, name, was, now, e);
	const bool differ[] = { was->size != now->size, was->readonly != now->readonly,
				!same_text(was->options, now->options) };
	for (size_t i = 0; i < 3 && r == 0; i++) {
		AUTO_FREE char *key = str_fmt("%s.%s", name, keys[i]);

		if (differ[i])
			r = key ? live_later(l, "mount.", key, e) : zerr_code(e, ENOMEM, "set");
	}
	return r;
}

static int add_name(struct strv *names, const char *name)
{
	return strv_has(names, name) ? 0 : strv_add(names, name);
}

/* Of both specifications and of the record. */
static int all_names(const struct live *l, struct strv *ret)
{
	const struct zone_spec *const specs[] = { l->from, l->to };
	int r = 0;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < specs[k]->mounts_n && r == 0; i++)
			r = add_name(ret, specs[k]->mounts[i].name);
	for (size_t i = 0; i + 1 < l->state->kv.n && r == 0; i += 2) {
		const char *key = l->state->kv.v[i];
		AUTO_FREE char *name =
			str_starts(key, "mount.") ? strndup(key + 6, strcspn(key + 6, "+")) : NULL;

		if (str_starts(key, "mount."))
			r = name ? add_name(ret, name) : -ENOMEM;
	}
	return r;
}

int usermounts_live(const struct live *l, struct zerr *e)
{
	const struct live back = live_back(l, l->later);
	AUTO_STRV struct strv names = { 0 };
	struct zerr lost = { 0 };
	size_t n = 0;
	int r = 0;

	if (all_names(l, &names) < 0)
		return zerr_code(e, ENOMEM, "set");
	while (n < names.n && (r = change_name(l, names.v[n], e)) == 0)
		n++;
	while (r < 0 && n--)
		(void)change_name(&back, names.v[n], &lost);
	return r;
}
