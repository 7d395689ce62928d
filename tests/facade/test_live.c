/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile of a brand's live service, without a network: what it asks of whom, and that it asks nothing by itself. Each of the reference's rows is called; where
 * no public source tells the wire format, the answer is 2344, `backend.no_endpoint`, and no request is made.
 */
#include "support/harness.h"

#include "base/brand.h"
#include "base/encode.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_URL "https://api.example.org"
#define INWEBO_URL "https://inwebo.example.org"
#define OAUTH_URL "https://idpcvs.peugeot.com/am/oauth2"
#define NO_ENDPOINT "backend.no_endpoint"

static struct harness h;

static int begin(void **state)
{
	(void)state;
	harness_init(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_free(&h);
	return 0;
}

/* --- the user's own configuration ------------------------------------------------------------------------------------------------------ */

static void initialize(const char *changes)
{
	json_t *live = json_pack("{s:n, s:s, s:{s:s, s:s, s:s}, s:{s:s}}", "backend", "environnement", "Production", "credential", "clientID", "my-id",
				 "clientSecret", "my secret", "inWeboURL", INWEBO_URL, "live", "apiURL", API_URL);
	json_t *more = json_loads(changes, 0, NULL);
	char *text, *configuration;
	struct heard heard = {0};

	assert_non_null(live);
	assert_non_null(more);
	assert_int_equal(json_object_update(live, more), 0);
	text = json_dumps(live, 0);
	configuration = harness_configuration_with(text);
	assert_int_equal(pims_initialize(h.pims, configuration, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&heard);
	heard_free(&heard);
	free(configuration);
	free(text);
	json_decref(live);
	json_decref(more);
}

/* The value of a parameter of the page's address. */
static void page_parameter(const char *name, char *value, size_t size)
{
	struct query query = {0};
	const char *text = strchr(h.agent_url, '?');

	assert_non_null(text);
	assert_int_equal(query_parse(text + 1, strlen(text + 1), &query), 0);
	assert_non_null(query_get(&query, name));
	snprintf(value, size, "%s", query_get(&query, name));
	query_free(&query);
}

static void encode(const char *text, struct buf *token)
{
	assert_int_equal(base64url_encode(text, strlen(text), token), 0);
	buf_putc(token, '.');
}

/* Nobody tells the keys of the live service: the signature is looked at by none, TLS stands in (OpenID Connect Core 3.1.3.7, 6). */
static void answer_tokens(void)
{
	struct buf token = BUF_INIT(4096);
	char nonce[128], claims[512], body[8192];

	page_parameter("nonce", nonce, sizeof nonce);
	snprintf(claims, sizeof claims,
		 "{\"iss\":\"https://idpcvs.peugeot.com:443/am/oauth2\",\"aud\":\"my-id\",\"sub\":\"AP-ACNT1\",\"name\":\"Marie\",\"iat\":%lld,\"exp\":%lld,\"nonce\":\"%s\"}",
		 (long long)(FAKE_NOW / 1000), (long long)(FAKE_NOW / 1000 + 3600), nonce);
	encode("{\"alg\":\"RS256\"}", &token);
	encode(claims, &token);
	buf_puts(&token, "c2lnbmF0dXJl");
	snprintf(body, sizeof body,
		 "{\"access_token\":\"access-1\",\"refresh_token\":\"refresh-1\",\"id_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":3599}",
		 buf_text(&token));
	fake_transport_answer(&h.transport, 200, "application/json", body);
	buf_free(&token);
}

static void sign_in(void)
{
	char state[128], redirect[512];

	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	page_parameter("state", state, sizeof state);
	snprintf(redirect, sizeof redirect, "mymap://oauth2redirect/fr?code=6f1c1a34-6c1b-4f0c-9d7e-0f2b6f1c1a34&state=%s", state);
	answer_tokens();
	assert_int_equal(pims_redirect(h.pims, redirect), 0);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	h.agent_opened = 0;
}

/* --- every row --------------------------------------------------------------------------------------------------------------------------- */

enum { PAGE = -1 }; /* a page was opened, and nothing has come back yet */

/* In the order of tests/data/spec/api.json. `url`: the one request that is made begins like that; NULL = none is made. */
static const struct row {
	const char *parameters;
	int code; /**< 0 = succeeded */
	const char *cause;
	const char *url;
	const char *answer; /**< "" = 202 */
} rows[] = {
	{"{\"type\":\"idtoken\",\"action\":\"get\"}", 0, NULL, NULL, NULL},
	{"{\"type\":\"cvs\",\"action\":\"get\"}", 0, NULL, NULL, NULL},
	{"{\"type\":\"customerAt\",\"action\":\"get\"}", 2006, "backend.no_audience", NULL, NULL},
	{"{\"actionType\":\"basic\",\"type\":\"username\"}", 0, NULL, NULL, NULL},
	{"{\"action\":\"login\"}", PAGE, OAUTH_URL "/authorize?", NULL, NULL},
	{"{\"action\":\"forcedLogin\"}", PAGE, OAUTH_URL "/authorize?", NULL, NULL},
	{"{\"action\":\"createAccount\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"updateLogin\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"updatePassword\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"logout\"}", 0, NULL, OAUTH_URL "/token/revoke", ""},
	{"{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}", 0, NULL, NULL, NULL},
	{"{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{NULL, 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"type\":\"enrollment\"}", 0, NULL, API_URL "/applications/cvs/v4/mobile/smsCode?client_id=my-id", ""},
	{"{\"type\":\"resetPIN\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"type\":\"phoneNumberCertification\",\"phoneNumber\":\"+33612345678\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}", 2102, "inwebo.code", INWEBO_URL "/iwws/MAC?action=ActionSetup&mode=activate&",
	 "<?xml version=\"1.0\"?><ActionSetup><err>NOK:CODE</err></ActionSetup>"},
	{"{\"action\":\"addPhoneNumber\",\"phoneNumber\":\"+33612345678\",\"smsCode\":\"1234\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"type\":\"modifyPhoneNumber\",\"phoneNumber\":\"+33612345678\",\"smsCode\":\"1234\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"enroll\",\"pinCode\":\"1234\",\"smsCode\":\"12345678\"}", 2305, "inwebo.code", INWEBO_URL "/iwws/MAC?action=ActionSetup&mode=activate&",
	 "<?xml version=\"1.0\"?><ActionSetup><err>NOK:CODE</err></ActionSetup>"},
	{"{\"action\":\"enrollWithPhoneNumber\",\"pinCode\":\"1234\",\"smsCode\":\"12345678\",\"phoneNumber\":\"+33612345678\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"remove\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"reset\",\"pinCode\":\"1234\",\"smsCode\":\"12345678\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"update\",\"oldPIN\":\"1234\",\"newPIN\":\"4321\"}", 2344, NO_ENDPOINT, NULL, NULL},
	{"{\"action\":\"withPIN\",\"pinCode\":\"1234\"}", 2317, "device.not_enrolled", NULL, NULL},
	{"{\"action\":\"withoutPIN\"}", 2317, "device.not_enrolled", NULL, NULL},
	{"{\"country\":\"ES\"}", 0, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void assert_page(const struct row *row)
{
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(h.agent_opened, 1);
	assert_memory_equal(h.agent_url, row->cause, strlen(row->cause));
	assert_int_equal(pims_cancel(h.pims, h.agent_transaction), 0);
	harness_settle(&h);
	h.agent_opened = 0;
}

static void assert_requests(const struct row *row, size_t before)
{
	assert_int_equal(h.transport.count - before, row->url ? 1 : 0);
	if (!row->url)
		return;
	assert_memory_equal(fake_transport_last(&h.transport)->url, row->url, strlen(row->url));
}

static void call_row(const json_t *reference, const struct row *row)
{
	size_t before = h.transport.count;

	if (row->answer && *row->answer)
		fake_transport_answer(&h.transport, 200, "text/xml", row->answer);
	else if (row->answer)
		fake_transport_answer(&h.transport, 202, NULL, NULL);
	harness_call(&h, json_string_value(json_object_get(reference, "verb")), json_string_value(json_object_get(reference, "api")), row->parameters);
	if (row->code == PAGE)
		assert_page(row);
	else if (row->code)
		harness_assert_failed(&h.heard, row->code, NULL, row->cause);
	else
		harness_assert_succeeded(&h.heard);
	assert_requests(row, before);
}

static void every_row_is_asked_of_the_live_service_or_said_to_have_no_endpoint(void **state)
{
	json_t *document = json_load_file(TEST_DATA_DIR "/spec/api.json", JSON_REJECT_DUPLICATES, NULL);
	const json_t *reference, *list = json_object_get(document, "rows");
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(list), ROWS);
	initialize("{}");
	sign_in();
	json_array_foreach(list, i, reference) {
		call_row(reference, &rows[i]);
		if (strstr(rows[i].parameters ? rows[i].parameters : "", "logout"))
			sign_in();
	}
	json_decref(document);
}

static void our_own_rows_have_no_endpoint_there(void **state)
{
	size_t before;

	(void)state;
	initialize("{}");
	sign_in();
	before = h.transport.count;
	harness_call(&h, "get", "pims.authentication.device", NULL);
	harness_assert_failed(&h.heard, 2344, "StrongAuthentication not configured", NO_ENDPOINT);
	harness_call(&h, "set", "pims.authentication.device", "{\"action\":\"remove\",\"id\":\"1\"}");
	harness_assert_failed(&h.heard, 2344, "StrongAuthentication not configured", NO_ENDPOINT);
	assert_int_equal(h.transport.count, before);
}

static void an_sms_needs_the_apis_address(void **state)
{
	size_t before;

	(void)state;
	initialize("{\"live\":null}");
	sign_in();
	before = h.transport.count;
	harness_call(&h, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	harness_assert_failed(&h.heard, 2344, "StrongAuthentication not configured", NO_ENDPOINT);
	assert_int_equal(h.transport.count, before);
}

static void an_enrollment_needs_inwebos_address(void **state)
{
	size_t before;

	(void)state;
	initialize("{\"credential\":{\"clientID\":\"my-id\",\"clientSecret\":\"\",\"inWeboURL\":null}}");
	sign_in();
	before = h.transport.count;
	harness_call(&h, "set", "pims.authentication.smscode", "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}");
	harness_assert_failed(&h.heard, 2344, "StrongAuthentication not configured", "configuration.credential.inWeboURL");
	assert_int_equal(h.transport.count, before);
}

static void an_environment_that_no_source_tells_of_needs_the_users_address(void **state)
{
	static const char *const unknown[] = {"{\"environnement\":\"Preproduction\"}", "{\"environnement\":\"development\"}", "{\"mode\":\"B2B\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		pims_free(h.pims);
		h.pims = harness_context(&h);
		initialize(unknown[i]);
		harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"login\"}");
		harness_assert_failed(&h.heard, 2006, NULL, "configuration.live.oauthURL");
	}
	assert_int_equal(h.agent_opened, 0);
	assert_int_equal(h.transport.count, 0);
}

static void the_users_addresses_stand_before_the_tables(void **state)
{
	static const char page[] = "https://id.example.org/oauth/authorize?response_type=code&client_id=my-id&";
	char scope[64];

	(void)state;
	initialize("{\"environnement\":\"Preproduction\",\"live\":{\"oauthURL\":\"https://id.example.org/oauth/\"},\"scope\":\"openid email\"}");
	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	assert_memory_equal(h.agent_url, page, sizeof page - 1);
	page_parameter("scope", scope, sizeof scope);
	assert_string_equal(scope, "openid email");
}

static void the_realm_is_the_brands_or_the_users(void **state)
{
	(void)state;
	initialize("{}");
	sign_in();
	fake_transport_answer(&h.transport, 202, NULL, NULL);
	harness_call(&h, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "x-introspect-realm"), "clientsB2CPeugeot");
	pims_free(h.pims);
	h.pims = harness_context(&h);
	initialize("{\"live\":{\"apiURL\":\"" API_URL "/\",\"realm\":\"another\"}}");
	sign_in();
	fake_transport_answer(&h.transport, 202, NULL, NULL);
	harness_call(&h, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "x-introspect-realm"), "another");
}

