/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include "server/store/migrations.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What is SQLite's own: its file, its versions, and what a crash leaves. */

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_newer_schema_is_refused_and_named(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	char back[64];

	store_close(fixture->store);
	run_sql(fixture->path, "PRAGMA user_version = 4711");
	assert_int_equal(sqlite_open(&store, fixture->path, &fixture->env), PIMS_E_VERSION);
	assert_null(store);
	assert_true(fake_env_logged(&fixture->fake, fixture->path));
	assert_true(fake_env_logged(&fixture->fake, "newer"));
	snprintf(back, sizeof back, "PRAGMA user_version = %d", migrations_version());
	run_sql(fixture->path, back);
	fixture_open(fixture);
}

static void a_database_of_another_program_is_refused_and_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	char path[128];

	snprintf(path, sizeof path, "%s/other.db", fixture->directory);
	run_sql(path, "CREATE TABLE accounts (x)");
	assert_int_equal(sqlite_open(&store, path, &fixture->env), PIMS_E_FORMAT);
	run_sql(path, "PRAGMA user_version = 1");
	assert_int_equal(sqlite_open(&store, path, &fixture->env), PIMS_E_FORMAT);
	run_sql(path, "INSERT INTO accounts VALUES (1)");
	assert_true(fake_env_logged(&fixture->fake, path));
	unlink(path);
	snprintf(path, sizeof path, "%s/other.db-wal", fixture->directory);
	unlink(path);
	snprintf(path, sizeof path, "%s/other.db-shm", fixture->directory);
	unlink(path);
}

static void a_file_that_is_no_database_is_refused_and_left_alone(void **state)
{
	struct fixture *fixture = *state;
	static const char text[] = "This is a diary, and no database, and it is long enough to have a header of one hundred bytes, is it not? It is.";
	struct store *store = NULL;
	char path[128], found[sizeof text];
	int fd;

	snprintf(path, sizeof path, "%s/diary", fixture->directory);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	assert_int_equal(sqlite_open(&store, path, &fixture->env), PIMS_E_FORMAT);
	assert_int_equal(pread(fd, found, sizeof found, 0), sizeof found);
	assert_memory_equal(found, text, sizeof text);
	assert_true(fake_env_logged(&fixture->fake, path));
	close(fd);
	unlink(path);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;

	assert_int_equal(sqlite_open(&store, "/tmp/no-such-directory-of-ours/pims.db", &fixture->env), PIMS_E_SYSTEM);
	assert_true(fake_env_logged(&fixture->fake, "/tmp/no-such-directory-of-ours/pims.db: No such file or directory"));
}

static void the_files_are_for_their_owner_alone(void **state)
{
	struct fixture *fixture = *state;
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct stat status;
	char path[128];
	mode_t before = umask(0);

	fixture_reopen(fixture);
	must(store_account_set_phone(fixture->store, EMAIL, "123456"));
	umask(before);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", fixture->path, ends[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
}

static void the_schema_has_the_version_of_the_program(void **state)
{
	struct fixture *fixture = *state;
	struct sql sql;
	int64_t version;

	must(sql_open(&sql, fixture->path, &fixture->env, 64));
	must(sql_integer(&sql, "PRAGMA user_version", NO_VALUES, &version));
	assert_int_equal(version, migrations_version());
	must(sql_integer(&sql, "PRAGMA synchronous", NO_VALUES, &version));
	assert_int_equal(version, 2); /* FULL */
	must(sql_integer(&sql, "PRAGMA foreign_keys", NO_VALUES, &version));
	assert_int_equal(version, 1);
	sql_close(&sql);
}

static void *open_same(void *argument)
{
	struct fixture *fixture = argument;
	struct store *store;

	must(sqlite_open(&store, fixture->path, &fixture->env));
	store_close(store);
	return NULL;
}

static void many_who_open_a_new_database_make_its_tables_once(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	unlink(fixture->path);
	in_threads(8, open_same, fixture);
	fixture_open(fixture);
	fixture->account = add_account(fixture->store, EMAIL);
}

static void another_process_may_write_too(void **state)
{
	struct fixture *fixture = *state;
	struct store *other;
	struct account account;

	must(sqlite_open(&other, fixture->path, &fixture->env));
	must(store_account_set_phone(other, EMAIL, "222222"));
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.phone, "222222");
	account_free(&account);
	account = read_account(other, fixture->account);
	assert_true(account.blocked);
	account_free(&account);
	store_close(other);
}

