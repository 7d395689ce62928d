/* SPDX-License-Identifier: Apache-2.0 */
/* libpims at npm's oidc-provider with tokens that are bound to a key (RFC 9449): what another implementation makes of our proofs, and we of its nonces. */
#include "support/foreign.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_API "pims.authentication.token"
#define REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"

enum { RENEWALS = 3 };

static struct foreign provider;
static struct app app;

/* --- the provider's log of token requests --------------------------------------------------------------------------------------------- */

/* Those from the `from`th on; the caller owns them. */
static json_t *grants_from(size_t from)
{
	json_t *log = foreign_log(&provider), *grants = json_array(), *entry;
	size_t i, count = 0;

	json_array_foreach(log, i, entry)
		if (json_object_get(entry, "grant") && count++ >= from)
			json_array_append(grants, entry);
	json_decref(log);
	return grants;
}

static size_t count_grants(void)
{
	json_t *grants = grants_from(0);
	size_t count = json_array_size(grants);

	json_decref(grants);
	return count;
}

/* "" = there is none. */
static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *proof_of(const json_t *grant, const char *name)
{
	return text_of(json_object_get(grant, "proof"), name);
}

static void last_issued(char *ret_token, size_t size)
{
	json_t *grants = grants_from(0);

	assert_true(json_array_size(grants) > 0);
	assert_int_equal(text_copy(ret_token, size, text_of(json_array_get(grants, json_array_size(grants) - 1), "issued")), 0);
	json_decref(grants);
}

/* The statuses of the requests from the `from`th on, and that those which were refused were for want of a nonce. */
static void assert_asked(size_t from, const char *statuses)
{
	json_t *grants = grants_from(from);
	const json_t *grant;
	char text[64] = "";
	size_t i;

	json_array_foreach(grants, i, grant) {
		json_int_t status = json_integer_value(json_object_get(grant, "status"));

		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", (int)status);
		assert_string_equal(text_of(grant, "error"), status == 200 ? "" : "use_dpop_nonce");
	}
	assert_string_equal(text, statuses);
	json_decref(grants);
}

/* --- the application ------------------------------------------------------------------------------------------------------------------ */

