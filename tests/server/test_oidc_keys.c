/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "server/oidc/keys.h"
#include "server/store/seal.h"
#include "server/store/sqlite.h"

#include <pims/error.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct endpoints server;

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void sign(const char *subject, struct buf *ret_token)
{
	json_t *claims = json_pack("{s:s}", "sub", subject);

	assert_int_equal(oidc_sign(server.server.oidc_keys, claims, ret_token), 0);
	json_decref(claims);
}

static void a_token_that_was_changed_is_not_ours(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
		"A===.A.A", "AAAAA=.A.A", "eyJhbGciOiJSUzI1NiJ9.A===.A", "eyJhbGciOiJSUzI1NiJ9.e30.A===", "AAAAA.AAAAA.AAAAA", "e30=.e30=.AA==",
	};
	struct buf token = BUF_INIT(4096);
	json_t *claims = NULL;
	size_t changed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(oidc_verify(server.server.oidc_keys, bad[i], &claims), PIMS_E_FORMAT);
	sign("somebody", &token);
	for (size_t i = 0; i < token.len; i += 7) {
		char was = token.data[i];

		token.data[i] = '=';
		assert_int_equal(oidc_verify(server.server.oidc_keys, buf_text(&token), &claims), PIMS_E_FORMAT);
		token.data[i] = was == 'A' ? 'B' : 'A';
		changed += oidc_verify(server.server.oidc_keys, buf_text(&token), &claims) < 0;
		token.data[i] = was;
		assert_null(claims);
	}
	assert_int_equal(changed, (token.len + 6) / 7);
	assert_int_equal(oidc_verify(server.server.oidc_keys, buf_text(&token), &claims), 0);
	assert_string_equal(json_text(claims, "sub"), "somebody");
	json_wipe(claims);
	buf_free(&token);
}

static void the_keys_open_with_their_own_master_key_only(void **state)
{
	char directory[] = "/tmp/other-key.XXXXXX", path[64];
	struct oidc_keys *keys = NULL;
	struct seal *other = NULL;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(seal_open_master(&other, directory, &server.server.env), 0);
	assert_int_equal(oidc_keys_load(&keys, server.server.store, other, &server.server.env), PIMS_E_KEY);
	assert_null(keys);
	seal_free(other);
	(void)snprintf(path, sizeof path, "%s/master.key", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void the_private_key_is_not_in_the_database_in_clear(void **state)
{
	unsigned char *value = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(store_setting_get(server.server.store, "oidc.keys", &value, &length), 0);
	assert_true(length > 1000);
	assert_null(memmem(value, length, "RSA", 3));
	assert_null(memmem(value, length, "\"d\"", 3));
	free(value);
}

static void another_start_finds_the_same_key(void **state)
{
	struct oidc_keys *again = NULL;
	struct buf token = BUF_INIT(4096);
	json_t *claims = NULL;

	(void)state;
	assert_int_equal(oidc_keys_load(&again, server.server.store, server.server.seal, &server.server.env), 0);
	assert_string_equal(oidc_keys_kid(again), oidc_keys_kid(server.server.oidc_keys));
	assert_int_equal(strlen(oidc_keys_kid(again)), 43);
	sign("x", &token);
	assert_int_equal(oidc_verify(again, buf_text(&token), &claims), 0);
	json_wipe(claims);
	buf_free(&token);
	oidc_keys_free(again);
	oidc_keys_free(NULL);
}

enum { RACERS = 4 };

struct racer {
	struct store *store;
	struct oidc_keys *keys;
	int result;
};

static void *race(void *data)
{
	struct racer *racer = data;

	racer->result = oidc_keys_load(&racer->keys, racer->store, server.server.seal, &server.server.env);
	return NULL;
}

static void first_starts_at_once_agree_on_one_key(void **state)
{
	char path[] = "/tmp/keys-race.XXXXXX";
	struct racer racers[RACERS] = {0};
	pthread_t threads[RACERS];
	struct store *store = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(sqlite_open(&store, path, &server.server.env), 0);
	for (int i = 0; i < RACERS; i++) {
		racers[i].store = store;
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(racers[i].result, 0);
		assert_string_equal(oidc_keys_kid(racers[i].keys), oidc_keys_kid(racers[0].keys));
	}
	assert_string_not_equal(oidc_keys_kid(racers[0].keys), oidc_keys_kid(server.server.oidc_keys));
	for (int i = 0; i < RACERS; i++)
		oidc_keys_free(racers[i].keys);
	store_close(store);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_that_was_changed_is_not_ours),
		cmocka_unit_test(the_keys_open_with_their_own_master_key_only),
		cmocka_unit_test(the_private_key_is_not_in_the_database_in_clear),
		cmocka_unit_test(another_start_finds_the_same_key),
		cmocka_unit_test(first_starts_at_once_agree_on_one_key),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