/* Adds accounts and tells each through the pipe once it is promised to be durable. */
static void write_until_killed(const char *path, int pipe)
{
	struct env env;
	struct store *store;
	char email[64];

	env_init(&env, NULL, NULL, NULL);
	if (sqlite_open(&store, path, &env) < 0)
		_exit(1);
	for (int number = 0;; number++) {
		snprintf(email, sizeof email, "a%d@example.com", number);
		if (store_account_add(store, email, "h", NULL, NOW) < 0 || write(pipe, &number, sizeof number) != sizeof number)
			_exit(1);
	}
}

static void what_was_promised_survives_a_kill(void **state)
{
	struct fixture *fixture = *state;
	int pipes[2], number = -1, last = -1, status;
	struct account account;
	char email[64];
	pid_t pid;

	store_close(fixture->store);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(fixture->path, pipes[1]);
	close(pipes[1]);
	while (last < 40 && read(pipes[0], &number, sizeof number) == sizeof number)
		last = number;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(pipes[0], &number, sizeof number) == sizeof number)
		last = number;
	close(pipes[0]);
	assert_true(last >= 40);
	fixture_open(fixture);
	for (number = 0; number <= last; number++) {
		snprintf(email, sizeof email, "a%d@example.com", number);
		must(store_account_by_email(fixture->store, email, &account));
		account_free(&account);
	}
}

/* A file-size limit stands for a full disk: SQLite sees a write that fails. */
static void a_full_disk_fails_the_call_and_keeps_what_was_there(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, full = {.rlim_cur = 256 * 1024};
	struct account account;
	char email[64];
	int r = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	for (int i = 0; i < 2000 && r == 0; i++) {
		snprintf(email, sizeof email, "full%d@example.com", i);
		r = store_account_add(fixture->store, email, "h", NULL, NOW);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, PIMS_E_SYSTEM);
	assert_int_equal(store_account_by_email(fixture->store, email, &account), PIMS_E_NOT_FOUND);
	must(store_account_add(fixture->store, email, "h", NULL, NOW));
	fixture_reopen(fixture);
	account = read_account(fixture->store, fixture->account);
	account_free(&account);
	must(store_account_by_email(fixture->store, email, &account));
	account_free(&account);
}

struct mixed {
	struct fixture *fixture;
	pthread_mutex_t lock;
	int next, good, bad;
};

/* Half of the writes fail on purpose: they share transactions with the good ones. */
static void *write_mixed(void *argument)
{
	struct mixed *mixed = argument;
	char email[64];
	int number;

	pthread_mutex_lock(&mixed->lock);
	number = mixed->next++;
	pthread_mutex_unlock(&mixed->lock);
	for (int i = 0; i < 20; i++) {
		int r;

		snprintf(email, sizeof email, "m%d-%d@example.com", number, i);
		must(store_account_add(mixed->fixture->store, email, "h", NULL, NOW));
		r = store_account_add(mixed->fixture->store, EMAIL, "h", NULL, NOW);
		assert_int_equal(r, PIMS_E_STATE);
	}
	return NULL;
}

static int count_account(void *data, const struct account *account)
{
	(void)account;
	++*(int *)data;
	return 0;
}

static void a_failing_write_takes_no_other_with_it(void **state)
{
	struct mixed mixed = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	int count = 0;

	in_threads(16, write_mixed, &mixed);
	must(store_account_list(mixed.fixture->store, count_account, &count));
	assert_int_equal(count, 1 + 16 * 20);
	fixture_reopen(mixed.fixture);
	count = 0;
	must(store_account_list(mixed.fixture->store, count_account, &count));
	assert_int_equal(count, 1 + 16 * 20);
}

static void *read_one(void *argument)
{
	struct fixture *fixture = argument;

	for (int i = 0; i < 50; i++) {
		struct account account = read_account(fixture->store, fixture->account);

		assert_string_equal(account.email, EMAIL);
		account_free(&account);
	}
	return NULL;
}

static void more_readers_than_connections_take_turns(void **state)
{
	in_threads(32, read_one, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_newer_schema_is_refused_and_named),
		STORE_TEST(a_database_of_another_program_is_refused_and_left_alone),
		STORE_TEST(a_file_that_is_no_database_is_refused_and_left_alone),
		STORE_TEST(a_directory_that_is_not_there_is_named),
		STORE_TEST(the_files_are_for_their_owner_alone),
		STORE_TEST(the_schema_has_the_version_of_the_program),
		STORE_TEST(many_who_open_a_new_database_make_its_tables_once),
		STORE_TEST(another_process_may_write_too),
		STORE_TEST(what_was_promised_survives_a_kill),
		STORE_TEST(a_full_disk_fails_the_call_and_keeps_what_was_there),
		STORE_TEST(a_failing_write_takes_no_other_with_it),
		STORE_TEST(more_readers_than_connections_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
