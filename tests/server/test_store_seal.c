/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/secret.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/data_dir.h"
#include "server/store/seal.h"
#include "support/fake_env.h"

#include <pims/error.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Master key, sealed values, data directory, passwords, identifiers. */

struct fixture {
	struct fake_env fake;
	struct env env; /* logs to the fake, random of its own */
	char *dir;
	char path[256];
};

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	env_init(&fixture->env, NULL, NULL, &fixture->fake.log);
	assert_int_equal(data_dir_temporary(&fixture->dir, &fixture->env), 0);
	snprintf(fixture->path, sizeof fixture->path, "%s/master.key", fixture->dir);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	data_dir_remove(fixture->dir);
	assert_int_equal(access(fixture->dir, F_OK), -1);
	fake_env_free(&fixture->fake);
	free(fixture->dir);
	free(fixture);
	return 0;
}

static struct seal *open_seal(struct fixture *fixture)
{
	struct seal *seal = NULL;

	assert_int_equal(seal_open_master(&seal, fixture->dir, &fixture->env), 0);
	return seal;
}

static void refused(struct fixture *fixture, int expected)
{
	struct seal *seal = NULL;

	assert_int_equal(seal_open_master(&seal, fixture->dir, &fixture->env), expected);
	assert_null(seal);
	assert_true(fake_env_logged(&fixture->fake, fixture->path));
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SHIFTED "x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TWO_LINES "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n"

static void a_key_open_to_others_is_refused(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture->path, DIGITS "\n", 0640);
	refused(fixture, PIMS_E_KEY);
	assert_int_equal(chmod(fixture->path, 0604), 0);
	refused(fixture, PIMS_E_KEY);
	assert_int_equal(chmod(fixture->path, 0400), 0);
	seal_free(open_seal(fixture));
}

static void a_damaged_key_is_refused_and_not_replaced(void **state)
{
	static const char *const texts[] = {"", "00\n", DIGITS, (DIGITS "\n\n"), ("x" DIGITS)};
	struct fixture *fixture = *state;
	struct stat status;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_file(fixture->path, texts[i], 0600);
		refused(fixture, PIMS_E_KEY);
		assert_int_equal(stat(fixture->path, &status), 0);
		assert_int_equal(status.st_size, strlen(texts[i]));
	}
	write_file(fixture->path, "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600);
	refused(fixture, PIMS_E_KEY);
}

static void a_key_that_is_a_link_or_a_directory_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char other[300];

	snprintf(other, sizeof other, "%s/other", fixture->dir);
	write_file(other, DIGITS "\n", 0600);
	assert_int_equal(symlink(other, fixture->path), 0);
	refused(fixture, PIMS_E_SYSTEM);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	refused(fixture, PIMS_E_KEY);
}

static void without_randomness_no_key_is_made(void **state)
{
	struct fixture *fixture = *state;
	struct seal *seal = NULL;

	fixture->fake.random_fails = true;
	assert_int_equal(seal_open_master(&seal, fixture->dir, &fixture->fake.env), PIMS_E_CRYPTO);
	assert_int_equal(access(fixture->path, F_OK), -1);
}

static void a_key_is_made_once_for_its_owner_alone(void **state)
{
	struct fixture *fixture = *state;
	unsigned char first[SEAL_DIGEST_SIZE], second[SEAL_DIGEST_SIZE];
	struct stat status;
	struct seal *seal = open_seal(fixture);

	assert_int_equal(seal_digest(seal, "12345678", first), 0);
	seal_free(seal);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, 65);
	seal = open_seal(fixture);
	assert_int_equal(seal_digest(seal, "12345678", second), 0);
	assert_memory_equal(first, second, sizeof first);
	seal_free(seal);
}

struct race {
	struct fixture *fixture;
	pthread_mutex_t lock;
	unsigned char digest[SEAL_DIGEST_SIZE];
	int count, same;
};

static void *open_together(void *argument)
{
	struct race *race = argument;
	unsigned char digest[SEAL_DIGEST_SIZE];
	struct seal *seal = NULL;
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	if (seal_open_master(&seal, race->fixture->dir, &env) < 0 || seal_digest(seal, "x", digest) < 0)
		return NULL;
	seal_free(seal);
	pthread_mutex_lock(&race->lock);
	if (!race->count++)
		memcpy(race->digest, digest, sizeof digest);
	race->same += memcmp(race->digest, digest, sizeof digest) == 0;
	pthread_mutex_unlock(&race->lock);
	return NULL;
}

static void makers_at_the_same_time_get_the_same_key(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[16];

	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_together, &race), 0);
	for (int i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(race.count, 16);
	assert_int_equal(race.same, 16);
}

