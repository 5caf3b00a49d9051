/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes and the networks that live by them. A network whose directory of notes was just made is
 * brought up whatever else is found, since a killed command may have left it half down.
 */
#include "net/use.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sig.h"
#include "net/link.h"
#include "net/names.h"
#include "net/netup.h"
#include "net/table.h"

static const char *directory(const char *network)
{
	return *network ? network : NOTE_LINKS;
}

static int add_note(int dir, const char *name, struct zerr *e)
{
	const int fd = fs_open_below(dir, name, O_WRONLY | O_CREAT, 0600);

	own_close(fd);
	return fd < 0 ? zerr_code(e, -fd, "note of user %s", name) : 0;
}

static bool is_used(const struct notes *notes, const char *network)
{
	AUTO_CLOSE int dir =
		fs_open_below(notes->net, directory(network), O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };

	return dir < 0 || fs_list(dir, &names) < 0 || names.n > 0 || fs_exists(dir, USE_HELD);
}

/* Bring @network down if nobody uses it. What else is among its notes, a killed writer has left:
 * who writes one has another there already. */
static int release(const struct net_env *env, struct nl *nl, const struct notes *notes,
		   const char *network, struct zerr *e)
{
	int r = unlinkat(notes->net, directory(network), AT_REMOVEDIR) < 0 ? -errno : 0;

	if (r == -ENOTEMPTY || r == -EEXIST) {
		if (is_used(notes, network))
			return 0;
		r = fs_remove(notes->net, directory(network), e);
	}
	if (r < 0 && r != -ENOENT)
		return zerr_code(e, -r, "users of %s", network);
	return *network ? netdown(env, nl, notes, network, e) : netdown_last(notes, e);
}

static int drop(const struct net_env *env, struct nl *nl, const struct notes *notes,
		const char *network, const char *user, struct zerr *e)
{
	AUTO_CLOSE int dir =
		fs_open_below(notes->net, directory(network), O_RDONLY | O_DIRECTORY, 0);
	int r = dir;

	if (dir >= 0)
		r = fs_remove(dir, user, e);
	else if (dir != -ENOENT)
		(void)zerr_code(e, -dir, "users of %s", network);
	return r < 0 && r != -ENOENT ? r : release(env, nl, notes, network, e);
}

/* Its server of names runs, unless there can be none. */
static bool names_fine(const struct net_env *env, const char *network)
{
	return names_alive(env, network) || !names_possible(env);
}

/* What the network is up as; it is brought up when anything of it is missing. */
static int ensure(const struct net_env *env, struct nl *nl, const struct notes *notes,
		  const char *network, bool fresh, struct network *ret, struct zerr *e)
{
	struct link_info link;
	bool whole = false;
	int r;

	if (!*network)
		return 0;
	r = netup_record(notes, network, ret, &whole, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && whole && !fresh && link_get(nl, network, &link, e) == 0 &&
	    link.index == ret->index && (!ret->dhcp || names_fine(env, network)))
		return 0;
	return netup(env, nl, notes, network, ret, e);
}

int use_begin(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	      struct network *ret, struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	AUTO_CLOSE int dir = -1;
	struct zerr second = { 0 };
	bool fresh;
	int r;

	r = *network ? network_check_name(network, e) : 0;
	if (r == 0)
		r = notes_open(env, &notes, e);
	if (r < 0)
		return r;
	fresh = !fs_exists(notes.net, directory(network));
	dir = fs_subdir(notes.net, directory(network), 0700, e);
	if (dir < 0)
		return dir;
	r = add_note(dir, user, e);
	if (r == 0)
		r = ensure(env, nl, &notes, network, fresh, ret, e);
	if (r == 0)
		return own_take_fd(&dir);
	steps_hold_signals(true); /* undo all of it, also when a signal is the reason */
	(void)drop(env, nl, &notes, network, user, &second); /* the first error counts */
	steps_hold_signals(false);
	return r;
}

int use_confirm(int dir, const char *from, const char *to, const struct note *n, struct zerr *e)
{
	const int r = note_save(dir, to, n, e);

	return r < 0 ? r : fs_remove(dir, from, e);
}