/* Tokens must not go to another API by a change of the configuration, in one process or from one to the next. */
static void a_session_does_not_follow_to_another_address(void **state)
{
	size_t before;

	(void)state;
	initialize("{}");
	sign_in();
	before = h.transport.count;
	pims_free(h.pims);
	h.pims = harness_context(&h);
	initialize("{\"live\":{\"apiURL\":\"https://elsewhere.example.org\"}}");
	harness_call(&h, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
	pims_free(h.pims);
	h.pims = harness_context(&h);
	initialize("{}");
	harness_call(&h, "set", "pims.sdk.configuration", "{\"live\":{\"apiURL\":\"https://elsewhere.example.org\"}}");
	harness_assert_succeeded(&h.heard);
	harness_call(&h, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
	for (size_t i = before; i < h.transport.count; i++)
		assert_null(strstr(h.transport.requests[i].url, "elsewhere"));
}

/* For every brand: initialize, a restart, and every call without a session. */
static void nothing_is_asked_by_itself(void **state)
{
	json_t *document = json_load_file(TEST_DATA_DIR "/spec/api.json", JSON_REJECT_DUPLICATES, NULL);
	const json_t *reference, *list = json_object_get(document, "rows");
	char changes[128];
	size_t i;

	(void)state;
	for (const struct brand *brand = brands; brand->name; brand++) {
		pims_free(h.pims);
		h.pims = harness_context(&h);
		snprintf(changes, sizeof changes, "{\"profile\":{\"brand\":\"%s\"}}", brand->name);
		initialize(changes);
		harness_wait(&h, 3600 * 1000);
		json_array_foreach(list, i, reference) {
			if (rows[i].code == PAGE || rows[i].code == 2344 || !rows[i].parameters)
				continue;
			harness_call(&h, json_string_value(json_object_get(reference, "verb")), json_string_value(json_object_get(reference, "api")),
				     rows[i].parameters);
			assert_int_equal(h.heard.count, 1);
		}
	}
	assert_int_equal(h.transport.count, 0);
	assert_int_equal(h.agent_opened, 0);
	json_decref(document);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_asked_by_itself),
		T(every_row_is_asked_of_the_live_service_or_said_to_have_no_endpoint),
		T(our_own_rows_have_no_endpoint_there),
		T(an_sms_needs_the_apis_address),
		T(an_enrollment_needs_inwebos_address),
		T(an_environment_that_no_source_tells_of_needs_the_users_address),
		T(the_users_addresses_stand_before_the_tables),
		T(the_realm_is_the_brands_or_the_users),
		T(a_session_does_not_follow_to_another_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
