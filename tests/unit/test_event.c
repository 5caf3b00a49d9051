/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/event.h"

/* The last line of the events file, without its newline. */
static void last_event(int dir, char line[EVENT_MAX])
{
	AUTO_BUF struct buf text = { 0 };
	const char *begin;

	assert_int_equal(fs_read(dir, "events", EVENT_ROTATE + EVENT_MAX, &text), 0);
	assert_true(text.len > 1 && text.p[text.len - 1] == '\n');
	text.p[--text.len] = '\0';
	begin = strrchr(text.p, '\n');
	begin = begin ? begin + 1 : text.p;
	assert_true(strlen(begin) + 1 < EVENT_MAX);
	memcpy(line, begin, strlen(begin) + 1);
}

static void one_line_each(void **state)
{
	static const char *const fields[] = { "pid", "7", "why", "a\nb\"", NULL };
	const int dir = tmpdir_fd(state);
	char line[EVENT_MAX];
	struct zerr e = { 0 };

	assert_int_equal(event_emit(dir, "web", "start", NULL, &e), 0);
	last_event(dir, line);
	assert_int_equal(strncmp(line, "{\"time\":\"2", 10), 0);
	assert_string_equal(line + 30, ",\"zone\":\"web\",\"event\":\"start\"}");
	assert_int_equal(event_emit(dir, NULL, "stop", fields, &e), 0);
	last_event(dir, line);
	assert_string_equal(line + 30, ",\"zone\":null,\"event\":\"stop\",\"pid\":7,"
				       "\"why\":\"a\\nb\\\"\"}");
}

static void long_values_give_way(void **state)
{
	const int dir = tmpdir_fd(state);
	char value[2000], line[EVENT_MAX];
	const char *const fields[] = { "short", "kept", "long", value, NULL };
	struct zerr e = { 0 };

	for (size_t shift = 0; shift < 3; shift++) {
		memset(value, 'x', sizeof(value));
		for (size_t i = shift; i + 3 < sizeof(value); i += 3)
			memcpy(value + i, "€", 3);
		value[sizeof(value) - 1] = '\0';
		assert_int_equal(event_emit(dir, "web", "e", fields, &e), 0);
		last_event(dir, line);
		assert_true(strlen(line) >= EVENT_MAX - 6); /* no more than needed */
		assert_non_null(strstr(line, "\"short\":\"kept\",\"long\":\""));
		assert_string_equal(line + strlen(line) - 5, "€\"}");
		assert_null(strstr(line, "\xef\xbf\xbd"));
	}
	memset(value, '\1', sizeof(value) - 1); /* six bytes each when escaped */
	assert_int_equal(event_emit(dir, "web", "e", fields, &e), 0);
	last_event(dir, line);
	assert_string_equal(line + strlen(line) - 8, "\\u0001\"}");
}

static void keys_that_do_not_fit_are_refused(void **state)
{
	const int dir = tmpdir_fd(state);
	char key[EVENT_MAX];
	const char *const fields[] = { key, "v", NULL };
	struct zerr e = { 0 };

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(event_emit(dir, "web", "e", fields, &e), -EMSGSIZE);
	assert_false(fs_exists(dir, "events"));
}

static void the_full_file_is_renamed(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int fd = openat(dir, "events", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct zerr e = { 0 };
	struct stat st;

	assert_int_equal(ftruncate(fd, EVENT_ROTATE - 100), 0);
	assert_int_equal(event_emit(dir, "web", "one", NULL, &e), 0); /* 62 bytes: still fits */
	assert_false(fs_exists(dir, "events.1"));
	assert_int_equal(event_emit(dir, "web", "two", NULL, &e), 0);
	assert_int_equal(fstatat(dir, "events.1", &st, 0), 0);
	assert_true(st.st_size <= EVENT_ROTATE && st.st_size > EVENT_ROTATE - 100);
	assert_int_equal(fstatat(dir, "events", &st, 0), 0);
	assert_true(st.st_size > 0 && st.st_size < 100);
}

/* Several find the file full at the same moment: one renames it, and no line is lost. */
static void one_writer_rotates(void **state)
{
	const int dir = tmpdir_fd(state);

	for (int round = 0; round < 100; round++) {
		AUTO_CLOSE int fd =
			openat(dir, "events", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		pid_t pids[4];
		struct stat st;
		int go[2];

		assert_int_equal(pipe(go), 0);
		assert_int_equal(ftruncate(fd, EVENT_ROTATE), 0);
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct zerr e = { 0 };
				char c;

				own_close(go[1]);
				_exit(read(go[0], &c, 1) < 0 ||
				      event_emit(dir, "w", "e", NULL, &e) < 0);
			}
		}
		own_close(go[0]);
		own_close(go[1]);
		for (int i = 0, status = 0; i < 4; i++) {
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_int_equal(status, 0);
		}
		assert_int_equal(fstatat(dir, "events.1", &st, 0), 0);
		assert_true(st.st_size >= EVENT_ROTATE);
	}
}

static void a_link_is_not_followed(void **state)
{
	const int dir = tmpdir_fd(state);
	struct zerr e = { 0 };

	assert_int_equal(symlinkat("elsewhere", dir, "events"), 0);
	assert_int_equal(event_emit(dir, "web", "e", NULL, &e), -ELOOP);
	assert_false(fs_exists(dir, "elsewhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(one_line_each),
		with_tmpdir(long_values_give_way),
		with_tmpdir(keys_that_do_not_fit_are_refused),
		with_tmpdir(the_full_file_is_renamed),
		with_tmpdir(one_writer_rotates),
		with_tmpdir(a_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