static int open_directory(const struct net_env *env, const char *network)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);

	return net < 0 ? net : fs_open_below(net, directory(network), O_RDONLY | O_DIRECTORY, 0);
}

int use_load(const struct net_env *env, const char *network, const char *user, struct note *ret,
	     struct zerr *e)
{
	AUTO_CLOSE int dir = open_directory(env, network);
	int r = dir < 0 ? dir : note_load(dir, user, ret, e);

	if (r == 0) /* a note that was never filled does not know it */
		(void)snprintf(ret->network, sizeof(ret->network), "%s", network);
	return r;
}

int use_save(const struct net_env *env, const char *network, const char *user, const struct note *n,
	     struct zerr *e)
{
	AUTO_CLOSE int dir = open_directory(env, network);

	return dir < 0 ? zerr_code(e, -dir, "note of %s", user) : note_save(dir, user, n, e);
}

int use_end(const struct net_env *env, struct nl *nl, const char *network, const char *user,
	    struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	int r = *network ? network_check_name(network, e) : 0;

	if (r == 0)
		r = notes_open_back(env, &notes, e);
	return r < 0 ? r : drop(env, nl, &notes, network, user, e);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Directories that may hold notes: those of networks, and the one of all other links. */
static int list_directories(int net, struct strv *ret, struct zerr *e)
{
	int r = fs_list(net, ret);

	if (r == 0)
		r = strv_add(ret, "");
	return r < 0 ? zerr_code(e, -r, "list networks") : 0;
}

static int each_in(const struct net_env *env, const char *network, const char *zone, use_fn *fn,
		   void *arg, struct zerr *e)
{
	AUTO_CLOSE int dir = open_directory(env, network);
	AUTO_STRV struct strv names = { 0 };
	struct note n;
	int r = dir < 0 ? dir : fs_list(dir, &names);

	if (r < 0)
		return r == -ENOENT ? 0 : zerr_code(e, -r, "users of %s", network);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (zone && !note_is_of(names.v[i], zone))
			continue;
		r = use_load(env, network, names.v[i], &n, e);
		if (r == 0)
			r = fn(&n, names.v[i], arg, e);
		else if (r == -ENOENT) /* taken back meanwhile */
			r = 0;
	}
	return r;
}

int use_each(const struct net_env *env, const char *zone, use_fn *fn, void *arg, struct zerr *e)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv dirs = { 0 };
	int r;

	if (net < 0)
		return net == -ENOENT ? 0 : zerr_code(e, -net, "list networks");
	r = list_directories(net, &dirs, e);
	for (size_t i = 0; r == 0 && i < dirs.n; i++)
		r = each_in(env, dirs.v[i], zone, fn, arg, e);
	return r;
}

/* Remove the notes of @zone among the users of @network. */
static int forget_notes(const struct notes *notes, const char *network, const char *zone,
			struct zerr *e)
{
	AUTO_CLOSE int dir =
		fs_open_below(notes->net, directory(network), O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	int r = dir < 0 ? dir : fs_list(dir, &names);

	if (r < 0)
		return r == -ENOENT ? 0 : zerr_code(e, -r, "users of %s", network);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (note_is_of(names.v[i], zone))
			r = fs_remove(dir, names.v[i], e);
	return r;
}

/* A killed command may have left a network in any of these places and nowhere else. */
static int list_networks(const struct net_env *env, const struct notes *notes, struct strv *ret,
			 struct zerr *e)
{
	AUTO_CLOSE int dir = network_dir(env, e);
	AUTO_STRV struct strv more = { 0 };
	int r = dir < 0 ? dir : list_directories(notes->net, ret, e);

