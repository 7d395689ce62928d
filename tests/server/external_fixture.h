/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_EXTERNAL_FIXTURE_H
#define TESTS_SERVER_EXTERNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "server/external/external.h"
#include "server/external/keeper.h"
#include "support/provider_keys.h"
#include "support/raw_server.h"

#include <pims/error.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Sign-in at a provider that is a list of answers: what is asked for, and how often, is the order of the requests. Clocks stand until a test moves them; the
 * log is kept.
 */

#define AUDIENCE "urn:example:pimsd"
#define NOW_S INT64_C(1731417255)
#define SECRET "a secret/with+signs"

struct other {
	struct raw_server *raw;
	char issuer[64];
	_Atomic int64_t now, monotonic;
	pthread_mutex_t log_lock;
	struct buf log;
	struct env env;
	struct external_settings settings;
	struct external *external;
	char secret_file[40];
	const char *key; /* that requests prove to hold; NULL = none */
	struct external_identity identity; /* of the last token that was good */
	struct external_refusal refusal;   /* of the last one that was not */
};

static inline int64_t other_now(void *data)
{
	return atomic_load(&((struct other *)data)->now);
}

static inline int64_t other_monotonic(void *data)
{
	return atomic_load(&((struct other *)data)->monotonic);
}

static inline void other_log(void *data, enum pims_log_level level, const char *line)
{
	struct other *other = data;

	(void)level;
	pthread_mutex_lock(&other->log_lock);
	buf_puts(&other->log, line);
	buf_putc(&other->log, '\n');
	pthread_mutex_unlock(&other->log_lock);
}

static inline bool other_logged(struct other *other, const char *text)
{
	bool found;

	pthread_mutex_lock(&other->log_lock);
	found = strstr(buf_text(&other->log), text) != NULL;
	pthread_mutex_unlock(&other->log_lock);
	return found;
}

static inline void other_advance(struct other *other, int64_t seconds)
{
	atomic_fetch_add(&other->now, seconds * 1000);
	atomic_fetch_add(&other->monotonic, seconds * 1000);
}

static inline int other_setup(void **state)
{
	static char audience[] = AUDIENCE;
	static struct other other;
	const struct pims_clock clock = {.size = sizeof clock, .now = other_now, .monotonic = other_monotonic, .data = &other};
	const struct pims_log log = {.size = sizeof log, .level = PIMS_LOG_DEBUG, .line = other_log, .data = &other};

	memset(&other, 0, sizeof other);
	atomic_store(&other.now, NOW_S * 1000);
	atomic_store(&other.monotonic, 5000000);
	pthread_mutex_init(&other.log_lock, NULL);
	buf_init(&other.log, 1 << 20);
	env_init(&other.env, &clock, NULL, &log);
	other.raw = raw_server_start();
	(void)snprintf(other.issuer, sizeof other.issuer, "http://127.0.0.1:%d", raw_server_port(other.raw));
	other.settings = (struct external_settings){.issuer = other.issuer, .audience = audience, .cache_seconds = -1};
	*state = &other;
	return 0;
}

static inline int other_teardown(void **state)
{
	struct other *other = *state;

	external_stop(other->external);
	external_free(other->external);
	raw_server_stop(other->raw);
	external_identity_free(&other->identity);
	if (*other->secret_file)
		assert_int_equal(unlink(other->secret_file), 0);
	buf_free(&other->log);
	pthread_mutex_destroy(&other->log_lock);
	return 0;
}

/* --- what the provider answers, in order ------------------------------------------------------------------------------------------------ */

#define JSON_TYPE "Content-Type: application/json\r\n"

static inline void answers(struct other *other, int status, const char *body)
{
	raw_server_reply_http(other->raw, status, JSON_TYPE, body);
}

static inline void answers_metadata(struct other *other)
{
	char text[512];

	(void)snprintf(text, sizeof text, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\",\"introspection_endpoint\":\"%s/introspection\"}", other->issuer,
		       other->issuer, other->issuer);
	answers(other, 200, text);
}

