/* SPDX-License-Identifier: Apache-2.0 */
/* Log files: names, rotation, limits, and disks that don't take them. */
#include "base/text.h"
#include "platform/env.h"
#include "platform/log_file.h"

#include <pims/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define START INT64_C(1795411169123) /* 2026-11-23T05:19:29.123Z */
enum { MINUTE = 60000, DAY = 24 * 60 * MINUTE };

static char top[64], dir[80];
static int64_t now;
static struct log_file log_file;
static struct env env;
static unsigned heard; /* lines of the application's own hook */
static char last[512];

static int64_t read_now(void *data)
{
	(void)data;
	return now;
}

static void hear(void *data, enum pims_log_level level, const char *text)
{
	(void)data;
	(void)level;
	heard++;
	(void)text_copy(last, sizeof last, text);
}

static int begin(void **state)
{
	const struct pims_clock clock = {.size = sizeof clock, .now = read_now};
	const struct pims_log hook = {.size = sizeof hook, .level = PIMS_LOG_ERROR, .line = hear};

	(void)state;
	snprintf(top, sizeof top, "/tmp/openpims-log-XXXXXX");
	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof dir, "%s/state/log", top);
	now = START;
	heard = 0;
	env_init(&env, &clock, NULL, &hook);
	log_file_init(&log_file, &env.log, &env.clock);
	return 0;
}

static void remove_tree(const char *path)
{
	char child[512];
	const struct dirent *entry;
	DIR *list = opendir(path);

	while (list && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
		if (unlink(child) < 0)
			remove_tree(child);
	}
	if (list)
		closedir(list);
	rmdir(path);
}

static int end(void **state)
{
	(void)state;
	log_file_close(&log_file);
	remove_tree(top);
	return 0;
}

static void launch(enum pims_log_level level, enum log_rotation rotation, unsigned minutes)
{
	const struct log_settings settings = {level, rotation, minutes};

	assert_int_equal(log_file_open(&log_file, dir, &settings), 0);
	log_file_hook(&log_file, &env.log);
}

static size_t file_count(void)
{
	json_t *paths = NULL;
	size_t count;

	assert_int_equal(log_file_paths(&log_file, &paths), 0);
	count = json_array_size(paths);
	json_decref(paths);
	return count;
}

static void read_current(char *text, size_t size)
{
	struct buf path = BUF_INIT(512);
	FILE *file;

	assert_int_equal(log_file_path(&log_file, &path), 0);
	file = fopen(buf_text(&path), "r");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	buf_free(&path);
}

static void assert_content(const char *expected)
{
	char text[4096];

	read_current(text, sizeof text);
	assert_string_equal(text, expected);
}

static void a_closed_log_has_no_path(void **state)
{
	struct buf path = BUF_INIT(512);
	json_t *paths = NULL;

	(void)state;
	assert_int_equal(log_file_path(&log_file, &path), PIMS_E_STATE);
	assert_int_equal(log_file_paths(&log_file, &paths), PIMS_E_STATE);
	assert_null(paths);
}

static void a_line_has_time_level_and_text(void **state)
{
	(void)state;
	launch(PIMS_LOG_DEBUG, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_ERROR, "one");
	now += 1;
	env_log(&env, PIMS_LOG_DEBUG, "two\nlines %d", 2);
	assert_content("2026-11-23T05:19:29.123Z error one\n2026-11-23T05:19:29.124Z debug two lines 2\n");
}

static void the_hook_goes_on_getting_its_own_lines(void **state)
{
	(void)state;
	launch(PIMS_LOG_DEBUG, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "for the file alone");
	assert_int_equal(heard, 0);
	env_log(&env, PIMS_LOG_ERROR, "for both");
	assert_int_equal(heard, 1);
	assert_string_equal(last, "for both");
	launch(0, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_ERROR, "for the hook alone");
	assert_int_equal(heard, 2);
	log_file_close(&log_file);
	log_file_hook(&log_file, &env.log);
	env_log(&env, PIMS_LOG_ERROR, "for the hook alone");
	assert_int_equal(heard, 3);
}

static void levels_leave_out_what_is_more_talkative(void **state)
{
	(void)state;
	launch(PIMS_LOG_WARNING, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "no");
	env_log(&env, PIMS_LOG_WARNING, "yes");
	assert_content("2026-11-23T05:19:29.123Z warning yes\n");
}

static void nothing_is_made_before_the_first_line(void **state)
{
	(void)state;
	launch(PIMS_LOG_WARNING, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "no");
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(file_count(), 0);
}

static void level_none_makes_no_file(void **state)
{
	struct buf path = BUF_INIT(512);

	(void)state;
	launch(0, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_ERROR, "no");
	assert_int_equal(log_file_path(&log_file, &path), 0);
	assert_non_null(strstr(buf_text(&path), "/log/pims-20261123T051929Z.000.log"));
	assert_int_equal(access(buf_text(&path), F_OK), -1);
	buf_free(&path);
}