	if (r == 0)
		r = netup_names(notes, &more, e);
	for (size_t i = 0; r == 0 && i < more.n; i++)
		r = strv_has(ret, more.v[i]) ? 0 : strv_add(ret, more.v[i]);
	if (r == 0)
		r = fs_list(dir, &more);
	for (size_t i = 0; r == 0 && i < more.n; i++)
		r = strv_has(ret, more.v[i]) ? 0 : strv_add(ret, more.v[i]);
	return r;
}

/* Whether @network has no note of @zone, and is up only if somebody uses it. */
static bool is_settled(const struct notes *notes, const char *network, const char *zone,
		       bool *ret_used)
{
	AUTO_CLOSE int dir =
		fs_open_below(notes->net, directory(network), O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	bool used;

	if (dir < 0)
		return dir == -ENOENT && !(*network && netup_has_traces(notes, network));
	if (fs_list(dir, &names) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (note_is_of(names.v[i], zone))
			return false;
	used = names.n > 0 || fs_exists(dir, USE_HELD);
	*ret_used |= used;
	return used;
}

/* The usual case after net_down(), and what a start has left that never got the lock: to see that
 * takes none. */
static bool is_forgotten(const struct net_env *env, const char *zone)
{
	AUTO_CLOSE int net = fs_open_below(env->run, ".net", O_RDONLY | O_DIRECTORY, 0);
	const struct notes notes = { net, -1 };
	AUTO_STRV struct strv networks = { 0 };
	struct zerr ignored = { 0 };
	bool used = false;

	if (net < 0 || list_networks(env, &notes, &networks, &ignored) < 0)
		return false;
	for (size_t i = 0; i < networks.n; i++)
		if (!is_settled(&notes, networks.v[i], zone, &used))
			return false;
	return used || !elem_has_set(ELEM_INET, SET_INNER);
}

int use_forget(const struct net_env *env, struct nl *nl, const char *zone, struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	AUTO_STRV struct strv networks = { 0 };
	struct zerr second = { 0 };
	int r;

	if (is_forgotten(env, zone))
		return 0;
	r = notes_open_back(env, &notes, e);
	if (r == 0)
		r = list_networks(env, &notes, &networks, e);
	for (size_t i = 0; i < networks.n; i++) {
		int q = forget_notes(&notes, networks.v[i], zone, r < 0 ? &second : e);

		if (q == 0)
			q = release(env, nl, &notes, networks.v[i], r < 0 ? &second : e);
		r = r < 0 ? r : q;
	}
	return r;
}

/* ---- by hand --------------------------------------------------------------------------------- */

static int hold_up(const struct net_env *env, struct nl *nl, const struct notes *notes,
		   const char *network, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_subdir(notes->net, network, 0700, e);
	struct zerr second = { 0 };
	struct network up;
	int r = dir < 0 ? dir : add_note(dir, USE_HELD, e);

	if (r == 0)
		r = netup(env, nl, notes, network, &up, e);
	if (r < 0)
		(void)drop(env, nl, notes, network, USE_HELD, &second); /* the first error counts */
	return r;
}

static int hold_down(const struct net_env *env, struct nl *nl, const struct notes *notes,
		     const char *network, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(notes->net, network, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };

	if (dir >= 0 && fs_list(dir, &names) == 0 && names.n > 0)
		return zerr_hint(e,
				 zerr_as(e, ZERR_STATE, "network %s is used by %s%s", network,
					 names.v[0], names.n > 1 ? " and others" : ""),
				 "zone stop %.*s", (int)strcspn(names.v[0], "."), names.v[0]);
	return drop(env, nl, notes, network, USE_HELD, e);
}

int use_hold(const struct net_env *env, struct nl *nl, const char *network, bool hold,
	     struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	int r = network_check_name(network, e);

	if (r == 0)
		r = notes_open(env, &notes, e);
	if (r < 0)
		return r;
	return hold ? hold_up(env, nl, &notes, network, e) : hold_down(env, nl, &notes, network, e);
}

int use_restore(const struct net_env *env, struct nl *nl, struct zerr *e)
{
	AUTO_NOTES struct notes notes = { -1, -1 };
	AUTO_STRV struct strv names = { 0 };
	struct network up;
	int r = notes_open(env, &notes, e);

	if (r == 0)
		r = table_write(env, e);
	if (r == 0)
		r = netup_names(&notes, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = netup(env, nl, &notes, names.v[i], &up, e);
	return r;
}
