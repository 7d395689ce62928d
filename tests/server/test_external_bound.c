/* SPDX-License-Identifier: Apache-2.0 */
#include "external_world.h"
#include "support/proof.h"

#include "jose/jwk.h"

/* Access tokens of another provider that are bound to a key (RFC 9449 §6, §7), as JWTs and introspected: the proof is for us, and for this very request. */

#define OPAQUE "opaque-token-1"

static struct dpop_key key, thief;

static int make_keys(void **state)
{
	(void)state;
	proof_key(&key);
	proof_key(&thief);
	return 0;
}

static int free_keys(void **state)
{
	dpop_key_free(&key);
	dpop_key_free(&thief);
	return other_free_keys(state);
}

/* Claims of a token that is bound to `to`; valid until the next use. */
static const char *bound_to(const struct dpop_key *to)
{
	static char changes[128];
	char thumbprint[DPOP_THUMBPRINT_SIZE];

	assert_int_equal(dpop_key_thumbprint(to, thumbprint), 0);
	(void)snprintf(changes, sizeof changes, "{\"cnf\":{\"jkt\":\"%s\"}}", thumbprint);
	return changes;
}

static char *bound_token(void)
{
	return other_token(world.other, KEY_EC, NULL, bound_to(&key));
}

static void begin_introspection(int cache_seconds)
{
	other_introspects(world.other);
	world.other->settings.cache_seconds = cache_seconds;
	answers_metadata(world.other);
	other_start(world.other, 4);
	world.server.server.external = world.other->external;
	world.server.server.settings.external = world.other->settings;
}

/* A right proof for GET ACCOUNT, to be bent. */
static struct proof right_proof(const char *token)
{
	static char url[128];

	(void)snprintf(url, sizeof url, "%s" ACCOUNT, world.server.issuer);
	return (struct proof){.key = &key, .method = "GET", .url = url, .token = token, .now = world.server.now / 1000};
}

static long get(const char *scheme, const char *token, const struct proof *proof)
{
	char *line = proof ? proof_header(proof) : NULL, authorization[EXTERNAL_TOKEN_MAX + 16];

	(void)snprintf(authorization, sizeof authorization, "%s %s", scheme, token);
	call(&world.server, &(struct call){.path = ACCOUNT, .authorization = authorization, .header = line}, &world.reply);
	free(line);
	return world.reply.status;
}

/* A 401 whose challenge of that scheme says why. */
static void assert_refused(const char *scheme, const char *reason)
{
	char expected[256];

	(void)snprintf(expected, sizeof expected, "WWW-Authenticate: %s realm=\"openpims\"%s, error=%s", scheme,
		       strcmp(scheme, "DPoP") == 0 ? ", algs=\"" JOSE_ALGORITHMS "\"" : "", reason);
	if (world.reply.status != 401 || !strstr(buf_text(&world.reply.headers), expected))
		fail_msg("no %s in:\n%s", expected, buf_text(&world.reply.headers));
	assert_string_equal(reply_text(&world.reply, "httpCode"), "401");
	assert_string_equal(reply_header(&world.reply, "Cache-Control"), "no-store");
}

static void assert_refused_as_bearer(const char *token, const struct proof *proof)
{
	assert_int_equal(get("Bearer", token, proof), 401);
	assert_refused("Bearer", "\"invalid_token\", error_description=\"the token is bound to a key: it needs the scheme DPoP and a proof\"");
	assert_non_null(strstr(buf_text(&world.reply.headers), "WWW-Authenticate: DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\"\r\n"));
}

/* --- refused -------------------------------------------------------------------------------------------------------------------------- */

static void a_bound_token_is_refused_as_bearer_even_with_its_proof(void **state)
{
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = bound_token();
	proof = right_proof(token);
	assert_refused_as_bearer(token, NULL);
	assert_refused_as_bearer(token, &proof);
	assert_int_equal(count_accounts(), 0);
	free(token);
}

static void an_unbound_token_is_refused_as_bound(void **state)
{
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = other_token(world.other, KEY_EC, NULL, NULL);
	proof = right_proof(token);
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"invalid_token\", error_description=\"the token is bound to no key: it needs the scheme Bearer\"");
	assert_int_equal(count_accounts(), 0);
	assert_int_equal(get("Bearer", token, NULL), 200);
	free(token);
}

static void a_token_that_is_bound_in_another_way_is_refused_in_either_scheme(void **state)
{
	static const char *const ways[] = {"{\"cnf\":{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}}",
					   "{\"cnf\":{\"jwk\":{\"kty\":\"EC\"}}}", "{\"cnf\":{}}"};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		char *token = other_token(world.other, KEY_EC, NULL, ways[i]);
		const struct proof proof = right_proof(token);

		get("DPoP", token, &proof);
		assert_refused("DPoP", "\"invalid_token\", error_description=\"the token is bound in a way that cannot be proved here\"");
		get("Bearer", token, &proof);
		assert_refused("Bearer", "\"invalid_token\", error_description=\"the token is bound in a way that cannot be proved here\"");
		free(token);
	}
}

