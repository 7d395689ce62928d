/* SPDX-License-Identifier: Apache-2.0 */
#include "support/harness.h"

#include "base/text.h"
#include "platform/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int memory_load(void *data, unsigned char **ret_blob, size_t *ret_length)
{
	struct memory_store *store = data;
	unsigned char *copy;

	store->loads++;
	if (store->load_returns)
		return store->load_returns;
	store->changed = false;
	*ret_length = store->length;
	if (!store->length)
		return 0;
	copy = malloc(store->length);
	assert_non_null(copy);
	memcpy(copy, store->blob, store->length);
	*ret_blob = copy;
	return 0;
}

static int memory_save(void *data, const unsigned char *blob, size_t length)
{
	struct memory_store *store = data;
	unsigned char *copy;

	assert_true(store->locked);
	if (store->save_returns)
		return store->save_returns;
	store->saves++;
	copy = malloc(length);
	assert_non_null(copy);
	memcpy(copy, blob, length);
	free(store->blob);
	store->blob = copy;
	store->length = length;
	return 0;
}

static int memory_lock(void *data)
{
	struct memory_store *store = data;

	assert_false(store->locked);
	store->lock_tries++;
	if (store->lock_returns)
		return store->lock_returns;
	if (store->elsewhere)
		return PIMS_E_AGAIN;
	store->locked = true;
	return 0;
}

static void memory_unlock(void *data)
{
	struct memory_store *store = data;

	assert_true(store->locked);
	store->locked = false;
}

static int memory_changed(void *data)
{
	return ((struct memory_store *)data)->changed;
}

static int get_key(void *data, unsigned char key[32])
{
	memcpy(key, data, 32);
	return 0;
}

static int open_agent(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	struct harness *harness = data;

	harness->agent_opened++;
	snprintf(harness->agent_url, sizeof harness->agent_url, "%s", url);
	snprintf(harness->agent_transaction, sizeof harness->agent_transaction, "%s", transaction);
	snprintf(harness->agent_language, sizeof harness->agent_language, "%s", language ? language : "");
	snprintf(harness->agent_context, sizeof harness->agent_context, "%s", context ? context : "");
	return harness->agent_returns;
}

static void close_agent(void *data, const char *transaction)
{
	struct harness *harness = data;

	assert_string_equal(harness->agent_transaction, transaction);
	harness->agent_closed++;
}

struct pims *harness_context(struct harness *harness)
{
	struct pims *pims = NULL;

	assert_int_equal(pims_new(&pims, harness->loop, &harness->options), 0);
	return pims;
}

void harness_init(struct harness *harness)
{
	struct pims_loop_options loop_options = {.size = sizeof loop_options};

	memset(harness, 0, sizeof *harness);
	fake_env_init(&harness->fake);
	loop_options.clock = &harness->fake.clock;
	assert_int_equal(pims_loop_new(&harness->loop, &loop_options), 0);
	fake_transport_init(&harness->transport, harness->loop);
	memset(harness->key, 'k', sizeof harness->key);
	harness->store_hooks = (struct pims_store){
		sizeof(struct pims_store), memory_load, memory_save, memory_lock, memory_unlock, memory_changed, &harness->store};
	harness->key_hooks = (struct pims_key){sizeof(struct pims_key), get_key, harness->key};
	harness->agent_hooks = (struct pims_agent){sizeof(struct pims_agent), open_agent, close_agent, harness};
	harness->options = (struct pims_options){
		.size = sizeof harness->options,
		.state_dir = "/dev/null/state",
		.device_name = "test device",
		.random = &harness->fake.random,
		.transport = &harness->transport.hooks,
		.store = &harness->store_hooks,
		.key = &harness->key_hooks,
		.agent = &harness->agent_hooks,
		.log = &harness->fake.log,
	};
	harness->pims = harness_context(harness);
}

void heard_free(struct heard *heard)
{
	json_decref(heard->message);
	free(heard->text);
	*heard = (struct heard){0};
}

void harness_free(struct harness *harness)
{
	pims_loop_free(harness->loop);
	assert_false(harness->store.locked);
	heard_free(&harness->heard);
	fake_transport_free(&harness->transport);
	free(harness->store.blob);
	fake_env_free(&harness->fake);
}

int harness_settle(struct harness *harness)
{
	int total = 0;

	for (int turn = 0; turn < 3; turn++) {
		int callbacks = pims_loop_process(harness->loop);

		assert_true(callbacks >= 0);
		total += callbacks;
		if (callbacks)
			turn = 0;
	}
	return total;
}

