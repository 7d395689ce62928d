/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/limits.h"
#include "identity/session.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The session in the state document. */

static const char whole[] =
	"{\"access_token\":\"access-1\",\"refresh_token\":\"refresh-1\",\"id_token\":\"a.b.c\",\"access_expires\":1731420854,"
	"\"id_expires\":1731420855,\"subject\":\"subject-1\",\"username\":\"demo@example.com\",\"scope\":\"openid\","
	"\"issuer\":\"https://example.com\",\"client_id\":\"pims\"}";

static bool is_empty(const struct session *session)
{
	static const struct session empty;

	return !session_exists(session) && memcmp(session, &empty, sizeof empty) == 0;
}

static json_t *parse(const char *text)
{
	json_t *object = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), 65536, &object), 0);
	return object;
}

static void refuse(json_t *object)
{
	struct session session = {0};

	assert_int_equal(session_decode(object, &session), PIMS_E_FORMAT);
	assert_true(is_empty(&session));
	json_decref(object);
}

static void a_session_without_a_needed_member_is_refused(void **state)
{
	static const char *const needed[] = {"access_token", "subject", "username", "issuer", "client_id", "access_expires", "id_expires"};

	(void)state;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		json_t *object = parse(whole);

		json_object_del(object, needed[i]);
		refuse(object);
	}
}

static void a_member_of_another_type_is_refused(void **state)
{
	json_t *copy = parse(whole), *value;
	const char *name;

	(void)state;
	json_object_foreach(copy, name, value) {
		json_t *object = parse(whole);

		(void)value;
		json_object_set_new(object, name, json_true());
		refuse(object);
	}
	json_decref(copy);
}

static void a_member_that_is_too_long_is_refused(void **state)
{
	static const struct {
		const char *name;
		size_t max;
	} texts[] = {{"access_token", TOKEN_MAX}, {"refresh_token", TOKEN_MAX}, {"id_token", ID_TOKEN_MAX}, {"subject", CLAIM_MAX},
		     {"username", CLAIM_MAX},     {"scope", SCOPE_MAX},         {"issuer", ENDPOINT_MAX},   {"client_id", CLAIM_MAX}};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		json_t *object = parse(whole);
		char *text = malloc(texts[i].max + 2);

		assert_non_null(text);
		memset(text, 'x', texts[i].max + 1);
		text[texts[i].max + 1] = '\0';
		json_object_set_new(object, texts[i].name, json_string(text));
		refuse(object);
		free(text);
	}
}

static void a_time_outside_the_calendar_is_refused(void **state)
{
	static const json_int_t times[] = {-1, INT64_C(253402300800), INT64_MAX, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		json_t *object = parse(whole);

		json_object_set_new(object, "access_expires", json_integer(times[i]));
		refuse(object);
		object = parse(whole);
		json_object_set_new(object, "id_expires", json_integer(times[i]));
		refuse(object);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	struct session session = {0};

	(void)state;
	assert_int_equal(session_decode(NULL, &session), PIMS_E_FORMAT);
	refuse(json_array());
	refuse(json_string("session"));
}

static void a_session_survives_the_way_to_the_disk(void **state)
{
	struct session session = {0}, again = {0};
	json_t *first = parse(whole), *second = NULL;

	(void)state;
	assert_int_equal(session_decode(first, &session), 0);
	assert_int_equal(session_encode(&session, &second), 0);
	assert_true(json_equal(first, second));
	assert_int_equal(session_decode(second, &again), 0);
	assert_string_equal(secret_text(&again.access_token), "access-1");
	assert_string_equal(secret_text(&again.refresh_token), "refresh-1");
	assert_string_equal(secret_text(&again.id_token), "a.b.c");
	assert_int_equal(again.access_expires, 1731420854);
	assert_int_equal(again.id_expires, 1731420855);
	assert_string_equal(again.username, "demo@example.com");
	session_free(&session);
	session_free(&again);
	json_wipe(first);
	json_wipe(second);
}

static void a_session_needs_no_refresh_token_scope_or_id_token(void **state)
{
	struct session session = {0};
	json_t *object = parse(whole);

	(void)state;
	json_object_del(object, "refresh_token");
	json_object_del(object, "scope");
	json_object_del(object, "id_token");
	assert_int_equal(session_decode(object, &session), 0);
	assert_true(session_exists(&session));
	assert_false(session_id_valid(&session, 0, 0));
	session_free(&session);
	json_decref(object);
}

static void nobody_is_an_empty_object(void **state)
{
	struct session session = {0};
	json_t *object = NULL;

	(void)state;
	assert_int_equal(session_encode(&session, &object), 0);
	assert_int_equal(json_object_size(object), 0);
	assert_int_equal(session_decode(object, &session), 0);
	assert_true(is_empty(&session));
	json_decref(object);
}

static void validity_counts_to_the_second(void **state)
{
	struct session session = {.access_expires = 1000, .id_expires = 2000};

	(void)state;
	assert_false(session_access_valid(&session, 0, 0)); /* no token */
	assert_false(session_id_valid(&session, 0, 0));
	assert_int_equal(secret_set(&session.access_token, "a"), 0);
	assert_int_equal(secret_set(&session.id_token, "i"), 0);
	assert_true(session_access_valid(&session, 940, 60));
	assert_false(session_access_valid(&session, 941, 60));
	assert_true(session_id_valid(&session, 1940, 60));
	assert_false(session_id_valid(&session, 1941, 60));
	session_free(&session);
	assert_true(is_empty(&session));
	session_free(&session);
	session_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_without_a_needed_member_is_refused),
		cmocka_unit_test(a_member_of_another_type_is_refused),
		cmocka_unit_test(a_member_that_is_too_long_is_refused),
		cmocka_unit_test(a_time_outside_the_calendar_is_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_session_survives_the_way_to_the_disk),
		cmocka_unit_test(a_session_needs_no_refresh_token_scope_or_id_token),
		cmocka_unit_test(nobody_is_an_empty_object),
		cmocka_unit_test(validity_counts_to_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