static void a_sealed_value_opens_to_what_it_was(void **state)
{
	struct fixture *fixture = *state;
	struct seal *seal = open_seal(fixture);
	struct buf a = BUF_INIT(4096), b = BUF_INIT(4096), opened = BUF_INIT(4096);

	assert_int_equal(seal_value(seal, &fixture->env, "1234", 4, &a), 0);
	assert_int_equal(seal_value(seal, &fixture->env, "1234", 4, &b), 0);
	assert_true(a.len == b.len && memcmp(a.data, b.data, a.len) != 0);
	assert_null(memmem(a.data, a.len, "1234", 4));
	assert_int_equal(open_value(seal, a.data, a.len, &opened), 0);
	assert_string_equal(buf_text(&opened), "1234");
	buf_free(&a);
	buf_free(&b);
	buf_free(&opened);
	seal_free(seal);
}

static void a_changed_or_cut_value_does_not_open(void **state)
{
	struct fixture *fixture = *state;
	struct seal *seal = open_seal(fixture);
	struct buf sealed = BUF_INIT(4096), opened = BUF_INIT(4096);

	assert_int_equal(seal_value(seal, &fixture->env, "1234", 4, &sealed), 0);
	for (size_t i = 0; i < sealed.len; i++) {
		assert_true(open_value(seal, sealed.data, i, &opened) < 0);
		sealed.data[i] ^= 1;
		assert_true(open_value(seal, sealed.data, sealed.len, &opened) < 0);
		sealed.data[i] ^= 1;
	}
	assert_int_equal(opened.len, 0);
	assert_int_equal(open_value(seal, sealed.data, sealed.len, &opened), 0);
	buf_free(&sealed);
	buf_free(&opened);
	seal_free(seal);
}

static void another_key_opens_nothing_and_digests_differently(void **state)
{
	struct fixture *fixture = *state;
	unsigned char first[SEAL_DIGEST_SIZE], second[SEAL_DIGEST_SIZE];
	struct buf sealed = BUF_INIT(4096), opened = BUF_INIT(4096);
	struct seal *seal = open_seal(fixture);

	assert_int_equal(seal_value(seal, &fixture->env, "1234", 4, &sealed), 0);
	assert_int_equal(seal_digest(seal, "1234", first), 0);
	seal_free(seal);
	assert_int_equal(unlink(fixture->path), 0);
	seal = open_seal(fixture);
	assert_int_equal(open_value(seal, sealed.data, sealed.len, &opened), PIMS_E_KEY);
	assert_int_equal(seal_digest(seal, "1234", second), 0);
	assert_memory_not_equal(first, second, sizeof first);
	buf_free(&sealed);
	buf_free(&opened);
	seal_free(seal);
}

static void digests_of_different_texts_differ(void **state)
{
	struct fixture *fixture = *state;
	unsigned char first[SEAL_DIGEST_SIZE], second[SEAL_DIGEST_SIZE];
	struct seal *seal = open_seal(fixture);

	assert_int_equal(seal_digest(seal, "12345678", first), 0);
	assert_int_equal(seal_digest(seal, "12345679", second), 0);
	assert_memory_not_equal(first, second, sizeof first);
	seal_free(seal);
}

static struct store *open_store(struct fixture *fixture)
{
	struct store *store = NULL;

	assert_int_equal(data_dir_open_store(&store, fixture->dir, &fixture->env), 0);
	return store;
}

static void a_lost_master_key_is_told_and_none_is_made_in_its_place(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	struct seal *seal = NULL;

	assert_int_equal(data_dir_open_seal(&seal, fixture->dir, store, &fixture->env), 0);
	seal_free(seal);
	seal = NULL;
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(data_dir_open_seal(&seal, fixture->dir, store, &fixture->env), PIMS_E_KEY);
	assert_null(seal);
	assert_true(fake_env_logged(&fixture->fake, "is missing"));
	assert_int_equal(access(fixture->path, F_OK), -1);
	store_close(store);
}

static void a_master_key_of_another_database_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	struct seal *seal = NULL;

	assert_int_equal(data_dir_open_seal(&seal, fixture->dir, store, &fixture->env), 0);
	seal_free(seal);
	seal = NULL;
	write_file(fixture->path, DIGITS "\n", 0600);
	assert_int_equal(data_dir_open_seal(&seal, fixture->dir, store, &fixture->env), PIMS_E_KEY);
	assert_null(seal);
	assert_true(fake_env_logged(&fixture->fake, "is not the key"));
	store_close(store);
}