/* One whole round: metadata and these keys. */
static inline void answers_keys(struct other *other, enum provider_key first, enum provider_key second)
{
	const enum provider_key keys[] = {first, second};

	answers_metadata(other);
	answers(other, 200, provider_keys(keys, first == second ? 1 : 2));
}

static inline void other_introspects(struct other *other)
{
	static char client[] = "pimsd:1";
	int fd;

	(void)snprintf(other->secret_file, sizeof other->secret_file, "/tmp/pims-secret-XXXXXX");
	fd = mkstemp(other->secret_file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, SECRET "\n", sizeof SECRET), sizeof SECRET);
	close(fd);
	other->settings.client_id = client;
	other->settings.secret_file = other->secret_file;
}

/** 6 workers make one request at once. */
static inline void other_start(struct other *other, unsigned workers)
{
	assert_int_equal(external_start(&other->external, &other->settings, workers, &other->env), 0);
}

/* --- tokens ------------------------------------------------------------------------------------------------------------------------------- */

/* Right claims with changes (null removes one); the caller frees. */
static inline json_t *other_claims(const struct other *other, const char *changes)
{
	json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:s}", "iss", other->issuer, "aud", AUDIENCE, "sub", "jo", "client_id", "car-app", "iat",
				   (json_int_t)(other->now / 1000), "exp", (json_int_t)(other->now / 1000 + 3600), "jti", "1", "scope", "openid car:otp",
				   "preferred_username", "Jo");
	json_t *parsed = NULL, *value;
	const char *name;

	assert_non_null(claims);
	if (!changes)
		return claims;
	assert_int_equal(json_parse_object(changes, strlen(changes), 16384, &parsed), 0);
	json_object_foreach(parsed, name, value)
		assert_int_equal(json_is_null(value) ? json_object_del(claims, name) : json_object_set(claims, name, value), 0);
	json_decref(parsed);
	return claims;
}

static inline char *other_claims_text(const struct other *other, const char *changes)
{
	json_t *claims = other_claims(other, changes);
	char *text = json_dumps(claims, JSON_COMPACT);

	json_decref(claims);
	assert_non_null(text);
	return text;
}

static inline char *other_token(const struct other *other, enum provider_key key, const char *header, const char *changes)
{
	char *claims = other_claims_text(other, changes);
	char *token = provider_sign(key, NULL, header ? header : "{\"typ\":\"at+jwt\"}", claims);

	free(claims);
	return token;
}

/* Introspection's answer for a good token, with such changes. */
static inline void answers_token(struct other *other, const char *changes)
{
	json_t *claims = other_claims(other, changes);
	char *text;

	assert_int_equal(json_object_set_new(claims, "active", json_true()), 0);
	text = json_dumps(claims, JSON_COMPACT);
	answers(other, 200, text);
	free(text);
	json_decref(claims);
}

/* --- what becomes of them ----------------------------------------------------------------------------------------------------------------- */

static inline int identify(struct other *other, const char *token)
{
	external_identity_free(&other->identity);
	return external_identify(other->external, token, other->key, &other->identity, &other->refusal);
}

static inline void good(struct other *other, const char *token)
{
	int r = identify(other, token);

	if (r == PIMS_E_STATE)
		fail_msg("refused: %d %s", other->refusal.kind, other->refusal.description ? other->refusal.description : "-");
	assert_int_equal(r, 0);
}

static inline void refused(struct other *other, const char *token, const char *description)
{
	assert_int_equal(identify(other, token), PIMS_E_STATE);
	assert_int_equal(other->refusal.kind, EXTERNAL_INVALID);
	if (!strstr(other->refusal.description, description))
		fail_msg("\"%s\" is not \"%s\"", other->refusal.description, description);
}

/* Nobody's fault: to be tried again in so many seconds. */
static inline int unknown_yet(struct other *other, const char *token)
{
	assert_int_equal(identify(other, token), PIMS_E_STATE);
	assert_int_equal(other->refusal.kind, EXTERNAL_UNAVAILABLE);
	assert_true(other->refusal.retry_after >= 1 && other->refusal.retry_after <= 60);
	return other->refusal.retry_after;
}

static inline int other_free_keys(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

#define OTHER_TEST(name) cmocka_unit_test_setup_teardown(name, other_setup, other_teardown)

#endif
