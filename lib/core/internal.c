/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the verbs that only zone's own programs call. */
#include "core/internal.h"

#include "zone.h"

int zone_internal(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{ ".monitor-ended", internal_ended },
		{ ".oom", internal_oom },
	};

	for (size_t i = 0; argc > 0 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (str_eq(argv[0], verbs[i].name))
			return verbs[i].run(argc, argv);
	return ZERR_USAGE;
}
