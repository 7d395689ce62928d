/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider says about itself and about a token: metadata, the answer of introspection, and the claims of an access token. */
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "server/external/discovery.h"
#include "server/external/introspect.h"

#include <pims/error.h>

#include <string.h>

/* A binding is a whole thumbprint that a proof can have, and nothing else opens such a token. */
static void check_key(const struct external_identity *identity)
{
	FUZZ_CHECK(!*identity->key || strlen(identity->key) == DPOP_THUMBPRINT_SIZE - 1);
	FUZZ_CHECK(!access_token_check_key(identity, NULL) == !*identity->key);
	FUZZ_CHECK(!access_token_check_key(identity, identity->key) == (*identity->key != '\0'));
}

static char issuer[] = "https://id.example", audience[] = "urn:example:pimsd", client[] = "pimsd";

static void try_answer(const char *text, size_t length, const struct external_settings *settings)
{
	const struct access_token_rules rules = {.settings = settings, .now = 1731417255, .introspected = true};
	struct external_identity identity = {0}, copy = {0};
	const char *problem = NULL;
	int r = introspect_read(text, length, &rules, &identity, &problem);

	FUZZ_CHECK((r == PIMS_E_NOT_FOUND) == (problem != NULL));
	FUZZ_CHECK((r == 0) == (identity.subject != NULL));
	if (r < 0)
		return;
	FUZZ_CHECK(*identity.subject && strlen(identity.subject) <= EXTERNAL_SUBJECT_MAX);
	FUZZ_CHECK(!identity.name || strlen(identity.name) <= EXTERNAL_NAME_MAX);
	FUZZ_CHECK(!identity.expires || identity.expires + EXTERNAL_LEEWAY_S > rules.now);
	check_key(&identity);
	FUZZ_CHECK(external_identity_copy(&copy, &identity) == 0);
	FUZZ_CHECK(strcmp(copy.key, identity.key) == 0);
	external_identity_free(&copy);
	external_identity_free(&identity);
}

static void try_claims(const char *text, size_t length, const struct external_settings *settings)
{
	const struct access_token_rules rules = {.settings = settings, .now = 1731417255};
	struct external_identity identity = {0};
	json_t *claims = NULL;

	if (json_parse_object(text, length, INTROSPECTION_MAX, &claims) < 0)
		return;
	if (!access_token_check(claims, &rules)) {
		FUZZ_CHECK(json_text(claims, "sub") && json_text(claims, "client_id"));
		FUZZ_CHECK(access_token_identity(claims, &identity) == 0);
		FUZZ_CHECK(!json_object_get(claims, "cnf") == !*identity.key);
		check_key(&identity);
		external_identity_free(&identity);
	}
	json_decref(claims);
}

static void try_metadata(const char *text, size_t length, const struct external_settings *settings)
{
	struct discovery discovery = {0};
	char *keys = NULL;
	const char *problem = discovery_read_metadata(text, length, settings, &discovery, &keys);

	FUZZ_CHECK(problem || fetch_url_allowed(settings->client_id ? discovery.introspection : keys));
	discovery_free(&discovery);
	free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct external_settings settings = {.issuer = issuer, .audience = audience};
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	try_claims(text, size, &settings);
	try_metadata(text, size, &settings);
	settings.client_id = client;
	try_answer(text, size, &settings);
	try_metadata(text, size, &settings);
	settings.audience = NULL;
	try_answer(text, size, &settings);
	free(text);
	return 0;
}