static void only_the_owner_can_read(void **state)
{
	struct buf path = BUF_INIT(512);
	struct stat stat_file, stat_dir;
	mode_t mask = umask(0);

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	umask(mask);
	assert_int_equal(log_file_path(&log_file, &path), 0);
	assert_int_equal(stat(buf_text(&path), &stat_file), 0);
	assert_int_equal(stat(dir, &stat_dir), 0);
	assert_int_equal(stat_file.st_mode & 07777, 0600);
	assert_int_equal(stat_dir.st_mode & 07777, 0700);
	buf_free(&path);
}

static void each_launch_has_a_file_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 1; i <= 3; i++) {
		launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
		env_log(&env, PIMS_LOG_INFO, "in the same second");
		assert_int_equal(file_count(), i);
		assert_content("2026-11-23T05:19:29.123Z info in the same second\n");
	}
	now += 40 * (int64_t)DAY;
	env_log(&env, PIMS_LOG_INFO, "the same launch");
	assert_int_equal(file_count(), 3);
}

static void a_day_has_one_file_whatever_the_launches(void **state)
{
	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_DAY, 0);
	env_log(&env, PIMS_LOG_INFO, "a");
	launch(PIMS_LOG_INFO, LOG_EACH_DAY, 0);
	now += 18 * 60 * MINUTE; /* 23:19 */
	env_log(&env, PIMS_LOG_INFO, "b");
	assert_int_equal(file_count(), 1);
	now += 60 * MINUTE; /* 00:19 */
	env_log(&env, PIMS_LOG_INFO, "c");
	assert_int_equal(file_count(), 2);
	assert_content("2026-11-24T00:19:29.123Z info c\n");
}

static void a_duration_ends_a_file_whatever_the_launches(void **state)
{
	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_DURATION, 5);
	env_log(&env, PIMS_LOG_INFO, "a");
	now += 4 * MINUTE;
	launch(PIMS_LOG_INFO, LOG_EACH_DURATION, 5);
	env_log(&env, PIMS_LOG_INFO, "b");
	assert_int_equal(file_count(), 1);
	now += 1 * MINUTE;
	env_log(&env, PIMS_LOG_INFO, "c");
	assert_int_equal(file_count(), 2);
	assert_content("2026-11-23T05:24:29.123Z info c\n");
}

static void a_clock_set_back_begins_a_new_file(void **state)
{
	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_DURATION, 1440);
	env_log(&env, PIMS_LOG_INFO, "a");
	now -= 2 * (int64_t)DAY;
	env_log(&env, PIMS_LOG_INFO, "b");
	env_log(&env, PIMS_LOG_INFO, "c");
	assert_int_equal(file_count(), 2);
	assert_content("2026-11-21T05:19:29.123Z info b\n2026-11-21T05:19:29.123Z info c\n");
}

static void a_mad_clock_is_no_matter(void **state)
{
	static const int64_t times[] = {-1, INT64_MIN, INT64_MAX, 0};

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_DAY, 0);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		now = times[i];
		env_log(&env, PIMS_LOG_INFO, "line");
	}
	assert_int_equal(file_count(), 1);
}

static void a_full_file_gives_way_to_the_next(void **state)
{
	struct buf path = BUF_INIT(512);
	struct stat stat_file;

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_DAY, 0);
	assert_int_equal(log_file_path(&log_file, &path), 0);
	assert_int_equal(truncate(buf_text(&path), LOG_FILE_MAX - 100), 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	assert_int_equal(file_count(), 2);
	assert_int_equal(stat(buf_text(&path), &stat_file), 0);
	assert_int_equal(stat_file.st_size, LOG_FILE_MAX - 100);
	assert_content("2026-11-23T05:19:29.123Z info line\n");
	buf_free(&path);
}

static void the_oldest_files_go(void **state)
{
	json_t *paths = NULL;

	(void)state;
	for (int i = 0; i < LOG_FILES_MAX + 90; i++) {
		launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
		env_log(&env, PIMS_LOG_INFO, "line");
		now += 1000;
	}
	assert_int_equal(log_file_paths(&log_file, &paths), 0);
	assert_int_equal(json_array_size(paths), LOG_FILES_MAX);
	for (size_t i = 1; i < json_array_size(paths); i++)
		assert_true(strcmp(json_string_value(json_array_get(paths, i - 1)), json_string_value(json_array_get(paths, i))) < 0);
	json_decref(paths);
}

static void other_files_are_left_alone(void **state)
{
	char path[128];

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	snprintf(path, sizeof path, "%s/notes.log", dir);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	for (int i = 0; i < LOG_FILES_MAX + 2; i++) {
		launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
		env_log(&env, PIMS_LOG_INFO, "line");
	}
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(file_count(), LOG_FILES_MAX);
}

