/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules for members of archives. */
#include "unit.h"

#include "image/member.h"

static void names(void **state)
{
	static const char *const good[] = { "a",     "./a", ".",       "./", "a/b/", "..a",
					    "a../b", "...", "a/.../b", "\n", ".wh.x" };
	static const char *const bad[] = { "",	   "/",	     "/a",   "//a",	"..",	    "../a",
					   "a/..", "a/../b", "./..", "a//../b", "./x/../.." };
	struct zerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(member_check_name(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (member_check_name(bad[i], &e) != -EINVAL)
			fail_msg("%s was accepted", bad[i]);
	assert_string_equal(e.msg, "member './x/../..': leads out");
	assert_int_equal(member_check_name(NULL, &e), -EINVAL);
}

static void ids(void **state)
{
	struct zerr e;

	(void)state;
	assert_int_equal(member_check_ids("f", 0, 65535, &e), 0);
	assert_int_equal(member_check_ids("f", 65536, 0, &e), -EINVAL);
	assert_string_equal(e.msg, "member 'f': its owner 65536 is not in 0-65535");
	assert_int_equal(member_check_ids("f", 0, -1, &e), -EINVAL);
	assert_string_equal(e.msg, "member 'f': its group -1 is not in 0-65535");
	assert_int_equal(member_check_ids("f", 4294967296, 0, &e), -EINVAL);
	assert_int_equal(member_check_ids("f", INT64_MIN, INT64_MAX, &e), -EINVAL);
}

static void devices(void **state)
{
	struct zerr e;

	(void)state;
	assert_int_equal(member_check_device("f", false, 1, 3, &e), 0);
	assert_int_equal(member_check_device("f", false, 0, 0, &e), 0);
	assert_int_equal(member_check_device("f", false, 5, 2, &e), 0);
	assert_int_equal(member_check_device("f", true, 1, 3, &e), -EINVAL);
	assert_int_equal(member_check_device("f", false, 1, 1, &e), -EINVAL);
	assert_int_equal(member_check_device("f", false, 1, 2, &e), -EINVAL);
	assert_int_equal(member_check_device("f", false, 1, 4, &e), -EINVAL);
	assert_int_equal(member_check_device("f", false, 10, 1, &e), -EINVAL);
	assert_int_equal(member_check_device("f", true, 8, 0, &e), -EINVAL);
}

static void xattrs(void **state)
{
	const uint8_t acl[] = { 2, 0, 0, 0, 2, 0, 7, 0, 0xff, 0xff, 0, 0, 8, 0, 7, 0, 0, 0, 1, 0 };
	uint8_t cap[24] = { 1, 0, 0, 3 };

	(void)state;
	assert_int_equal(member_check_xattr("user.x", "", 0), MEMBER_XATTR_KEEP);
	assert_int_equal(member_check_xattr("trusted.overlay.opaque", "y", 1), MEMBER_XATTR_SKIP);
	assert_int_equal(member_check_xattr("security.selinux", "y", 1), MEMBER_XATTR_SKIP);
	assert_int_equal(member_check_xattr("security.capability", cap, 24), MEMBER_XATTR_KEEP);
	cap[22] = 1;
	assert_int_equal(member_check_xattr("security.capability", cap, 24), MEMBER_XATTR_BAD);
	assert_int_equal(member_check_xattr("security.capability", cap, 20), MEMBER_XATTR_KEEP);
	assert_int_equal(member_check_xattr("system.posix_acl_access", acl, 12), MEMBER_XATTR_KEEP);
	assert_int_equal(member_check_xattr("system.posix_acl_default", acl, 20), MEMBER_XATTR_BAD);
	assert_int_equal(member_check_xattr("system.posix_acl_access", acl, 0), MEMBER_XATTR_KEEP);
	assert_int_equal(member_check_xattr("system.nfs4_acl", acl, 20), MEMBER_XATTR_SKIP);
}

static void whiteouts(void **state)
{
	const char *target;
	struct zerr e;

	(void)state;
	assert_int_equal(member_whiteout("a/b", &target, &e), MEMBER_PLAIN);
	assert_int_equal(member_whiteout(".wh.d/b", &target, &e), MEMBER_PLAIN);
	assert_int_equal(member_whiteout("a/.wh.b", &target, &e), MEMBER_WHITEOUT);
	assert_string_equal(target, "b");
	assert_int_equal(member_whiteout(".wh..wh..opq", &target, &e), MEMBER_OPAQUE);
	assert_int_equal(member_whiteout("a/.wh..wh.orph", &target, &e), MEMBER_AUX);
	assert_int_equal(member_whiteout("a/.wh.", &target, &e), -EINVAL);
	assert_int_equal(member_whiteout("a/.wh..", &target, &e), -EINVAL);
	assert_int_equal(member_whiteout("a/.wh...", &target, &e), -EINVAL);
	assert_int_equal(member_whiteout("a/.wh....", &target, &e), MEMBER_WHITEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),  cmocka_unit_test(ids),       cmocka_unit_test(devices),
		cmocka_unit_test(xattrs), cmocka_unit_test(whiteouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
