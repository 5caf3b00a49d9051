/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of the kernel's log that tell of a process killed for want of memory. */
#include "unit.h"

#include "core/oom.h"

#define HEAD "6,1211,3600123456,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset="
#define MINE "/zone/web/payload"

static void the_victim_is_named(void **st)
{
	struct oom_victim v;

	(void)st;
	assert_true(oom_parse(HEAD "payload,mems_allowed=0,oom_memcg=" MINE ",task_memcg=" MINE
				   "/system.slice/x.service,task=python3,pid=4711,uid=524288\n",
			      MINE, &v));
	assert_string_equal(v.process, "python3");
	assert_int_equal(v.pid, 4711);
	/* the host ran out of memory, and one of ours was killed for it */
	assert_true(oom_parse(HEAD "/,mems_allowed=0,global_oom,task_memcg=" MINE
				   ",task=a b,pid=1,uid=0",
			      MINE, &v));
	assert_string_equal(v.process, "a b");
}

static void others_are_not_ours(void **st)
{
	struct oom_victim v = { "untouched", 7 };

	(void)st;
	assert_false(oom_parse(HEAD "/,oom_memcg=/zone/web2/payload,task_memcg=/zone/web2/payload"
				    ",task=x,pid=2,uid=0",
			       MINE, &v));
	assert_false(oom_parse(HEAD "/,oom_memcg=" MINE ",task_memcg=" MINE "2,task=x,pid=2,uid=0",
			       MINE, &v));
	assert_false(
		oom_parse("4,1,1,-;Memory cgroup out of memory: Killed process 1 (x)", MINE, &v));
	assert_false(oom_parse("", MINE, &v));
	assert_string_equal(v.process, "untouched");
}

static void what_is_cut_short_is_none(void **st)
{
	const char *const lines[] = { HEAD "/,task_memcg=" MINE, HEAD "/,task_memcg=" MINE ",task=",
				      HEAD "/,task_memcg=" MINE ",task=x", HEAD "/,task_memcg=" };
	struct oom_victim v;

	(void)st;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(oom_parse(lines[i], MINE, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_victim_is_named),
		cmocka_unit_test(others_are_not_ours),
		cmocka_unit_test(what_is_cut_short_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