void harness_wait(struct harness *harness, int64_t milliseconds)
{
	while (milliseconds > 0) {
		int64_t step = milliseconds > 1000 ? milliseconds / 50 : 10;

		if (step > milliseconds)
			step = milliseconds;
		fake_env_advance(&harness->fake, step);
		harness_settle(harness);
		milliseconds -= step;
	}
}

void harness_hear(void *data, const struct pims_message *message)
{
	struct heard *heard = data;
	const char *text = pims_message_json(message);
	unsigned count = heard->count;

	assert_non_null(text);
	heard_free(heard);
	heard->count = count + 1;
	heard->text = strdup(text);
	heard->message = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(heard->message);
	assert_null(strchr(text, '\n'));
	assert_string_equal(json_string_value(json_object_get(heard->message, "transactionId")), pims_message_transaction(message));
}

static const char configuration[] =
	"{\"environnement\":\"development\",\"mode\":\"B2C\",\"monitoring\":{\"logLevel\":\"low\"},"
	"\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\",\"webviewsRedirectURI\":\"mymap://oauth2redirect/fr\","
	"\"loginRedirectURI\":\"mymap://oauth2redirect/fr\",\"macID\":\"" HARNESS_MACID "\",\"inWeboURL\":\"" HARNESS_BACKEND "\"},"
	"\"profile\":{\"brand\":\"Peugeot\"},\"backend\":\"" HARNESS_BACKEND "\",\"country\":\"FR\"}";

const char *harness_configuration(void)
{
	return configuration;
}

static void merge(json_t *object, json_t *changes)
{
	const char *name;
	json_t *value, *old;

	json_object_foreach(changes, name, value) {
		old = json_object_get(object, name);
		if (json_is_null(value))
			json_object_del(object, name);
		else if (json_is_object(value) && json_is_object(old))
			merge(old, value);
		else
			json_object_set(object, name, value);
	}
}

char *harness_configuration_with(const char *changes)
{
	json_t *object = json_loads(configuration, 0, NULL);
	json_t *parsed = json_loads(changes, 0, NULL);
	char *text;

	assert_non_null(object);
	assert_non_null(parsed);
	merge(object, parsed);
	text = json_dumps(object, JSON_COMPACT);
	assert_non_null(text);
	json_decref(object);
	json_decref(parsed);
	return text;
}

void harness_assert_succeeded(const struct heard *heard)
{
	assert_int_equal(heard->count, 1);
	if (strcmp(json_string_value(json_object_get(heard->message, "status")), "SUCCEEDED") != 0)
		fail_msg("%s", heard->text);
	assert_null(json_object_get(heard->message, "error"));
	assert_non_null(json_object_get(heard->message, "result"));
	assert_int_equal(json_object_size(heard->message), 3);
}

void harness_assert_failed(const struct heard *heard, int code, const char *label, const char *cause)
{
	const json_t *error = json_object_get(heard->message, "error");
	const char *given = json_string_value(json_object_get(error, "cause"));

	assert_int_equal(heard->count, 1);
	if (json_integer_value(json_object_get(error, "code")) != code)
		fail_msg("%d expected: %s", code, heard->text);
	assert_string_equal(json_string_value(json_object_get(heard->message, "status")), "FAILED");
	assert_null(json_object_get(heard->message, "result"));
	if (label)
		assert_string_equal(json_string_value(json_object_get(error, "label")), label);
	if (cause && *cause)
		assert_string_equal(given ? given : "(none)", cause);
	if (cause && !*cause)
		assert_null(given);
}

void harness_start(struct harness *harness)
{
	struct heard heard = {0};

	assert_int_equal(pims_initialize(harness->pims, configuration, harness_hear, &heard, NULL), 0);
	harness_settle(harness);
	harness_assert_succeeded(&heard);
	heard_free(&heard);
}