static void a_data_directory_is_made_closed(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	struct stat status;
	char dir[300];

	snprintf(dir, sizeof dir, "%s/new", fixture->dir);
	assert_int_equal(data_dir_open_store(&store, dir, &fixture->env), 0);
	store_close(store);
	assert_int_equal(stat(dir, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void an_empty_open_directory_is_closed_and_a_used_one_refused(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	struct stat status;
	char dir[300], file[320];

	snprintf(dir, sizeof dir, "%s/new", fixture->dir);
	snprintf(file, sizeof file, "%s/diary", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(file, "dear", 0644);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(data_dir_open_store(&store, dir, &fixture->env), PIMS_E_KEY);
	assert_true(fake_env_logged(&fixture->fake, dir));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(data_dir_open_store(&store, dir, &fixture->env), 0);
	store_close(store);
	assert_int_equal(stat(dir, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_data_directory_that_cannot_be_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	char path[300];

	snprintf(path, sizeof path, "%s/file", fixture->dir);
	write_file(path, "", 0600);
	assert_int_equal(data_dir_open_store(&store, path, &fixture->env), PIMS_E_SYSTEM);
	assert_true(fake_env_logged(&fixture->fake, path));
	assert_int_equal(data_dir_open_store(&store, "/proc/nowhere", &fixture->env), PIMS_E_SYSTEM);
	assert_true(fake_env_logged(&fixture->fake, "/proc/nowhere"));
}

static void a_wrong_password_or_none_is_refused(void **state)
{
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash("right password", hash), 0);
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
	assert_int_equal(password_verify(hash, "wrong password"), PIMS_E_NOT_FOUND);
	assert_int_equal(password_verify(hash, ""), PIMS_E_NOT_FOUND);
	assert_int_equal(password_verify("no hash", "right password"), PIMS_E_NOT_FOUND);
	assert_int_equal(password_verify(NULL, "right password"), PIMS_E_NOT_FOUND);
	assert_int_equal(password_verify(hash, "right password"), 0);
}

static void a_password_has_bounds(void **state)
{
	char hash[PASSWORD_HASH_SIZE], text[PASSWORD_MAX + 2];

	(void)state;
	assert_int_equal(password_hash("1234567", hash), PIMS_E_LIMIT);
	memset(text, 'x', sizeof text);
	text[PASSWORD_MAX + 1] = 0;
	assert_int_equal(password_hash(text, hash), PIMS_E_LIMIT);
	assert_int_equal(password_verify("", text), PIMS_E_NOT_FOUND);
	text[PASSWORD_MAX] = 0;
	assert_int_equal(password_hash(text, hash), 0);
	assert_int_equal(password_verify(hash, text), 0);
}

/* NFKC: "é" as one code point, as "e" with an accent; "ﬁ" as a ligature, as two letters */
static void a_password_is_the_same_however_the_keyboard_writes_it(void **state)
{
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash("caf\xc3\xa9-\xef\xac\x81nale", hash), 0);
	assert_int_equal(password_verify(hash, "caf\xc3\xa9-\xef\xac\x81nale"), 0);
	assert_int_equal(password_verify(hash, "cafe\xcc\x81-finale"), 0);
	assert_int_equal(password_verify(hash, "cafe-finale"), PIMS_E_NOT_FOUND);
	assert_int_equal(password_hash("cafe\xcc\x81-finale", hash), 0);
	assert_int_equal(password_verify(hash, "caf\xc3\xa9-\xef\xac\x81nale"), 0);
}

/* As it was before passwords were normalised: "²" is "2" in NFKC. */
static void a_password_that_exists_stays_good(void **state)
{
	static const char password[] = "motdepasse\xc2\xb2";
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(crypto_pwhash_str(hash, password, sizeof password - 1, 2, 19 * 1024 * 1024), 0);
	assert_int_equal(password_verify(hash, password), 0);
	assert_int_equal(password_verify(hash, "motdepasse2"), PIMS_E_NOT_FOUND);
	assert_int_equal(password_verify(NULL, password), PIMS_E_NOT_FOUND);
}

static void bytes_that_are_no_text_are_a_password_too(void **state)
{
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash("\xff\xfe-bytes-\xc3", hash), 0);
	assert_int_equal(password_verify(hash, "\xff\xfe-bytes-\xc3"), 0);
	assert_int_equal(password_verify(hash, "\xff\xfe-bytes-"), PIMS_E_NOT_FOUND);
}

struct verify {
	const char *hash;
	pthread_mutex_t lock;
	int right, busy;
};

static void *verify_one(void *argument)
{
	struct verify *verify = argument;
	int r = password_verify(verify->hash, "right password");

	pthread_mutex_lock(&verify->lock);
	verify->right += r == 0;
	verify->busy += r == PIMS_E_AGAIN;
	pthread_mutex_unlock(&verify->lock);
	return NULL;
}

static void a_flood_of_passwords_is_turned_away(void **state)
{
	char hash[PASSWORD_HASH_SIZE];
	struct verify verify = {.hash = hash, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[40];

	(void)state;
	assert_int_equal(password_hash("right password", hash), 0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_one, &verify), 0);
	for (int i = 0; i < 40; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(verify.right + verify.busy, 40);
	assert_true(verify.right >= 18); /* two at work and sixteen in the queue */
	assert_int_equal(password_verify(hash, "right password"), 0);
}

static void emails_are_checked_and_lowered(void **state)
{
	static const char *const wrong[] = {"", "@", "a@", "@b.c", "a b@c.d", "a@b@c.d", "a@b..c", "a@.b", "a@b.", "a,b@c.d", "a@b_c", "a\n@b.c", "a@b c"};
	char email[EMAIL_SIZE], text[400];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(email_normalise(wrong[i], email), PIMS_E_FORMAT);
	memset(text, 'a', sizeof text);
	memcpy(text + 300, "@b.c", 5);
	assert_int_equal(email_normalise(text, email), PIMS_E_FORMAT);
	assert_int_equal(email_normalise(text + 235, email), PIMS_E_FORMAT); /* local part of 65 */
	assert_int_equal(email_normalise(text + 236, email), 0);
	assert_int_equal(email_normalise("Jo.O'Neil+X@Example.COM", email), 0);
	assert_string_equal(email, "jo.o'neil+x@example.com");
}

static void clients_and_redirects_are_checked(void **state)
{
	static const char *const bad_redirects[] = {"", "/path", "http://", "https://a.b/*", "https://a.b/#x", "javascript:alert(1)", "data:x", "app://a/*/b", "app://a*", "*"};
	static const char *const plain[] = {"http://a.b/cb", "HTTP://a.b/", "http://127.0.0.1.a.b/", "http://localhost.a.b/cb", "http://192.168.0.2/cb", "http://[::2]/",
					    "http://0.0.0.0/", "http://127.0.0.1@a.b/"};
	static const char *const redirects[] = {"https://a.b/cb", "app://oauth2redirect/*", "http://127.0.0.1/*", "http://[::1]/callback", "http://localhost:8080/cb"};

	(void)state;
	for (size_t i = 0; i < sizeof bad_redirects / sizeof *bad_redirects; i++)
		assert_string_equal(redirect_uri_fault(bad_redirects[i]), "is no redirect URI");
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		assert_non_null(strstr(redirect_uri_fault(plain[i]), strchr(plain[i], '@') ? "is " : "is plain http"));
	for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++)
		assert_null(redirect_uri_fault(redirects[i]));
	assert_false(client_id_valid("") || client_id_valid("a b") || client_id_valid("a/b"));
	assert_true(client_id_valid("my-app_1.2"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_open_to_others_is_refused),
		TEST(a_damaged_key_is_refused_and_not_replaced),
		TEST(a_key_that_is_a_link_or_a_directory_is_refused),
		TEST(without_randomness_no_key_is_made),
		TEST(a_key_is_made_once_for_its_owner_alone),
		TEST(makers_at_the_same_time_get_the_same_key),
		TEST(a_sealed_value_opens_to_what_it_was),
		TEST(a_changed_or_cut_value_does_not_open),
		TEST(another_key_opens_nothing_and_digests_differently),
		TEST(digests_of_different_texts_differ),
		TEST(a_lost_master_key_is_told_and_none_is_made_in_its_place),
		TEST(a_master_key_of_another_database_is_told),
		TEST(a_data_directory_is_made_closed),
		TEST(an_empty_open_directory_is_closed_and_a_used_one_refused),
		TEST(a_data_directory_that_cannot_be_is_named),
		cmocka_unit_test(a_wrong_password_or_none_is_refused),
		cmocka_unit_test(a_password_has_bounds),
		cmocka_unit_test(a_password_is_the_same_however_the_keyboard_writes_it),
		cmocka_unit_test(a_password_that_exists_stays_good),
		cmocka_unit_test(bytes_that_are_no_text_are_a_password_too),
		cmocka_unit_test(a_flood_of_passwords_is_turned_away),
		cmocka_unit_test(emails_are_checked_and_lowered),
		cmocka_unit_test(clients_and_redirects_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
