/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of a zone: as columns, and as the JSON that zone(8) promises. */
#include "unit.h"

#include "cmd/info.h"
#include "cmd/row.h"

static struct zone_info stopped(void)
{
	return (struct zone_info){ .name = (char *)"web",
				   .state = (char *)"STOPPED",
				   .exit_status = -1,
				   .use.memory = UINT64_MAX,
				   .use.cpu_ns = UINT64_MAX,
				   .uptime_ns = UINT64_MAX,
				   .referenced = UINT64_MAX,
				   .exclusive = UINT64_MAX,
				   .use.memory_peak = UINT64_MAX,
				   .use.memory_max = UINT64_MAX,
				   .use.memory_swap = UINT64_MAX,
				   .use.io_read = UINT64_MAX,
				   .use.io_written = UINT64_MAX };
}

static void columns_by_any_name(void **state)
{
	const struct row_field *f[ROW_COLUMNS_MAX];
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(row_columns("NAME,ipv4, RAM,cpu_usage_ns", f, &e), 4);
	assert_string_equal(f[0]->head, "NAME");
	assert_string_equal(f[1]->head, "IPV4");
	assert_string_equal(f[2]->head, "MEMORY");
	assert_string_equal(f[3]->head, "CPU");
}

static void unknown_columns_are_a_usage_error_with_all_known(void **state)
{
	const struct row_field *f[ROW_COLUMNS_MAX];
	struct zerr e = { 0 };

	(void)state;
	assert_true(row_columns("NAME,COLOUR", f, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_non_null(strstr(e.msg, "COLOUR"));
	assert_non_null(strstr(e.hint, "UNPRIVILEGED"));
	assert_non_null(strstr(e.hint, "PATH")); /* the last one: nothing is cut off */
	assert_true(row_columns("", f, &e) < 0);
}

static const char *cell(struct out_table *t, const char *column, const struct zone_info *i)
{
	row_cell(t, row_field(column), i);
	return t->cells.v[t->cells.n - 1];
}

static void cells(void **state)
{
	AUTO_TABLE struct out_table t = { .columns = 1 };
	struct zone_info i = stopped();

	(void)state;
	assert_string_equal(cell(&t, "PID", &i), "-");
	assert_string_equal(cell(&t, "EXIT", &i), "-");
	assert_string_equal(cell(&t, "MEMORY", &i), "-");
	assert_string_equal(cell(&t, "AUTOSTART", &i), "0");
	assert_string_equal(cell(&t, "UNPRIVILEGED", &i), "false");
	assert_string_equal(cell(&t, "GROUPS", &i), "-");
	assert_string_equal(cell(&t, "PIDS", &i), "0");
	i.pid = 42;
	i.exit_status = 0;
	i.use.memory = 3 << 20;
	i.uptime_ns = 93784ULL * 1000000000;
	assert_string_equal(cell(&t, "PID", &i), "42");
	assert_string_equal(cell(&t, "EXIT", &i), "0");
	assert_string_equal(cell(&t, "MEMORY", &i), "3.0 MiB");
	assert_string_equal(cell(&t, "UPTIME", &i), "1d 02:03:04");
}

static void durations(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(row_duration(0, text), "0:00.00");
	assert_string_equal(row_duration(61234567890ULL, text), "1:01.23");
	assert_string_equal(row_duration(3661ULL * 1000000000, text), "1:01:01");
}

static void json_of_a_stopped_zone(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };
	const struct zone_info i = stopped();

	(void)state;
	json_obj(&j, NULL);
	row_json(&j, &i);
	json_end_obj(&j);
	assert_string_equal(
		out.p, "{\"name\":\"web\",\"state\":\"STOPPED\",\"ready\":false,\"health\":null,"
		       "\"pid\":null,\"exit_status\":null,\"autostart\":false,\"groups\":[],"
		       "\"ipv4\":[],\"ipv6\":[],\"unprivileged\":false,\"memory_bytes\":null,"
		       "\"cpu_usage_ns\":null,\"pids\":0,\"backend\":null,\"snapshots\":0,"
		       "\"referenced_bytes\":null,\"exclusive_bytes\":null,\"uptime_ns\":null,"
		       "\"path\":null}");
}

static void json_of_info(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	AUTO_STRV struct strv limits = { 0 };
	struct json j = { .out = &out };
	struct zone_nic nic = { .name = (char *)"eth0", .drops = UINT64_MAX };
	struct zone_info i = stopped();

	(void)state;
	assert_int_equal(strv_split(&limits, "limits.pids 77", " "), 0);
	i.nics = &nic;
	i.nics_n = 1;
	i.limits = limits;
	i.id_base = 1048576;
	i.id_count = 65536;
	i.created = 1700000000;
	info_json(&j, &i);
	assert_non_null(
		strstr(out.p, "\"ids\":[{\"inside\":0,\"outside\":1048576,\"count\":65536}]"));
	assert_non_null(strstr(out.p, "\"created\":\"2023-11-14T22:13:20Z\",\"image\":null,"));
	assert_non_null(strstr(out.p, "\"memory\":{\"current\":null,\"peak\":null,\"max\":null,"
				      "\"swap\":null},\"io\":{\"read_bytes\":null,"
				      "\"write_bytes\":null}"));
	assert_non_null(strstr(out.p, "\"nics\":[{\"name\":\"eth0\",\"host_name\":null,"));
	assert_non_null(strstr(out.p, "\"drops\":null}]"));
	assert_non_null(strstr(out.p, "\"limits\":{\"limits.pids\":77}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_by_any_name),
		cmocka_unit_test(unknown_columns_are_a_usage_error_with_all_known),
		cmocka_unit_test(cells),
		cmocka_unit_test(durations),
		cmocka_unit_test(json_of_a_stopped_zone),
		cmocka_unit_test(json_of_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
