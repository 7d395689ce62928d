/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/auth_request.h"
#include "server/oidc/exchange.h"
#include "server/oidc/handlers.h"
#include "server/oidc/keys.h"
#include "server/oidc/passkey.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include "base/json.h"
#include "jose/jwk.h"

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
		{"pushed_authorization_request_endpoint", OIDC_PAR_PATH},
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

static int put_words(json_t *object, const char *name, const char *text)
{
	return json_object_set_new(object, name, words(text)) == 0 ? 0 : PIMS_E_MEMORY;
}

/* OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9449 §5.1. */
static int put_lists(json_t *object, bool passkeys)
{
	static const char methods[] = "client_secret_basic client_secret_post private_key_jwt none";
	const char *const rows[][2] = {
		{"response_types_supported", "code"},
		{"response_modes_supported", "query"},
		{"subject_types_supported", "public"},
		{"grant_types_supported", "authorization_code refresh_token " GRANT_TOKEN_EXCHANGE},
		{"id_token_signing_alg_values_supported", "RS256"},
		{"code_challenge_methods_supported", "S256"},
		{"token_endpoint_auth_methods_supported", methods},
		{"token_endpoint_auth_signing_alg_values_supported", JOSE_ALGORITHMS},
		{"revocation_endpoint_auth_methods_supported", methods},
		{"revocation_endpoint_auth_signing_alg_values_supported", JOSE_ALGORITHMS},
		{"claim_types_supported", "normal"},
		{"claims_supported", "iss sub aud exp iat auth_time nonce at_hash acr amr sid email preferred_username"},
		{"ui_locales_supported", "en fr de es it"},
		{"acr_values_supported", passkeys ? ACR_PASSWORD " " ACR_OTP " " ACR_PASSKEY : ACR_PASSWORD " " ACR_OTP},
		{"dpop_signing_alg_values_supported", JOSE_ALGORITHMS},
	};
	char scope[SCOPE_SIZE];
	int r;

	auth_scope_filter(NULL, NULL, scope);
	r = put_words(object, "scopes_supported", scope);
	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++)
		r = put_words(object, rows[i][0], rows[i][1]);
	return r;
}

/* The same; RFC 9126 §5, RFC 9207 §3. */
static int put_flags(json_t *object, const struct settings *settings)
{
	const struct {
		const char *name;
		bool value;
	} rows[] = {
		{"require_pushed_authorization_requests", settings->par_required},
		{"authorization_response_iss_parameter_supported", true},
		{"claims_parameter_supported", false},
		{"request_parameter_supported", false},
		{"request_uri_parameter_supported", false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (json_object_set_new(object, rows[i].name, json_boolean(rows[i].value)) != 0)
			return PIMS_E_MEMORY;
	return 0;
}

void oidc_metadata(struct request *request, struct response *response)
{
	const struct server *server = request_server(request);
	const struct settings *settings = &server->settings;
	json_t *object = json_object();

	if (put_urls(object, settings->issuer) < 0 || put_lists(object, passkey_possible(server)) < 0 || put_flags(object, settings) < 0) {
		json_decref(object);
		object = NULL;
	}
	response_json(response, 200, object);
	(void)response_header(response, "Cache-Control", "public, max-age=300");
}

void oidc_jwks(struct request *request, struct response *response)
{
	response_text(response, 200, "application/json", oidc_keys_jwks(request_server(request)->oidc_keys));
	(void)response_header(response, "Cache-Control", "public, max-age=3600");
}
