/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/assertion.h"

#include "base/digest.h"
#include "base/text.h"
#include "jose/claims.h"
#include "jose/jwks.h"
#include "server/account/identifier.h"
#include "server/oidc/client.h"
#include "server/oidc/handlers.h"
#include "server/server.h"

#include <pims/error.h>

#include <string.h>

/*
 * One audience, so that what a client sends to another server is good there only: the issuer, as draft-ietf-oauth-rfc7523bis wants it, or an address
 * of ours that older clients name: the token endpoint's (RFC 7523 §3) or the one that was asked (RFC 9126 §2).
 */
static bool is_for_us(const struct request *request, const json_t *audience)
{
	const char *const paths[] = {"", OIDC_TOKEN_PATH, request->path};
	bool found = false;

	for (size_t i = 0; i < sizeof paths / sizeof *paths && !found; i++) {
		struct buf url = BUF_INIT(8192);

		found = buf_printf(&url, "%s%s", request_server(request)->settings.issuer, paths[i]) == 0 &&
			claim_audiences(audience) == 1 && claim_has_audience(audience, buf_text(&url));
		buf_free(&url);
	}
	return found;
}

/* RFC 7523 §3, items 4 to 6. One that says when it ends far too late is nobody's who means one request. */
static bool is_of_now(const json_t *claims, int64_t now, int64_t *ret_expires)
{
	int64_t expires = 0, not_before = 0, issued = 0;

	if (claim_time(claims, "exp", &expires) != 1 || expires + ASSERTION_SKEW_S <= now ||
	    expires > now + ASSERTION_SECONDS + ASSERTION_SKEW_S)
		return false;
	if (claim_time(claims, "nbf", &not_before) < 0 || not_before > now + ASSERTION_SKEW_S)
		return false;
	if (claim_time(claims, "iat", &issued) < 0 || issued > now + ASSERTION_SKEW_S || issued > expires)
		return false;
	*ret_expires = expires;
	return true;
}

/* Items 1 to 3 and 7; RFC 7521 §4.2: client_id names the same. The client's id, or NULL. */
static const char *named_client(const struct assertion *assertion, const json_t *claims)
{
	const char *subject = json_text(claims, "sub"), *id = json_text(claims, "jti");

	if (!subject || !*subject || strlen(subject) > CLIENT_ID_MAX || !text_equal(subject, json_text(claims, "iss")))
		return NULL;
	if (assertion->id && *assertion->id && !text_equal(subject, assertion->id))
		return NULL;
	return id && *id && strlen(id) <= ASSERTION_ID_MAX ? subject : NULL;
}

/* Item 9, and the only use (item 7): remembered for as long as it would be accepted. An id is the client's own. */
static int prove(const struct request *request, const struct client *client, const struct jws *jws, int64_t expires)
{
	struct proof_use use = {.expires = (expires + ASSERTION_SKEW_S) * 1000};
	int r = client->jwks ? jwks_verify(client->jwks, jws) : PIMS_E_NOT_FOUND;

	if (r == 0)
		r = sha256_join(use.hash, " ", "assertion", client->id, json_text(jws->claims, "jti"), NULL);
	return r == 0 ? store_proof_use(request_server(request)->store, &use) : r;
}

static int check_client(const struct request *request, const char *id, const struct jws *jws, int64_t expires, struct client *ret_client)
{
	struct client client = {0};
	int r = store_client_get(request_server(request)->store, id, &client);

	if (r == 0)
		r = prove(request, &client, jws, expires);
	if (r == 0)
		*ret_client = client;
	else
		client_free(&client);
	return r;
}

/* For the operator alone: the answer tells strangers nothing. */
static int refuse(const struct request *request, const char *id, const char *why)
{
	env_log(&request_server(request)->env, PIMS_LOG_DEBUG, "client %s: assertion refused: %s", id && client_id_valid(id) ? id : "?", why);
	return PIMS_E_NOT_FOUND;
}

/* Claims come first: what they rule out costs neither a look at the database nor a signature. */
static int check(const struct request *request, const struct assertion *assertion, const struct jws *jws, struct client *ret_client)
{
	const char *id = named_client(assertion, jws->claims);
	int64_t expires = 0;
	int r;

	if (!id)
		return refuse(request, id, "iss, sub and client_id do not name one client, or there is no jti");
	if (!is_for_us(request, json_object_get(jws->claims, "aud")))
		return refuse(request, id, "aud is not this server");
	if (!is_of_now(jws->claims, env_now(&request_server(request)->env) / 1000, &expires))
		return refuse(request, id, "exp, nbf or iat: it is over, not yet good, or good for more than ten minutes");
	r = check_client(request, id, jws, expires, ret_client);
	if (r == PIMS_E_NOT_FOUND)
		return refuse(request, id, "no such client, or it has no key of that kid and algorithm");
	if (r == PIMS_E_CRYPTO)
		return refuse(request, id, "its signature is wrong");
	return r == PIMS_E_INVALID ? refuse(request, id, "it was used before (jti)") : r;
}

int assertion_identify(const struct request *request, const struct assertion *assertion, struct client *ret_client)
{
	struct jws jws = {0};
	int r;

	if (!text_equal(assertion->type, ASSERTION_TYPE) || !assertion->text)
		return PIMS_E_NOT_FOUND;
	r = jws_parse_assertion(assertion->text, strlen(assertion->text), &jws);
	if (r == 0)
		r = check(request, assertion, &jws, ret_client);
	else if (r != PIMS_E_MEMORY)
		r = PIMS_E_NOT_FOUND;
	jws_free(&jws);
	return r;
}
