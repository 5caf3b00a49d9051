#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lint scripts on a small tree of sins: each must be found, and nothing else."""

import os
import subprocess
import sys
import tempfile

TOP = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n/* A file. */\n"

LONG = "int f(void)\n{\n" + "\tg();\n" * 80 + "}\n"
BRANCHY = "int f(int a)\n{\n" + "\tif (a && !a)\n\t\ta++;\n" * 8 + "\treturn a;\n}\n"
DEEP = """int f(int a)
{
	for (;;)
		while (a)
			if (a) {
				list_for_each(a) {
					if (a)
						g();
				}
			} else if (a) {
				g();
			}
}
"""
# Much that looks like a sin to a script that knows less of C.
CLEAN = r'''#include "base/err.h"
#define own_take(p) ({ __typeof__(p) t_ = (p); (p) = NULL; t_; }) /* no goto, no return */
static const char text[] = "goto /* return */ if (mkdir(\"x\"))";
static const struct row rows[] = { { .open = NULL, f, { 1, { 2, { 3, { 4, { 5 } } } } } } };
/* goto in a comment; open() too */
__attribute__((format(printf, 1, 2))) static int f(const struct ops *o, int type)
{
	struct stat st;

	switch (type) {
	case 1: case 2: case 3: case 4: case 5: case 6: case 7: case 8:
	case 9: case 10: case 11: case 12: case 13: case 14: case 15: case 16:
		return o->open(type ? '{' : '"');
	}
	if (type)
		g();
	else if (type)
		g();
	else if (type)
		g();
	else if (type)
		g();
	else if (type)
		g();
	return fstat(type, &st);
}
'''
KEYS = """#define M(x) .group = x, \\
	.root_only = true
const struct key conf_keys[] = {
	{ .name = "a", .type = KEY_ENUM, .values = "x|y", .missing = "x",
	  Z(ENUM, a), .help = "h" },
	{ .name = "b.NAME", .type = KEY_STR, .values = "T", .live = true, M(b), .help = "h" },
	{ 0 },
};
"""
PAGE = r""".Sh KEYS
.It Cm a Pq word, default x, next start
.Cm x
or
.Cm y .
.It Cm b.\& Ns Ar NAME Pq text, live, host only
Text.
.Sh END
"""

EVENTS = """void f(void)
{
	zone_event(h, name,
		   a ? "one" : "two", fields);
	append_event("three", "key", value);
}
"""
MONITOR = r""".Ss monitor
.Dl zone monitor
Also called
.Cm events .
.Cm one , two ,
.Cm three :
text.
.Ss metrics
.Cm other
"""

FEATURES = """features() {
  systemd      | yes | systemd as process 1   | true
  new          | no  | a kernel of tomorrow   | true
}
"""

