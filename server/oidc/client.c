/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/client.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "server/oidc/assertion.h"
#include "server/oidc/oauth.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a client presents. Parts may be NULL. */
struct credentials {
	char id[CLIENT_ID_MAX + 1];
	char secret[CLIENT_SECRET_MAX + 1];
	char plain[CLIENT_SECRET_MAX + 1]; /**< the secret form-decoded, where the sender may have encoded it */
};

static const char *basic_part(const struct request *request)
{
	const char *header = request_header(request, "Authorization");

	return header && strncasecmp(header, "Basic ", 6) == 0 ? header + 6 + strspn(header + 6, " ") : NULL;
}

bool client_has_basic(const struct request *request)
{
	return basic_part(request) != NULL;
}

/* RFC 6749 §2.3.1 wants both parts form-encoded, and many clients do not encode: what does not decode is taken as it is. */
static int form_decode(const char *text, char *ret_text, size_t size)
{
	struct query query = {0};
	struct buf pair = BUF_INIT(2 * CLIENT_SECRET_MAX);
	int r = buf_printf(&pair, "v=%s", text);

	if (r == 0 && !strpbrk(text, "&") && query_parse(buf_text(&pair), pair.len, &query) == 0)
		r = text_copy(ret_text, size, query_get(&query, "v"));
	else if (r == 0)
		r = text_copy(ret_text, size, text);
	query_free(&query);
	buf_free(&pair);
	return r;
}

static int read_basic(const char *encoded, struct credentials *ret_credentials)
{
	char text[CLIENT_ID_MAX + CLIENT_SECRET_MAX + 2];
	size_t length = 0;
	char *colon;
	int r = base64_decode(encoded, strlen(encoded), text, sizeof text - 1, &length);

	if (r < 0)
		return r;
	text[length] = '\0';
	colon = strchr(text, ':');
	r = PIMS_E_FORMAT;
	if (!colon || strlen(text) != length)
		goto out;
	*colon = '\0';
	r = form_decode(text, ret_credentials->id, sizeof ret_credentials->id);
	if (r == 0)
		r = text_copy(ret_credentials->secret, sizeof ret_credentials->secret, colon + 1);
	if (r == 0)
		r = form_decode(colon + 1, ret_credentials->plain, sizeof ret_credentials->plain);
out:
	secret_wipe(text, sizeof text);
	return r;
}

static int read_parameters(const char *id, const char *secret, struct credentials *ret_credentials)
{
	int r = id ? text_copy(ret_credentials->id, sizeof ret_credentials->id, id) : PIMS_E_FORMAT;

	if (r == 0 && secret)
		r = text_copy(ret_credentials->secret, sizeof ret_credentials->secret, secret);
	if (r == 0 && secret)
		r = text_copy(ret_credentials->plain, sizeof ret_credentials->plain, secret);
	return r;
}

static bool secret_matches(const char *hash, const char *secret)
{
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	if (sha256(secret, strlen(secret), digest) < 0)
		return false;
	hex_encode(digest, sizeof digest, hex);
	return secret_equals_text(hex, hash);
}

/* A public client has no secret; one that sends an empty secret means none. Who has keys proves itself by them alone. */
static bool proved(const struct client *client, const struct credentials *credentials)
{
	if (client_is_public(client))
		return !*credentials->secret;
	if (!client->secret_hash)
		return false;
	return secret_matches(client->secret_hash, credentials->secret) || secret_matches(client->secret_hash, credentials->plain);
}

static int find_client(const struct request *request, const struct credentials *credentials, struct client *ret_client)
{
	struct client client = {0};
	int r = store_client_get(request_server(request)->store, credentials->id, &client);

	if (r < 0)
		return r;
	if (!proved(&client, credentials)) {
		client_free(&client);
		return PIMS_E_NOT_FOUND;
	}
	*ret_client = client;
	return 0;
}

static bool is_there(const char *value)
{
	return value && *value;
}

/* RFC 6749 §2.3: not more than one method. client_id beside Basic is common and harmless when it is the same. */
static bool contradicts(const struct request *request, const struct credentials *credentials)
{
	const char *id = request_parameter(request, "client_id");
	const char *secret = request_parameter(request, "client_secret");

	return client_has_basic(request) && (is_there(secret) || (id && !text_equal(id, credentials->id)));
}

/* No client of the live service sends one: it stands in the form, never in the URL. */
static int identify_by_assertion(const struct request *request, struct client *ret_client)
{
	const struct assertion assertion = {
		.type = query_get(&request->form, "client_assertion_type"),
		.text = query_get(&request->form, "client_assertion"),
		.id = request_parameter(request, "client_id"),
	};

	if (basic_part(request) || is_there(request_parameter(request, "client_secret")))
		return PIMS_E_STATE;
	return assertion_identify(request, &assertion, ret_client);
}

int client_identify(const struct request *request, struct client *ret_client)
{
	struct credentials credentials = {0};
	const char *basic = basic_part(request);
	int r;

	if (is_there(query_get(&request->form, "client_assertion")) || is_there(query_get(&request->form, "client_assertion_type")))
		return identify_by_assertion(request, ret_client);
	if (basic)
		r = read_basic(basic, &credentials);
	else
		r = read_parameters(request_parameter(request, "client_id"), request_parameter(request, "client_secret"), &credentials);
	if (r < 0)
		r = PIMS_E_NOT_FOUND;
	else if (contradicts(request, &credentials))
		r = PIMS_E_STATE;
	else
		r = find_client(request, &credentials, ret_client);
	secret_wipe(&credentials, sizeof credentials);
	return r;
}

int client_authenticate(const struct request *request, struct response *response, struct client *ret_client)
{
	int r = client_identify(request, ret_client);

	if (r == PIMS_E_NOT_FOUND) {
		oauth_error(response, 401, "invalid_client", "unknown client, or its authentication failed");
		(void)response_header(response, "WWW-Authenticate", "Basic realm=\"openpims\", charset=\"UTF-8\"");
	} else if (r == PIMS_E_STATE) {
		oauth_error(response, 400, "invalid_request", "more than one way of client authentication");
	} else if (r < 0) {
		oauth_server_error(response);
	}
	return r;
}