static void sign_in(const char *client, const char *secret)
{
	foreign_app(&app, &provider, client, secret, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
}

static void renew(void)
{
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
}

static int stop(void **state)
{
	(void)state;
	app_remove(&app);
	foreign_control(&provider, "/nonce");
	return 0;
}

/* --- refused -------------------------------------------------------------------------------------------------------------------------- */

static void a_stolen_refresh_token_is_no_good_without_the_key_and_nothing_is_lost(void **state)
{
	char issued[256], target[320];
	json_t *grants;
	size_t before;

	(void)state;
	sign_in("native", NULL);
	last_issued(issued, sizeof issued);
	before = count_grants();
	(void)snprintf(target, sizeof target, "/steal?%s", issued);
	foreign_control(&provider, target);
	grants = grants_from(before);
	assert_string_equal(text_of(json_array_get(grants, 0), "given"), issued);
	assert_string_equal(text_of(json_array_get(grants, 0), "error"), "invalid_grant");
	json_decref(grants);
	renew();
}

static long userinfo(const char *scheme, const char *token, const char *proof)
{
	char url[96], authorization[512], line[4096];
	const char *const headers[] = {authorization, proof ? line : NULL, NULL};
	struct web_answer answer;
	long status;

	(void)snprintf(url, sizeof url, "%s/me", provider.issuer);
	(void)snprintf(authorization, sizeof authorization, "Authorization: %s %s", scheme, token);
	(void)snprintf(line, sizeof line, "DPoP: %s", proof ? proof : "");
	web_ca_file = provider.ca_file;
	web_call("GET", url, headers, NULL, &answer);
	web_ca_file = NULL;
	status = answer.status;
	web_free(&answer);
	return status;
}

/* The proof is the one that an application gets from us for its own request. */
static void an_access_token_opens_nothing_without_its_proof_and_with_it_once(void **state)
{
	char parameters[192], token[256], proof[2048];

	(void)state;
	sign_in("native", NULL);
	(void)snprintf(parameters, sizeof parameters, "{\"type\":\"cvs\",\"action\":\"get\",\"htm\":\"GET\",\"htu\":\"%s/me\"}", provider.issuer);
	app_call(&app, "get", TOKEN_API, parameters);
	assert_string_equal(app_result(&app, "tokenType"), "DPoP");
	(void)snprintf(token, sizeof token, "%s", app_result(&app, "token"));
	(void)snprintf(proof, sizeof proof, "%s", app_result(&app, "dpop"));
	assert_int_equal(userinfo("Bearer", token, NULL), 401);
	assert_int_not_equal(userinfo("DPoP", token, NULL), 200);
	assert_int_equal(userinfo("DPoP", token, proof), 200);
	assert_int_not_equal(userinfo("DPoP", token, proof), 200);
}

/* --- taken ---------------------------------------------------------------------------------------------------------------------------- */

/* One key, a proof of its own each time, and each refresh token once. */
static void check_chain(const json_t *grants)
{
	const json_t *grant, *previous = NULL;
	size_t i;

	json_array_foreach(grants, i, grant) {
		assert_string_equal(text_of(grant, "type"), "DPoP");
		assert_string_not_equal(proof_of(grant, "x"), "");
		assert_string_not_equal(text_of(grant, "issued"), "");
		if (previous) {
			assert_string_equal(proof_of(grant, "x"), proof_of(previous, "x"));
			assert_string_not_equal(proof_of(grant, "jti"), proof_of(previous, "jti"));
			assert_string_equal(text_of(grant, "given"), text_of(previous, "issued"));
		}
		previous = grant;
	}
}

static void sign_in_and_renew(const char *client, const char *secret)
{
	size_t before = count_grants();
	json_t *grants;

	sign_in(client, secret);
	assert_non_null(strstr(app.agent_url, "dpop_jkt="));
	for (int i = 0; i < RENEWALS; i++) {
		renew();
		app_reopen(&app); /* the key is on disk with the tokens */
	}
	grants = grants_from(before);
	assert_true(json_array_size(grants) > RENEWALS);
	check_chain(grants);
	json_decref(grants);
}

static void each_renewal_proves_the_key_of_the_sign_in_and_rotates(void **state)
{
	(void)state;
	sign_in_and_renew("native", NULL);
}

static void a_confidential_client_proves_its_key_beside_its_secret(void **state)
{
	char secret[128];

	(void)state;
	foreign_secret(&provider, secret, sizeof secret);
	sign_in_and_renew("with:basic +%", secret);
}

static void each_sign_in_has_a_key_of_its_own(void **state)
{
	size_t before = count_grants();
	json_t *grants;

	(void)state;
	sign_in("native", NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	grants = grants_from(before);
	assert_int_equal(json_array_size(grants), 2);
	assert_string_not_equal(proof_of(json_array_get(grants, 0), "x"), proof_of(json_array_get(grants, 1), "x"));
	json_decref(grants);
}

/* --- nonces --------------------------------------------------------------------------------------------------------------------------- */

static void a_provider_that_demands_a_nonce_is_asked_again_once_and_the_code_stays_good(void **state)
{
	size_t before = count_grants();

	(void)state;
	foreign_control(&provider, "/nonce?on");
	sign_in("native", NULL);
	assert_asked(before, "400 200");
	renew(); /* with the nonce that is known by now */
	assert_asked(before, "400 200 200");
	app_reopen(&app);
	renew();
	renew();
}

static void a_nonce_that_the_provider_no_longer_knows_is_replaced(void **state)
{
	size_t before;

	(void)state;
	foreign_control(&provider, "/nonce?on");
	sign_in("native", NULL);
	foreign_control(&provider, "/rotate");
	before = count_grants();
	renew();
	assert_asked(before, "400 200");
	renew();
	assert_asked(before, "400 200 200");
}

#define T(test) cmocka_unit_test_teardown(test, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stolen_refresh_token_is_no_good_without_the_key_and_nothing_is_lost),
		T(an_access_token_opens_nothing_without_its_proof_and_with_it_once),
		T(each_renewal_proves_the_key_of_the_sign_in_and_rotates),
		T(a_confidential_client_proves_its_key_beside_its_secret),
		T(each_sign_in_has_a_key_of_its_own),
		T(a_provider_that_demands_a_nonce_is_asked_again_once_and_the_code_stays_good),
		T(a_nonce_that_the_provider_no_longer_knows_is_replaced),
	};
	int failed;

	foreign_start(&provider, "{\"dpop\":true}"); /* not in the group's setup: a skipped test must end the program with its own status */
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	foreign_stop(&provider);
	return failed;
}
