/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/session.h"

#include "base/text.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <stdlib.h>

/* 9999-12-31: later times in a state file are damage, and sums with them must not overflow. */
static const int64_t time_max = INT64_C(253402300799);

void session_free(struct session *session)
{
	if (!session)
		return;
	secret_free(&session->access_token);
	secret_free(&session->refresh_token);
	secret_free(&session->id_token);
	secret_free(&session->customer_token);
	dpop_key_free(&session->key);
	free(session->customer_audience);
	free(session->subject);
	free(session->username);
	free(session->scope);
	free(session->issuer);
	free(session->client_id);
	*session = (struct session){0};
}

bool session_exists(const struct session *session)
{
	return !secret_empty(&session->access_token);
}

bool session_access_valid(const struct session *session, int64_t now, int64_t seconds)
{
	return session_exists(session) && session->access_expires - now >= seconds;
}

bool session_id_valid(const struct session *session, int64_t now, int64_t seconds)
{
	return !secret_empty(&session->id_token) && session->id_expires - now >= seconds;
}

static int put_secret(json_t *object, const char *name, const struct secret *secret)
{
	return secret_empty(secret) ? 0 : json_put_text(object, name, secret_text(secret));
}

static int put_customer(const struct session *session, json_t *object)
{
	int r;

	if (secret_empty(&session->customer_token))
		return 0;
	r = put_secret(object, "customer_token", &session->customer_token);
	if (r == 0)
		r = json_put_int(object, "customer_expires", session->customer_expires);
	return r < 0 ? r : json_put_text(object, "customer_audience", session->customer_audience);
}

static int put_bool(json_t *object, const char *name, bool value)
{
	return !value || json_object_set_new(object, name, json_true()) == 0 ? 0 : PIMS_E_MEMORY;
}

/* Only where there is a key, so that what has none looks as it did. */
static int put_key(const struct session *session, json_t *object)
{
	int r = put_secret(object, "key", &session->key.text);

	if (r == 0)
		r = put_bool(object, "access_bound", session->access_bound);
	return r < 0 ? r : put_bool(object, "customer_bound", session->customer_bound);
}

static int put_all(const struct session *session, json_t *object)
{
	int r = put_secret(object, "access_token", &session->access_token);

	if (r == 0)
		r = put_secret(object, "refresh_token", &session->refresh_token);
	if (r == 0)
		r = put_secret(object, "id_token", &session->id_token);
	if (r == 0)
		r = put_key(session, object);
	if (r == 0)
		r = put_customer(session, object);
	if (r == 0)
		r = json_put_int(object, "access_expires", session->access_expires);
	if (r == 0)
		r = json_put_int(object, "id_expires", session->id_expires);
	if (r == 0)
		r = json_put_text(object, "subject", session->subject);
	if (r == 0)
		r = json_put_text(object, "username", session->username);
	if (r == 0)
		r = json_put_text(object, "scope", session->scope);
	if (r == 0)
		r = json_put_text(object, "issuer", session->issuer);
	return r < 0 ? r : json_put_text(object, "client_id", session->client_id);
}

int session_encode(const struct session *session, json_t **ret_object)
{
	json_t *object = json_object();
	int r;

	if (!object)
		return PIMS_E_MEMORY;
	r = session_exists(session) ? put_all(session, object) : 0;
	if (r < 0)
		json_wipe(object);
	else
		*ret_object = object;
	return r;
}

static int take_secrets(const json_t *object, struct session *session)
{
	int r = json_copy_secret(object, "access_token", TOKEN_MAX, &session->access_token);

	if (r == 0)
		r = json_copy_secret(object, "refresh_token", TOKEN_MAX, &session->refresh_token);
	if (r == 0)
		r = json_copy_secret(object, "customer_token", TOKEN_MAX, &session->customer_token);
	return r < 0 ? r : json_copy_secret(object, "id_token", ID_TOKEN_MAX, &session->id_token);
}

/* A bound token without its key is of no use: such a session was never written. */
static int take_key(const json_t *object, struct session *session)
{
	const char *key = json_text(object, "key");
	int r = key ? dpop_key_set(&session->key, key) : 0;

	session->access_bound = json_is_true(json_object_get(object, "access_bound"));
	session->customer_bound = json_is_true(json_object_get(object, "customer_bound"));
	if (r == 0 && !key && (json_object_get(object, "key") || session->access_bound || session->customer_bound))
		r = PIMS_E_FORMAT;
	return r;
}

static int take_texts(const json_t *object, struct session *session)
{
	int r = json_copy_text(object, "subject", CLAIM_MAX, &session->subject);

	if (r == 0)
		r = json_copy_text(object, "username", CLAIM_MAX, &session->username);
	if (r == 0)
		r = json_copy_text(object, "scope", SCOPE_MAX, &session->scope);
	if (r == 0)
		r = json_copy_text(object, "customer_audience", SCOPE_MAX, &session->customer_audience);
	if (r == 0)
		r = json_copy_text(object, "issuer", ENDPOINT_MAX, &session->issuer);
	return r < 0 ? r : json_copy_text(object, "client_id", CLAIM_MAX, &session->client_id);
}

static int take_times(const json_t *object, struct session *session)
{
	session->access_expires = json_int(object, "access_expires", -1);
	session->id_expires = json_int(object, "id_expires", -1);
	session->customer_expires = json_int(object, "customer_expires", 0);
	if (session->customer_expires < 0 || session->customer_expires > time_max)
		return PIMS_E_FORMAT;
	if (session->access_expires < 0 || session->access_expires > time_max || session->id_expires < 0 || session->id_expires > time_max)
		return PIMS_E_FORMAT;
	return 0;
}

/* A session without these was never written by session_encode(). */
static bool is_whole(const struct session *session)
{
	return session_exists(session) && session->subject && session->username && session->issuer && session->client_id;
}

int session_decode(const json_t *object, struct session *ret_session)
{
	struct session session = {0};
	int r;

	if (!json_is_object(object))
		return PIMS_E_FORMAT;
	if (json_object_size(object) == 0)
		return 0;
	r = take_secrets(object, &session);
	if (r == 0)
		r = take_key(object, &session);
	if (r == 0)
		r = take_texts(object, &session);
	if (r == 0)
		r = take_times(object, &session);
	if (r == 0 && !is_whole(&session))
		r = PIMS_E_FORMAT;
	if (r < 0)
		session_free(&session);
	else
		*ret_session = session;
	return r;
}
