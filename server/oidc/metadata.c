/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/auth_request.h"
#include "server/oidc/exchange.h"
#include "server/oidc/handlers.h"
#include "server/oidc/keys.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include "base/json.h"
#include "dpop/dpop.h"

#include <pims/error.h>

#include <string.h>

static int put_url(json_t *object, const char *name, const char *issuer, const char *path)
{
	struct buf url = BUF_INIT(8192);
	int r = buf_printf(&url, "%s%s", issuer, path);

	if (r == 0)
		r = json_put_text(object, name, buf_text(&url));
	buf_free(&url);
	return r;
}

static int put_urls(json_t *object, const char *issuer)
{
	static const char *const rows[][2] = {
		{"authorization_endpoint", OIDC_AUTHORIZE_PATH}, {"token_endpoint", OIDC_TOKEN_PATH},
		{"revocation_endpoint", OIDC_REVOKE_PATH},       {"jwks_uri", OIDC_JWKS_PATH},
		{"userinfo_endpoint", OIDC_USERINFO_PATH},       {"end_session_endpoint", OIDC_END_SESSION_PATH},
	};
	int r = json_put_text(object, "issuer", issuer);

	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++)
		r = put_url(object, rows[i][0], issuer, rows[i][1]);
	return r;
}

/* The words of a text as an array; NULL: no memory. */
static json_t *words(const char *text)
{
	json_t *array = json_array();

	for (; *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		if (json_array_append_new(array, json_stringn(text, length)) != 0) {
			json_decref(array);
			return NULL;
		}
		text += length;
	}
	return array;
}

/* OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9207 §3, RFC 9449 §5.1. */
static json_t *capabilities(void)
{
	char scope[SCOPE_SIZE];

	auth_scope_filter(NULL, NULL, scope);
	return json_pack("{s:[s], s:[s], s:[s], s:[s,s,s], s:[s], s:[s], s:o, s:[s,s,s], s:[s,s,s], s:[s],"
			 " s:[s,s,s,s,s,s,s,s,s,s,s,s,s], s:[s,s,s,s,s], s:[s], s:o, s:b, s:b, s:b, s:b}",
			 "response_types_supported", "code", "response_modes_supported", "query", "subject_types_supported", "public",
			 "grant_types_supported", "authorization_code", "refresh_token", GRANT_TOKEN_EXCHANGE,
			 "id_token_signing_alg_values_supported", "RS256",
			 "code_challenge_methods_supported", "S256", "scopes_supported", words(scope),
			 "token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none",
			 "revocation_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none",
			 "claim_types_supported", "normal", "claims_supported", "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce",
			 "at_hash", "acr", "amr", "sid", "email", "preferred_username", "ui_locales_supported", "en", "fr", "de", "es", "it",
			 "acr_values_supported", ACR_PASSWORD, "dpop_signing_alg_values_supported", words(DPOP_ALGORITHMS),
			 "authorization_response_iss_parameter_supported", 1,
			 "claims_parameter_supported", 0, "request_parameter_supported", 0, "request_uri_parameter_supported", 0);
}

void oidc_metadata(struct request *request, struct response *response)
{
	json_t *object = json_object();
	json_t *rest = capabilities();

	if (put_urls(object, request_server(request)->settings.issuer) < 0 || json_object_update(object, rest) != 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(rest);
	response_json(response, 200, object);
	(void)response_header(response, "Cache-Control", "public, max-age=300");
}

void oidc_jwks(struct request *request, struct response *response)
{
	response_text(response, 200, "application/json", oidc_keys_jwks(request_server(request)->oidc_keys));
	(void)response_header(response, "Cache-Control", "public, max-age=3600");
}