# script, {path: text}, what must be in its output (nothing: it must succeed)
CASES = [
    ("layers", {"lib/base/a.c": '#include "conf/b.h"\n', "lib/conf/b.h": ""}, ["lib/base must not see lib/conf"]),
    ("layers", {"net/a.c": '#include "storage/b.h"\n', "storage/b.h": ""}, ["net must not see storage"]),
    ("layers", {"cmd/a.c": '#include "core/b.h"\n', "lib/core/b.h": ""}, ["cmd must not see lib/core"]),
    ("layers", {"net/a.c": '#include "b.h"\n', "net/b.h": ""}, ['"b.h" is no file']),
    ("layers", {"lib/new/a.c": ""}, ["has no row"]),
    ("layers", {"net/a.h": '#include "net/b.h"\n', "net/b.h": '#include "net/c.h"\n',
                "net/c.h": '#include "net/a.h"\n'}, ["net/a.h -> net/b.h -> net/c.h -> net/a.h"]),
    ("layers", {"net/a.c": "#include <libmnl/libmnl.h>\n", "net/b.c": "#include <libmnl/libmnl.h>\n"},
     ["libmnl: its headers are in 2 files: net/a.c, net/b.c"]),
    ("layers", {"lib/core/a.h": "#include <seccomp.h>\n"}, ["lib/core/a.h:3: a header of libseccomp"]),
    ("layers", {"lib/core/a.c": '#include <linux/seccomp.h>\n#include <seccomp.h>\n#include "zone.h"\n'
                '#include "net/net.h"\n#include "core/seccomp.h"\n', "lib/core/seccomp.h": "",
                "net/net.h": '#include "conf/spec.h"\n', "lib/conf/spec.h": "", "lib/zone.h": "",
                "cmd/b.c": '#include "zone.h"\n'}, []),
    ("metrics", {"lib/a.c": LONG}, ["f() has 83 lines"]),
    ("metrics", {"lib/a.c": BRANCHY}, ["f() has complexity 17"]),
    ("metrics", {"lib/a.c": DEEP}, ["lib/a.c:10: f() nests 5 deep"]),
    ("metrics", {"lib/a.c": "int a;\n" * 600}, ["lib/a.c: 602 lines"]),
    ("metrics", {"lib/a.c": "#include <a.h>\n" * 21}, ["21 includes"]),
    ("metrics", {"lib/a.c": "#define TRY(x) \\\n\tdo { if (x) return; } while (0)\n"}, ["contains return"]),
    ("metrics", {"lib/a.c": "void f(void)\n{\n\tgoto out;\nout:\n}\n"}, ["lib/a.c:5: goto"]),
    ("metrics", {"lib/a.h": "#  ifdef X\n#endif\n"}, ["lib/a.h:3: conditional compilation"]),
    ("metrics", {"lib/base/sys.h": "#ifndef X\n#endif\n", "lib/zone.h": "#ifdef __cplusplus\n#endif\n",
                 "lib/a.c": CLEAN}, []),
    ("paths", {"lib/core/a.c": "void f(void)\n{\n\tg(open(\"x\", 0));\n}\n"}, ["lib/core/a.c:5: open()"]),
    ("paths", {"lib/core/a.c": CLEAN, "lib/base/b.c": "int f(void)\n{\n\treturn mkdir(\"x\", 0);\n}\n"}, []),
    ("docs", {"lib/a.h": "int f(void);\n"}, ["no comment above f()"]),
    ("docs", {"lib/a.h": "\nstruct a {\n\tint (*op)(void);\n};\nint f(struct a *a);\n"}, ["no comment above f()"]),
    ("docs", {"lib/a.h": "\n/* Makes. */\nint f(void);\n\nint g(void)\n\t__attribute__((cold));\n"},
     ["no comment above g()"]),
    ("docs", {"lib/a.h": "\n/* Makes. */\nint f(int a,\n      int b);\nstatic inline int g(void)\n{\n\treturn 0;\n}\n"
              "int h(void) __attribute__((cold));\n\ntypedef void fn(int a);\nextern int (*hook)(void);\n"}, []),
    ("keys", {"lib/conf/keys.c": KEYS, "man/zone.conf.5": PAGE}, []),
    ("keys", {"lib/conf/keys.c": KEYS, "man/zone.conf.5": PAGE.replace("Cm y", "Cm z")}, ["a: nothing about y"]),
    ("keys", {"lib/conf/keys.c": KEYS, "man/zone.conf.5": PAGE.replace(", live", ", next start")},
     ["b.NAME: (text, next start, host only) should be (text, live, host only)"]),
    ("keys", {"lib/conf/keys.c": KEYS, "man/zone.conf.5": PAGE.replace("Cm a", "Cm c")},
     ["c is not in the table", "nothing about a"]),
    ("events", {"lib/a.c": EVENTS, "man/zone.8": MONITOR}, []),
    ("events", {"lib/a.c": EVENTS, "man/zone.8": MONITOR.replace("two ,", "four ,")},
     ["event two is not in", "there is no event four"]),
    ("lanes", {"tests/cli/features.bash": FEATURES, "tests/vm/a.bats": '@test "a" {\n  need systemd\n}\n',
               "tests/cli/a.bats": '# bats test_tags=vm\n@test "a" {\n  need systemd\n}\n@test "b" { need new; }\n'}, []),
    ("lanes", {"tests/cli/features.bash": FEATURES,
               "tests/cli/a.bats": '# bats test_tags=vm\n@test "a" {\n}\n@test "b" {\n  x && need systemd\n  need old\n}\n',
               "tests/cli/b.bats": "# bats file_tags=vm\nf() {\n  need new\n}\n"},
     ["'b' needs systemd: tag it", "has no 'old'", "'every test' needs new, which the guest has not"]),
]


def run(script, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(TOP + text)
        here = os.path.dirname(os.path.abspath(__file__))
        return subprocess.run([sys.executable, "-B", os.path.join(here, script + ".py"), root],
                              capture_output=True, text=True, check=False)


def main():
    failed = 0
    for script, files, wanted in CASES:
        done = run(script, files)
        lines = done.stdout.splitlines()
        # one line for each sin and one that counts them
        right = len(lines) == (len(wanted) + 1 if wanted else 0) and done.returncode == bool(wanted)
        if not right or done.stderr or not all(w in done.stdout for w in wanted):
            failed += 1
            print(f"{script} on {list(files)}: status {done.returncode}, wanted {wanted}, got:\n"
                  f"{done.stdout}{done.stderr}")
    sys.exit(1 if failed else 0)


main()
