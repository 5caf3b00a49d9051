/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the verbs that only zone's own programs call. */
#include "core/internal.h"

#include <signal.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/state.h"

/* By SIGHUP; one that ends meanwhile needs nothing. */
static void renew(struct zone_host *h, const char *name)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr e = { 0 };

	if (zone_load(h, name, 0, &z, &e) < 0 || state_now(&z, &s, &e) < 0 ||
	    (s.state != STATE_RUNNING && s.state != STATE_FROZEN) || !state_has_keeper(z.run))
		return;
	AUTO_CLOSE int monitor = state_pidfd(&s.rec, "monitor");
	if (monitor >= 0)
		(void)sys_pidfd_send_signal(monitor, SIGHUP);
}

int internal_renew(int argc, char **argv)
{
	const struct zone_options o = { 0 };
	AUTO_STRV struct strv names = { 0 };
	struct zone_host *h = NULL;
	struct zerr e = { 0 };

	(void)argv;
	if (argc != 1)
		return ZERR_USAGE;
	if (zone_host_open(&o, &h, &e) < 0)
		return ZERR_FAILED;
	if (zone_names(h, &names, &e) == 0)
		for (size_t i = 0; i < names.n; i++)
			renew(h, names.v[i]);
	zone_host_close(h);
	return ZERR_OK;
}

int zone_internal(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{ ".monitor-ended", internal_ended }, { ".oom", internal_oom },
		{ ".health", internal_health },	      { ".restart", internal_restart },
		{ ".renew", internal_renew },
	};

	for (size_t i = 0; argc > 0 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (str_eq(argv[0], verbs[i].name))
			return verbs[i].run(argc, argv);
	return ZERR_USAGE;
}
