/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/key_file.h"
#include "platform/store_file.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The store and the key of one directory that does not exist yet, below a temporary one. */
struct fixture {
	struct fake_env fake;
	char top[64];
	char dir[128];
	struct store_file store_file;
	struct pims_store store;
	struct key_file key_file;
	struct pims_key key;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	strcpy(fixture->top, "/tmp/pims-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->top));
	snprintf(fixture->dir, sizeof fixture->dir, "%s/a/b", fixture->top);
	assert_int_equal(store_file_init(&fixture->store_file, fixture->dir), 0);
	store_file_hooks(&fixture->store_file, &fixture->store);
	assert_int_equal(key_file_init(&fixture->key_file, fixture->dir, &fixture->fake.env), 0);
	key_file_hooks(&fixture->key_file, &fixture->key);
	*state = fixture;
	return 0;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_file_free(&fixture->store_file);
	key_file_free(&fixture->key_file);
	assert_int_equal(nftw(fixture->top, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	fake_env_free(&fixture->fake);
	free(fixture);
	return 0;
}

static const char *in_dir(const struct fixture *fixture, const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", fixture->dir, name);
	return path;
}

static void write_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

static int save(struct fixture *fixture, const char *text)
{
	return fixture->store.save(fixture->store.data, (const unsigned char *)text, strlen(text));
}

static void assert_loads(struct fixture *fixture, const char *text)
{
	unsigned char *blob = NULL;
	size_t length = 0;

	assert_int_equal(fixture->store.load(fixture->store.data, &blob, &length), 0);
	assert_int_equal(length, strlen(text));
	assert_memory_equal(blob, text, length);
	free(blob);
}

static int load_fails(struct fixture *fixture)
{
	unsigned char *blob = (unsigned char *)fixture;
	size_t length = 12345;
	int r = fixture->store.load(fixture->store.data, &blob, &length);

	assert_true(r < 0);
	assert_ptr_equal(blob, fixture);
	assert_int_equal(length, 12345);
	assert_non_null(strstr(fixture->store_file.error, fixture->dir));
	return r;
}

static unsigned mode_of(const char *path)
{
	struct stat stat;

	assert_int_equal(lstat(path, &stat), 0);
	return stat.st_mode & 07777;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Files in the directory. */
static int entries(const struct fixture *fixture)
{
	DIR *dir = opendir(fixture->dir);
	int count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* --- the store --- */

static void a_store_needs_a_directory(void **state)
{
	struct store_file store;
	struct key_file key;
	struct fake_env fake;

	(void)state;
	fake_env_init(&fake);
	assert_int_equal(store_file_init(&store, NULL), PIMS_E_INVALID);
	assert_int_equal(store_file_init(&store, ""), PIMS_E_INVALID);
	store_file_free(&store);
	assert_int_equal(key_file_init(&key, NULL, &fake.env), PIMS_E_INVALID);
	key_file_free(&key);
	store_file_free(NULL);
	key_file_free(NULL);
	fake_env_free(&fake);
}

static void load_and_changed_create_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture->store.changed(fixture->store.data), 1);
	assert_loads(fixture, "");
	assert_int_equal(fixture->store.changed(fixture->store.data), 0);
	assert_false(exists(fixture->dir));
}

static void what_is_no_ordinary_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char target[128];

	assert_int_equal(save(fixture, "x"), 0);
	assert_int_equal(unlink(in_dir(fixture, "state")), 0);
	snprintf(target, sizeof target, "%s/elsewhere", fixture->top);
	write_file(target, "stolen", 6, 0600);
	assert_int_equal(symlink(target, in_dir(fixture, "state")), 0);
	assert_int_equal(load_fails(fixture), PIMS_E_FORMAT);
	assert_int_equal(unlink(in_dir(fixture, "state")), 0);
	assert_int_equal(mkfifo(in_dir(fixture, "state"), 0600), 0);
	assert_int_equal(load_fails(fixture), PIMS_E_FORMAT);
	assert_int_equal(unlink(in_dir(fixture, "state")), 0);
	assert_int_equal(mkdir(in_dir(fixture, "state"), 0700), 0);
	assert_int_equal(load_fails(fixture), PIMS_E_FORMAT);
	assert_int_equal(save(fixture, "y"), PIMS_E_SYSTEM);
	assert_false(exists(in_dir(fixture, "state.new")));
}

static void a_link_in_place_of_the_temporary_file_or_the_lock_is_not_followed(void **state)
{
	struct fixture *fixture = *state;
	char target[128];

	snprintf(target, sizeof target, "%s/elsewhere", fixture->top);
	write_file(target, "precious", 8, 0600);
	assert_int_equal(save(fixture, "x"), 0);
	assert_int_equal(symlink(target, in_dir(fixture, "state.new")), 0);
	assert_int_equal(save(fixture, "y"), 0);
	assert_loads(fixture, "y");
	assert_int_equal(unlink(in_dir(fixture, "lock")), 0);
	assert_int_equal(symlink(target, in_dir(fixture, "lock")), 0);
	assert_int_equal(fixture->store.lock(fixture->store.data), PIMS_E_FORMAT);
	assert_non_null(strstr(fixture->store_file.error, "/lock"));
	assert_int_equal(save(fixture, "z"), PIMS_E_FORMAT);
	assert_loads(fixture, "y");
}

static void a_file_over_a_mebibyte_is_neither_read_nor_written(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *large = calloc(1, STORE_MAX + 1);

	assert_non_null(large);
	assert_int_equal(fixture->store.save(fixture->store.data, large, STORE_MAX), 0);
	assert_int_equal(fixture->store.save(fixture->store.data, large, STORE_MAX + 1), PIMS_E_LIMIT);
	assert_non_null(strstr(fixture->store_file.error, "1 MiB"));
	write_file(in_dir(fixture, "state"), large, STORE_MAX + 1, 0600);
	assert_int_equal(load_fails(fixture), PIMS_E_LIMIT);
	free(large);
}

static void a_full_disk_leaves_the_old_state_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *large = calloc(1, 100000);
	struct rlimit before, small;

	assert_non_null(large);
	assert_int_equal(save(fixture, "old"), 0);
	/* a write beyond the limit fails as one to a full disk does: after a part of it was written */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(fixture->store.save(fixture->store.data, large, 100000), PIMS_E_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(fixture->store_file.error, in_dir(fixture, "state: ")));
	assert_false(exists(in_dir(fixture, "state.new")));
	assert_int_equal(entries(fixture), 2);
	assert_loads(fixture, "old");
	free(large);
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
	struct fixture *fixture = *state;
	char file[128];

	snprintf(file, sizeof file, "%s/a", fixture->top);
	write_file(file, "", 0, 0600);
	assert_int_equal(save(fixture, "x"), PIMS_E_SYSTEM);
	assert_non_null(strstr(fixture->store_file.error, fixture->dir));
	assert_int_equal(load_fails(fixture), PIMS_E_SYSTEM);
}

static void saved_bytes_come_back_with_strict_modes(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	umask(0);
	assert_int_equal(save(fixture, "first"), 0);
	umask(022);
	assert_loads(fixture, "first");
	assert_int_equal(save(fixture, "second, longer"), 0);
	assert_loads(fixture, "second, longer");
	assert_string_equal(fixture->store_file.error, "");
	assert_int_equal(mode_of(in_dir(fixture, "state")), 0600);
	assert_int_equal(mode_of(in_dir(fixture, "lock")), 0600);
	assert_int_equal(mode_of(fixture->dir), 0700);
	snprintf(path, sizeof path, "%s/a", fixture->top);
	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(entries(fixture), 2);
}

static void what_a_crash_left_behind_is_replaced(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(save(fixture, "old"), 0);
	write_file(in_dir(fixture, "state.new"), "half of someth", 14, 0600);
	assert_loads(fixture, "old");
	assert_int_equal(save(fixture, "new"), 0);
	assert_loads(fixture, "new");
	assert_false(exists(in_dir(fixture, "state.new")));
}

static void a_change_by_another_is_seen_and_an_own_one_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct store_file other_file;
	struct pims_store other;