/* The endpoints of HARNESS_BACKEND, and what of the configuration the state depends on. */
static void fill_profile(struct profile *profile)
{
	struct endpoints *endpoints = &profile->endpoints;

	assert_int_equal(text_set(&profile->backend, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&profile->brand, "Peugeot"), 0);
	assert_int_equal(text_set(&profile->environment, "development"), 0);
	assert_int_equal(text_set(&profile->mode, "B2C"), 0);
	assert_int_equal(text_set(&endpoints->issuer, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&endpoints->authorization, HARNESS_BACKEND "/am/oauth2/authorize"), 0);
	assert_int_equal(text_set(&endpoints->token, HARNESS_BACKEND "/am/oauth2/access_token"), 0);
	assert_int_equal(text_set(&endpoints->revocation, HARNESS_BACKEND "/am/oauth2/token/revoke"), 0);
	assert_int_equal(text_set(&endpoints->end_session, HARNESS_BACKEND "/am/oauth2/connect/endSession"), 0);
	assert_int_equal(text_set(&endpoints->jwks, HARNESS_BACKEND "/am/oauth2/connect/jwk_uri"), 0);
	assert_int_equal(text_set(&endpoints->inwebo, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&endpoints->sms, HARNESS_BACKEND "/smsCode"), 0);
	assert_int_equal(text_set(&endpoints->sms_purpose, HARNESS_BACKEND "/v1/sms"), 0);
	assert_int_equal(text_set(&endpoints->phone, HARNESS_BACKEND "/v1/phone"), 0);
	assert_int_equal(text_set(&endpoints->account, HARNESS_BACKEND "/v1/account"), 0);
	assert_int_equal(text_set(&endpoints->scope, "openid"), 0);
	endpoints->known = true;
}

void harness_store(struct harness *harness, const struct state *state)
{
	struct profile profile = {0};
	struct buf text = BUF_INIT(STATE_DOCUMENT_MAX), blob = BUF_INIT(SEAL_MAX);
	json_t *document = NULL;

	fill_profile(&profile);
	assert_int_equal(state_encode(state, &profile, &document), 0);
	assert_int_equal(json_write(document, &text), 0);
	assert_int_equal(seal_close(&harness->fake.env, harness->key, text.data, text.len, &blob), 0);
	free(harness->store.blob);
	harness->store.blob = malloc(blob.len);
	assert_non_null(harness->store.blob);
	memcpy(harness->store.blob, blob.data, blob.len);
	harness->store.length = blob.len;
	harness->store.changed = true;
	json_wipe(document);
	buf_free(&text);
	buf_free(&blob);
	profile_free(&profile);
}

void harness_stored(struct harness *harness, struct state *ret_state)
{
	struct profile profile = {0};
	struct buf text = BUF_INIT(STATE_DOCUMENT_MAX);
	json_t *document = NULL;

	*ret_state = (struct state){0};
	fill_profile(&profile);
	assert_int_equal(seal_open(harness->key, harness->store.blob, harness->store.length, &text), 0);
	assert_int_equal(json_parse_object(buf_text(&text), text.len, STATE_DOCUMENT_MAX, &document), 0);
	assert_int_equal(state_decode(document, &profile, ret_state), 0);
	json_wipe(document);
	buf_free(&text);
	profile_free(&profile);
}

void harness_sign_in(struct harness *harness, int seconds)
{
	struct state state = {.endpoints_time = FAKE_NOW / 1000};
	struct session *session = &state.session;

	assert_int_equal(secret_set(&session->access_token, HARNESS_ACCESS), 0);
	assert_int_equal(secret_set(&session->refresh_token, HARNESS_REFRESH), 0);
	assert_int_equal(secret_set(&session->id_token, "header-secret.claims-secret.signature-secret"), 0);
	session->access_expires = FAKE_NOW / 1000 + seconds;
	session->id_expires = FAKE_NOW / 1000 + seconds;
	assert_int_equal(text_set(&session->subject, "subject-1"), 0);
	assert_int_equal(text_set(&session->username, "demo@example.com"), 0);
	assert_int_equal(text_set(&session->issuer, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&session->client_id, "pims"), 0);
	harness_store(harness, &state);
	state_free(&state);
}

void harness_call(struct harness *harness, const char *verb, const char *api, const char *parameters)
{
	int r;

	heard_free(&harness->heard);
	if (strcmp(verb, "get") == 0)
		r = pims_get(harness->pims, api, parameters, harness_hear, &harness->heard, NULL);
	else
		r = pims_set(harness->pims, api, parameters, harness_hear, &harness->heard, NULL);
	assert_int_equal(r, 0);
	assert_int_equal(harness->heard.count, 0);
	harness_settle(harness);
}

void harness_answer_tokens(struct harness *harness, int n)
{
	char body[512];

	snprintf(
		body, sizeof body,
		"{\"access_token\":\"access-secret-%d\",\"refresh_token\":\"refresh-secret-%d\",\"token_type\":\"Bearer\",\"expires_in\":3599,"
		"\"scope\":\"openid\"}",
		n, n);
	fake_transport_answer(&harness->transport, 200, "application/json", body);
}