static void a_proof_by_another_key_opens_nothing(void **state)
{
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = bound_token();
	proof = right_proof(token);
	proof.key = &thief;
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"invalid_token\", error_description=\"the token is bound to another key\"");
	assert_int_equal(count_accounts(), 0);
	free(token);
}

static void a_proof_must_be_for_this_very_request(void **state)
{
	struct proof rows[9];
	char elsewhere[128], *token;

	(void)state;
	begin();
	token = bound_token();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i] = right_proof(token);
	(void)snprintf(elsewhere, sizeof elsewhere, "%s" ACCOUNT, world.other->issuer); /* the provider's address is not ours */
	rows[0].token = NULL;
	rows[1].token = "another";
	rows[2].method = "POST";
	rows[3].url = elsewhere;
	rows[4].url = world.server.issuer;
	rows[5].damaged = true;
	rows[6].claims = "{\"jti\":null}";
	rows[7].header = "{\"typ\":\"JWT\"}";
	rows[8].header = "{\"alg\":\"none\"}";
	get("DPoP", token, NULL);
	assert_refused("DPoP", "\"invalid_dpop_proof\"");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		get("DPoP", token, &rows[i]);
		assert_refused("DPoP", "\"invalid_dpop_proof\"");
	}
	assert_int_equal(count_accounts(), 0);
	free(token);
}

static void a_proof_is_good_once_and_no_account_comes_of_the_second_time(void **state)
{
	struct account account = {0};
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = bound_token();
	proof = right_proof(token);
	proof.id = "once";
	assert_int_equal(get("DPoP", token, &proof), 200);
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"invalid_dpop_proof\"");
	assert_int_equal(store_account_by_external(world.server.server.store, world.other->issuer, "jo", &account), 0);
	assert_int_equal(store_account_remove(world.server.server.store, account.email), 0);
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"invalid_dpop_proof\"");
	assert_int_equal(count_accounts(), 0);
	account_free(&account);
	free(token);
}

static void a_proof_with_a_token_that_is_no_good_is_not_used_up(void **state)
{
	struct proof proof;
	char *token, *ended;

	(void)state;
	begin();
	token = bound_token();
	ended = other_token(world.other, KEY_EC, NULL, "{\"exp\":5,\"iat\":1}");
	proof = right_proof(ended);
	proof.id = "kept";
	get("DPoP", ended, &proof);
	assert_refused("DPoP", "\"invalid_token\", error_description=\"the token has expired\"");
	proof.token = token;
	assert_int_equal(get("DPoP", token, &proof), 200);
	free(token);
	free(ended);
}

static void a_missing_scope_is_told_in_the_scheme_that_was_used(void **state)
{
	static char scope[] = "car:pin";
	struct proof proof;
	char *token;

	(void)state;
	world.other->settings.scope = scope;
	begin();
	token = bound_token();
	proof = right_proof(token);
	assert_int_equal(get("DPoP", token, &proof), 403);
	assert_non_null(strstr(buf_text(&world.reply.headers),
			       "WWW-Authenticate: DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\", error=\"insufficient_scope\", scope=\"car:pin\"\r\n"));
	assert_refused_as_bearer(token, NULL); /* who has no key is not told what the token may do */
	free(token);
}

static void who_brings_nothing_is_told_both_schemes(void **state)
{
	(void)state;
	begin();
	call(&world.server, &(struct call){.path = ACCOUNT}, &world.reply);
	assert_int_equal(world.reply.status, 401);
	assert_non_null(strstr(buf_text(&world.reply.headers), "WWW-Authenticate: Bearer realm=\"openpims\"\r\n"));
	assert_non_null(strstr(buf_text(&world.reply.headers), "WWW-Authenticate: DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\"\r\n"));
}

static void a_server_that_binds_everything_takes_bound_tokens_alone(void **state)
{
	struct proof proof;
	char *bound, *unbound;

	(void)state;
	begin();
	world.server.server.settings.dpop_required = true;
	bound = bound_token();
	unbound = other_token(world.other, KEY_EC, NULL, NULL);
	get("Bearer", unbound, NULL);
	assert_refused("DPoP", "\"invalid_token\"");
	assert_null(strstr(buf_text(&world.reply.headers), "WWW-Authenticate: Bearer"));
	proof = right_proof(unbound);
	get("DPoP", unbound, &proof);
	assert_refused("DPoP", "\"invalid_token\", error_description=\"the token is bound to no key: it needs the scheme Bearer\"");
	assert_int_equal(count_accounts(), 0);
	proof = right_proof(bound);
	assert_int_equal(get("DPoP", bound, &proof), 200);
	free(bound);
	free(unbound);
}