	assert_int_equal(store_file_init(&other_file, fixture->dir), 0);
	store_file_hooks(&other_file, &other);
	assert_int_equal(save(fixture, "1"), 0);
	assert_int_equal(fixture->store.changed(fixture->store.data), 0);
	assert_int_equal(other.changed(other.data), 1);
	assert_int_equal(other.save(other.data, (const unsigned char *)"2", 1), 0);
	assert_int_equal(other.changed(other.data), 0);
	assert_int_equal(fixture->store.changed(fixture->store.data), 1);
	assert_loads(fixture, "2");
	assert_int_equal(fixture->store.changed(fixture->store.data), 0);
	assert_int_equal(unlink(in_dir(fixture, "state")), 0);
	assert_int_equal(fixture->store.changed(fixture->store.data), 1);
	assert_loads(fixture, "");
	assert_int_equal(fixture->store.changed(fixture->store.data), 0);
	store_file_free(&other_file);
}

static void the_lock_is_ones_alone_until_it_is_given_back(void **state)
{
	struct fixture *fixture = *state;
	struct store_file other_file;
	struct pims_store other;

	assert_int_equal(store_file_init(&other_file, fixture->dir), 0);
	store_file_hooks(&other_file, &other);
	assert_int_equal(fixture->store.lock(fixture->store.data), 0);
	assert_int_equal(fixture->store.lock(fixture->store.data), 0);
	assert_int_equal(other.lock(other.data), PIMS_E_AGAIN);
	assert_int_equal(other.save(other.data, (const unsigned char *)"x", 1), PIMS_E_AGAIN);
	assert_int_equal(save(fixture, "mine"), 0);
	assert_int_equal(other.lock(other.data), PIMS_E_AGAIN);
	fixture->store.unlock(fixture->store.data);
	fixture->store.unlock(fixture->store.data);
	assert_int_equal(other.lock(other.data), 0);
	assert_int_equal(fixture->store.lock(fixture->store.data), PIMS_E_AGAIN);
	/* freeing gives it back */
	store_file_free(&other_file);
	assert_int_equal(fixture->store.lock(fixture->store.data), 0);
}