static void a_file_that_was_deleted_is_made_anew(void **state)
{
	struct buf path = BUF_INIT(512);

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	assert_int_equal(log_file_path(&log_file, &path), 0);
	assert_int_equal(unlink(buf_text(&path)), 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	assert_content("2026-11-23T05:19:29.123Z info line\n");
	buf_free(&path);
}

static void a_link_in_the_place_of_a_file_is_not_followed(void **state)
{
	struct buf path = BUF_INIT(512);
	char target[128];

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	assert_int_equal(log_file_path(&log_file, &path), 0);
	snprintf(target, sizeof target, "%s/target", top);
	assert_int_equal(close(open(target, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(unlink(buf_text(&path)), 0);
	assert_int_equal(symlink(target, buf_text(&path)), 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	assert_content("2026-11-23T05:19:29.123Z info line\n");
	assert_int_equal(truncate(target, 0), 0);
	buf_free(&path);
}

static void a_directory_that_cannot_be_made_costs_the_line_alone(void **state)
{
	struct buf path = BUF_INIT(512);

	(void)state;
	snprintf(dir, sizeof dir, "/dev/null/log");
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	errno = EDOM;
	env_log(&env, PIMS_LOG_ERROR, "line");
	assert_int_equal(errno, EDOM);
	assert_int_equal(heard, 1);
	assert_int_equal(file_count(), 0);
	assert_int_equal(log_file_path(&log_file, &path), 0);
	assert_string_equal(buf_text(&path), "/dev/null/log/pims-20261123T051929Z.000.log");
	buf_free(&path);
}

/* What a full disk looks like: write() takes a part, or nothing. */
static void a_full_disk_leaves_whole_lines(void **state)
{
	struct rlimit before, small;

	(void)state;
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "line");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 50;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 10; i++)
		env_log(&env, PIMS_LOG_INFO, "line that does not fit any more");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_content("2026-11-23T05:19:29.123Z info line\n");
	env_log(&env, PIMS_LOG_INFO, "again");
	assert_content("2026-11-23T05:19:29.123Z info line\n2026-11-23T05:19:29.123Z info again\n");
}

static void a_line_of_any_length_is_one_line(void **state)
{
	char text[1024], content[4096];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	launch(PIMS_LOG_INFO, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_INFO, "%s", text);
	env_log(&env, PIMS_LOG_INFO, "next");
	read_current(content, sizeof content);
	assert_non_null(strstr(content, "x\n2026-11-23T05:19:29.123Z info next\n"));
}

static void settings_count_from_the_next_line(void **state)
{
	const struct log_settings more = {PIMS_LOG_DEBUG, LOG_EACH_DAY, 0};

	(void)state;
	launch(PIMS_LOG_WARNING, LOG_EACH_LAUNCH, 0);
	env_log(&env, PIMS_LOG_WARNING, "a");
	env_log(&env, PIMS_LOG_DEBUG, "b");
	log_file_set(&log_file, &more);
	log_file_hook(&log_file, &env.log);
	env_log(&env, PIMS_LOG_DEBUG, "c");
	assert_content("2026-11-23T05:19:29.123Z warning a\n2026-11-23T05:19:29.123Z debug c\n");
	now += DAY;
	env_log(&env, PIMS_LOG_DEBUG, "d");
	assert_int_equal(file_count(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_closed_log_has_no_path, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_made_costs_the_line_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_lines, begin, end),
		cmocka_unit_test_setup_teardown(a_link_in_the_place_of_a_file_is_not_followed, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_was_deleted_is_made_anew, begin, end),
		cmocka_unit_test_setup_teardown(a_mad_clock_is_no_matter, begin, end),
		cmocka_unit_test_setup_teardown(a_clock_set_back_begins_a_new_file, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_made_before_the_first_line, begin, end),
		cmocka_unit_test_setup_teardown(level_none_makes_no_file, begin, end),
		cmocka_unit_test_setup_teardown(only_the_owner_can_read, begin, end),
		cmocka_unit_test_setup_teardown(a_line_has_time_level_and_text, begin, end),
		cmocka_unit_test_setup_teardown(a_line_of_any_length_is_one_line, begin, end),
		cmocka_unit_test_setup_teardown(the_hook_goes_on_getting_its_own_lines, begin, end),
		cmocka_unit_test_setup_teardown(levels_leave_out_what_is_more_talkative, begin, end),
		cmocka_unit_test_setup_teardown(each_launch_has_a_file_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(a_day_has_one_file_whatever_the_launches, begin, end),
		cmocka_unit_test_setup_teardown(a_duration_ends_a_file_whatever_the_launches, begin, end),
		cmocka_unit_test_setup_teardown(a_full_file_gives_way_to_the_next, begin, end),
		cmocka_unit_test_setup_teardown(the_oldest_files_go, begin, end),
		cmocka_unit_test_setup_teardown(other_files_are_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(settings_count_from_the_next_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