static void a_bound_token_that_is_introspected_needs_its_proof_each_time(void **state)
{
	struct proof proof = right_proof(OPAQUE);

	(void)state;
	begin_introspection(-1);
	answers_token(world.other, bound_to(&key));
	for (int i = 0; i < 2; i++) { /* by the answer, and by what is remembered of it */
		assert_refused_as_bearer(OPAQUE, &proof);
		proof.key = &thief;
		get("DPoP", OPAQUE, &proof);
		assert_refused("DPoP", "\"invalid_token\", error_description=\"the token is bound to another key\"");
		proof.key = &key;
		proof.id = i ? "second" : "first";
		assert_int_equal(get("DPoP", OPAQUE, &proof), 200);
		get("DPoP", OPAQUE, &proof);
		assert_refused("DPoP", "\"invalid_dpop_proof\"");
	}
	assert_int_equal(raw_server_requests(world.other->raw), 2);
}

static void a_bad_proof_costs_the_provider_nothing(void **state)
{
	struct proof proof = right_proof(OPAQUE);

	(void)state;
	begin_introspection(0);
	proof.method = "POST";
	get("DPoP", OPAQUE, &proof);
	assert_refused("DPoP", "\"invalid_dpop_proof\"");
	assert_int_equal(get_with("/.well-known/openpims", NULL), 200);
	assert_true(raw_server_requests(world.other->raw) <= 1); /* the metadata */
}

/* --- taken ---------------------------------------------------------------------------------------------------------------------------- */

static void a_bound_token_opens_its_account_by_each_new_proof(void **state)
{
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = bound_token();
	proof = right_proof(token);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(get(i ? "dpop" : "DPoP", token, &proof), 200);
		assert_string_equal(reply_text(&world.reply, "username"), "Jo");
	}
	assert_int_equal(count_accounts(), 1);
	free(token);
}

static void the_public_url_counts_and_not_the_address_behind_the_proxy(void **state)
{
	char direct[sizeof world.server.issuer];
	struct proof proof;
	char *token;

	(void)state;
	begin();
	token = bound_token();
	proof = right_proof(token);
	memcpy(direct, world.server.issuer, sizeof direct);
	(void)snprintf(world.server.issuer, sizeof world.server.issuer, "https://pims.example/base");
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"invalid_dpop_proof\"");
	proof.url = "https://PIMS.example:443/base" ACCOUNT "?x=1";
	assert_int_equal(get("DPoP", token, &proof), 200);
	memcpy(world.server.issuer, direct, sizeof direct);
	free(token);
}

static void a_wrong_clock_is_cured_by_a_nonce_of_ours(void **state)
{
	static const int64_t offsets[] = {-61, 61, -86400, 86400};
	char nonce[256], *token;

	(void)state;
	begin();
	token = bound_token();
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		struct proof proof = right_proof(token);

		proof.now += offsets[i];
		get("DPoP", token, &proof);
		assert_refused("DPoP", "\"use_dpop_nonce\"");
		(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&world.reply, "DPoP-Nonce"));
		assert_true(dpop_nonce_valid(nonce));
		proof.nonce = nonce;
		assert_int_equal(get("DPoP", token, &proof), 200);
	}
	free(token);
}

static void a_server_that_always_wants_nonces_gets_them(void **state)
{
	char nonce[256], *token;
	struct proof proof;

	(void)state;
	world.server.server.settings.dpop_nonce = true;
	begin();
	token = bound_token();
	proof = right_proof(token);
	get("DPoP", token, &proof);
	assert_refused("DPoP", "\"use_dpop_nonce\"");
	(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&world.reply, "DPoP-Nonce"));
	proof.nonce = nonce;
	assert_int_equal(get("DPoP", token, &proof), 200);
	free(token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bound_token_is_refused_as_bearer_even_with_its_proof),
		TEST(an_unbound_token_is_refused_as_bound),
		TEST(a_token_that_is_bound_in_another_way_is_refused_in_either_scheme),
		TEST(a_proof_by_another_key_opens_nothing),
		TEST(a_proof_must_be_for_this_very_request),
		TEST(a_proof_is_good_once_and_no_account_comes_of_the_second_time),
		TEST(a_proof_with_a_token_that_is_no_good_is_not_used_up),
		TEST(a_missing_scope_is_told_in_the_scheme_that_was_used),
		TEST(who_brings_nothing_is_told_both_schemes),
		TEST(a_server_that_binds_everything_takes_bound_tokens_alone),
		TEST(a_bound_token_that_is_introspected_needs_its_proof_each_time),
		TEST(a_bad_proof_costs_the_provider_nothing),
		TEST(a_bound_token_opens_its_account_by_each_new_proof),
		TEST(the_public_url_counts_and_not_the_address_behind_the_proxy),
		TEST(a_wrong_clock_is_cured_by_a_nonce_of_ours),
		TEST(a_server_that_always_wants_nonces_gets_them),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