static void the_last_descriptors_are_for_those_who_have_the_lock(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, few;
	int taken[96], count = 0;

	assert_int_equal(save(fixture, "state"), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 128;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	do
		taken[count] = dup(STDIN_FILENO);
	while (taken[count++] < 96);
	assert_int_equal(fixture->store.lock(fixture->store.data), PIMS_E_AGAIN);
	for (int i = 0; i < 8; i++)
		close(taken[--count]);
	assert_int_equal(fixture->store.lock(fixture->store.data), 0);
	assert_int_equal(save(fixture, "more"), 0);
	while (count)
		close(taken[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_loads(fixture, "more");
}

static void a_process_that_dies_gives_the_lock_back(void **state)
{
	struct fixture *fixture = *state;
	int held[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int r = fixture->store.lock(fixture->store.data);

		(void)!write(held[1], r == 0 ? "y" : "n", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(held[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(fixture->store.lock(fixture->store.data), PIMS_E_AGAIN);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(fixture->store.lock(fixture->store.data), 0);
	close(held[0]);
	close(held[1]);
}

enum { WRITERS = 4, ROUNDS = 25 };

/* Each writer adds one under the lock; without it, or with a save that is not whole, some would be lost. */
static void *add(void *data)
{
	struct fixture *fixture = data;
	struct store_file file;
	struct pims_store store;
	int added = 0;

	if (store_file_init(&file, fixture->dir) < 0)
		return NULL;
	store_file_hooks(&file, &store);
	while (added < ROUNDS) {
		unsigned char *blob = NULL, text[16];
		size_t length = 0;
		int value = 0;

		if (store.lock(store.data) < 0)
			continue;
		if (store.load(store.data, &blob, &length) == 0 && length > 0 && length < sizeof text) {
			memcpy(text, blob, length);
			text[length] = '\0';
			value = (int)strtol((char *)text, NULL, 10);
		}
		free(blob);
		snprintf((char *)text, sizeof text, "%d", value + 1);
		if (store.save(store.data, text, strlen((char *)text)) == 0)
			added++;
		store.unlock(store.data);
	}
	store_file_free(&file);
	return NULL;
}

static void writers_under_the_lock_lose_nothing(void **state)
{
	struct fixture *fixture = *state;
	pthread_t threads[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add, fixture), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_loads(fixture, "100");
}

/* --- the key --- */

static int get_key(struct fixture *fixture, unsigned char key[32])
{
	return fixture->key.get(fixture->key.data, key);
}

static int key_refused(struct fixture *fixture)
{
	unsigned char key[32];
	int r;

	memset(key, 0xee, sizeof key);
	r = get_key(fixture, key);
	assert_true(r < 0);
	for (size_t i = 0; i < sizeof key; i++)
		assert_int_equal(key[i], 0xee);
	assert_non_null(strstr(fixture->key_file.error, in_dir(fixture, "key")));
	return r;
}

static void a_key_others_may_read_is_refused(void **state)
{
	struct fixture *fixture = *state;
	unsigned char key[32];

	assert_int_equal(get_key(fixture, key), 0);
	assert_int_equal(chmod(in_dir(fixture, "key"), 0640), 0);
	assert_int_equal(key_refused(fixture), PIMS_E_STATE);
	assert_int_equal(chmod(in_dir(fixture, "key"), 0604), 0);
	assert_int_equal(key_refused(fixture), PIMS_E_STATE);
	assert_non_null(strstr(fixture->key_file.error, "600"));
	assert_int_equal(chmod(in_dir(fixture, "key"), 0400), 0);
	assert_int_equal(get_key(fixture, key), 0);
}

static void a_key_of_another_user_is_refused(void **state)
{
	struct fixture *fixture = *state;
	unsigned char key[32];

	assert_int_equal(get_key(fixture, key), 0);
	if (geteuid() != 0 || chown(in_dir(fixture, "key"), 12345, (gid_t)-1) < 0)
		skip();
	assert_int_equal(key_refused(fixture), PIMS_E_STATE);
}

static void a_key_of_the_wrong_size_or_kind_is_refused(void **state)
{
	struct fixture *fixture = *state;
	unsigned char key[32], bytes[33] = {1, 2, 3};

	assert_int_equal(get_key(fixture, key), 0);
	for (size_t length = 0; length <= 33; length++) {
		write_file(in_dir(fixture, "key"), bytes, length, 0600);
		if (length != 32)
			assert_int_equal(key_refused(fixture), PIMS_E_FORMAT);
	}
	assert_int_equal(unlink(in_dir(fixture, "key")), 0);
	assert_int_equal(symlink("/etc/passwd", in_dir(fixture, "key")), 0);
	assert_int_equal(key_refused(fixture), PIMS_E_FORMAT);
}

static void a_state_whose_key_is_gone_gets_no_new_one(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(save(fixture, "sealed"), 0);
	assert_int_equal(key_refused(fixture), PIMS_E_KEY);
	assert_false(exists(in_dir(fixture, "key")));
}

static void without_randomness_or_room_no_key_is_made(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, small;

	fixture->key_file.env.random.data = &fixture->fake;
	fixture->fake.random_fails = true;
	assert_int_equal(key_refused(fixture), PIMS_E_CRYPTO);
	fixture->fake.random_fails = false;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 16;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(key_refused(fixture), PIMS_E_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	/* neither the key nor a piece of it is left */
	assert_int_equal(rmdir(fixture->dir), 0);
}

static void the_key_is_made_once_and_stays(void **state)
{
	struct fixture *fixture = *state;
	unsigned char first[32], second[32];

	assert_int_equal(get_key(fixture, first), 0);
	assert_int_equal(get_key(fixture, second), 0);
	assert_memory_equal(first, second, 32);
	assert_int_equal(mode_of(in_dir(fixture, "key")), 0600);
	assert_int_equal(mode_of(fixture->dir), 0700);
	assert_string_equal(fixture->key_file.error, "");
	/* nothing else is left in the directory */
	assert_int_equal(unlink(in_dir(fixture, "key")), 0);
	assert_int_equal(rmdir(fixture->dir), 0);
}

enum { MAKERS = 16 };

static void processes_that_make_the_key_at_the_same_time_agree(void **state)
{
	struct fixture *fixture = *state;
	unsigned char keys[MAKERS][32];
	int go[2], results[2];
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	fixture->key_file.env = env;
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(results, O_CLOEXEC), 0);
	for (int i = 0; i < MAKERS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			unsigned char key[32] = {0};
			char byte;

			close(go[1]);
			(void)!read(go[0], &byte, 1); /* until the parent closes its end: all start together */
			if (get_key(fixture, key) < 0 || write(results[1], key, 32) != 32)
				_exit(1);
			_exit(0);
		}
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < MAKERS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < MAKERS; i++) {
		assert_int_equal(read(results[0], keys[i], 32), 32);
		assert_memory_equal(keys[i], keys[0], 32);
	}
	close(results[0]);
	close(results[1]);
	assert_int_equal(unlink(in_dir(fixture, "key")), 0);
	assert_int_equal(rmdir(fixture->dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_needs_a_directory),
		cmocka_unit_test_setup_teardown(load_and_changed_create_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_ordinary_file_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_in_place_of_the_temporary_file_or_the_lock_is_not_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_over_a_mebibyte_is_neither_read_nor_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_old_state_and_nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_made_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(saved_bytes_come_back_with_strict_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_crash_left_behind_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_change_by_another_is_seen_and_an_own_one_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_lock_is_ones_alone_until_it_is_given_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_descriptors_are_for_those_who_have_the_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_process_that_dies_gives_the_lock_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writers_under_the_lock_lose_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_others_may_read_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_of_another_user_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_of_the_wrong_size_or_kind_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_state_whose_key_is_gone_gets_no_new_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_randomness_or_room_no_key_is_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_key_is_made_once_and_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(processes_that_make_the_key_at_the_same_time_agree, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
