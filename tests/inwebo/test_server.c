/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "base/text.h"
#include "inwebo/client.h"
#include "inwebo/server.h"
#include "support/fake_env.h"

#include <pims/error.h>
#include <stdlib.h>

/* Both halves against each other, without store or sockets; what the server keeps. */

#define MACID "0123456789abcdef0123456789abcdef"
#define PIN "1234"
#define CODE "12345678"
#define OTP_CHALLENGE "fedcba98765432100123456789abcdef"
#define MS_CHALLENGE "00000000000000000000000000000001"

struct both {
	struct fake_env fake;
	struct iw_keys *keys;
	struct iw_app app;
	struct iw_device device;
	struct iw_record record;
	struct buf target, xml;
	struct query query;
	struct iw_request request; /**< the last one, as the server read it */
	char serial[IW_MAX_SERIAL + 1];
};

static char *keys_text(void)
{
	static const char *const names[][2] = {{"kfact", "kfact"}, {"kiw", "kiw"}, {"kms", "ms"}};
	json_t *file = vector_file("rsa-test-keys"), *all = json_object();
	char *text;

	json_object_set_new(all, "version", json_integer(1));
	for (size_t i = 0; i < 3; i++)
		json_object_set(all, names[i][1], json_object_get(json_object_get(file, "keys"), names[i][0]));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	json_decref(file);
	assert_non_null(text);
	return text;
}

static int begin(void **state)
{
	static struct both both;
	char *text = keys_text();

	memset(&both, 0, sizeof both);
	fake_env_init(&both.fake);
	assert_int_equal(iw_keys_decode(text, strlen(text), &both.fake.env, &both.keys), 0);
	free(text);
	both.app = (struct iw_app){.macid = MACID, .name = "test"};
	buf_init(&both.target, 8192);
	buf_init(&both.xml, 65536);
	*state = &both;
	return 0;
}

static int end(void **state)
{
	struct both *both = *state;

	iw_keys_free(both->keys);
	iw_device_free(&both->device);
	iw_record_free(&both->record);
	buf_free(&both->target);
	buf_free(&both->xml);
	query_free(&both->query);
	fake_env_free(&both->fake);
	return 0;
}

/* The request arrives. */
static void send(struct both *both, int built)
{
	const char *text = buf_text(&both->target);

	assert_int_equal(built, 0);
	query_free(&both->query);
	assert_int_equal(query_parse(strchr(text, '?') + 1, strlen(strchr(text, '?') + 1), &both->query), 0);
	assert_int_equal(iw_request_read(&both->query, &both->request), 0);
	buf_reset(&both->target);
	buf_reset(&both->xml);
}

static struct iw_reply reply(const struct both *both)
{
	return (struct iw_reply){.xml = buf_text(&both->xml), .length = both->xml.len};
}

static void activate(struct both *both)
{
	struct iw_enrolled enrolled = {.id = "42", .challenge = MS_CHALLENGE, .now = 1700000000};
	struct secret pin = {0};
	struct iw_reply answer;

	send(both, iw_client_setup_activate(&both->app, CODE, &both->target));
	assert_int_equal(iw_server_answer_setup_activate(both->keys, 2, &both->xml), 0);
	answer = reply(both);
	assert_int_equal(iw_client_setup_activate_answer(&both->device, &both->app, CODE, &answer), 0);
	assert_int_equal(both->device.pinmode, 2);
	send(both, iw_client_finalize_activate(&both->device, &both->fake.env, &both->app, PIN, &both->target));
	assert_int_equal(text_copy(both->serial, sizeof both->serial, both->request.serial), 0);
	assert_int_equal(iw_server_open_activation(both->keys, &both->request, &both->record.kma, &pin), 0);
	assert_string_equal(secret_text(&pin), PIN);
	assert_int_equal(iw_server_make_keys(&both->fake.env, &both->record), 0);
	assert_int_equal(iw_server_answer_finalize_activate(both->keys, &both->record, &enrolled, &both->xml), 0);
	answer = reply(both);
	assert_int_equal(iw_client_finalize_activate_answer(&both->device, &both->fake.env, PIN, &answer), 0);
	assert_string_equal(secret_text(&both->device.k0), secret_text(&both->record.k0));
	assert_string_equal(secret_text(&both->device.k1), secret_text(&both->record.k1));
	assert_string_equal(both->device.tsync, "1700000000");
	secret_free(&pin);
}

static struct iw_verdict check(const struct both *both, const char *challenge, const char *pin)
{
	struct iw_expected expected = {.challenge = challenge, .serial = both->serial, .pin = pin};
	struct iw_verdict verdict = {0};

	assert_int_equal(iw_server_check(&both->record, &expected, &both->request, &verdict), 0);
	return verdict;
}

static void enrol(struct both *both)
{
	struct iw_reply answer;

	activate(both);
	send(both, iw_client_ms(&both->device, &both->fake.env, PIN, &both->target));
	assert_true(check(both, MS_CHALLENGE, PIN).device);
	assert_int_equal(check(both, MS_CHALLENGE, PIN).pin, IW_PIN_RIGHT);
	assert_int_equal(iw_server_take_ms(both->keys, &both->request, &both->record), 0);
	assert_int_equal(iw_server_answer_ms(&both->xml), 0);
	answer = reply(both);
	assert_int_equal(iw_client_ms_answer(&both->device, PIN, &answer), 0);
	assert_string_equal(secret_text(&both->device.secval), secret_text(&both->record.secval));
}

static void ask_otp(struct both *both, const char *pin)
{
	struct iw_reply answer;

	send(both, iw_client_setup_otp(&both->device, &both->target));
	assert_int_equal(iw_server_answer_setup_otp(OTP_CHALLENGE, 1, &both->xml), 0);
	answer = reply(both);
	assert_int_equal(iw_client_setup_otp_answer(&both->device, &answer), 0);
	send(both, iw_client_finalize_otp(&both->device, &both->app, pin, &both->target));
}

/* The server's OTP; the client's when the answer arrives. */
static void issue(struct both *both, const char *pin, bool arrives)
{
	struct iw_verdict verdict = check(both, OTP_CHALLENGE, PIN);
	struct iw_issue issue = {0};
	struct secret otp = {0};
	struct iw_reply answer;
	bool again = true;

	assert_true(verdict.device);
	assert_int_equal(iw_server_issue(&both->record, &verdict, &both->fake.env, &issue), 0);
	assert_int_equal(strlen(issue.defi), 8);
	assert_int_equal(iw_server_answer_finalize_otp(&issue, &both->xml), 0);
	answer = reply(both);
	if (arrives) {
		assert_int_equal(iw_client_finalize_otp_answer(&both->device, pin, &answer, &otp, &again), 0);
		assert_false(again);
		assert_string_equal(secret_text(&otp), secret_text(&issue.otp));
		assert_string_equal(secret_text(&both->device.k1), secret_text(&both->record.k1_offered));
	}
	secret_free(&otp);
	iw_issue_free(&issue);
}

/* --- negative ------------------------------------------------------------------------------------------------------------------------ */

static void no_challenge_proves_nothing(void **state)
{
	struct both *both = *state;
	struct iw_record empty = {0};
	struct iw_expected expected = {.challenge = OTP_CHALLENGE, .serial = both->serial, .pin = PIN};
	struct iw_verdict verdict = {.device = true};

	enrol(both);
	*both->device.challenge = '\0';
	send(both, iw_client_setup_otp(&both->device, &both->target));
	ask_otp(both, PIN);
	assert_false(check(both, "", PIN).device);
	assert_false(check(both, MS_CHALLENGE, PIN).device);
	assert_int_equal(iw_server_check(&empty, &expected, &both->request, &verdict), 0);
	assert_false(verdict.device);
}

static void the_first_finalize_s_empty_proofs_prove_nothing(void **state)
{
	struct both *both = *state;

	activate(both);
	send(both, iw_client_ms(&both->device, &both->fake.env, PIN, &both->target));
	both->request.r0 = "9194bd626d42e7ae19b3fc11a65e204317d3dcd70bb0bd78488a2e0ebc26fce2";                    /* of ";;serial" */
	both->request.r1 = both->request.r2 = "a9032d0faccd7977d530484b5368c4dbc6c7c8964941a94a97a269c079c9f2ea"; /* of ";;" */
	assert_false(check(both, MS_CHALLENGE, PIN).device);
	assert_false(check(both, "", "").device);
}

static void proofs_tell_the_pin_from_none_and_from_a_wrong_one(void **state)
{
	struct both *both = *state;

	enrol(both);
	ask_otp(both, PIN);
	assert_int_equal(check(both, OTP_CHALLENGE, PIN).pin, IW_PIN_RIGHT);
	assert_int_equal(check(both, OTP_CHALLENGE, "4321").pin, IW_PIN_WRONG);
	assert_int_equal(check(both, OTP_CHALLENGE, "").pin, IW_PIN_WRONG);
	ask_otp(both, NULL);
	assert_int_equal(check(both, OTP_CHALLENGE, PIN).pin, IW_PIN_NONE);
	assert_int_equal(check(both, OTP_CHALLENGE, "").pin, IW_PIN_NONE); /* an account without PIN has no right one */
	both->request.r0 = both->request.r1;
	assert_false(check(both, OTP_CHALLENGE, PIN).device);
}

static void what_opens_to_something_else_is_refused(void **state)
{
	struct both *both = *state;
	struct secret kma = {0}, pin = {0};
	struct iw_rsa *kiw = NULL;
	struct buf kept = BUF_INIT(512), bad = BUF_INIT(512);
	static const struct {
		const char *bytes;
		size_t length;
	} pins[] = {{"12\0004", 4}, {"123456789012345678901234567890123", 33}};

	activate(both);
	assert_int_equal(iw_rsa_public(both->device.kiw, &kiw), 0);
	assert_int_equal(iw_rsa_encrypt(kiw, &both->fake.env, "0123456789abcdef", 16, &kept), 0);
	assert_int_equal(iw_rsa_encrypt(kiw, &both->fake.env, "0123456789abcde", 15, &bad), 0);
	both->request = (struct iw_request){.kma = buf_text(&bad), .pin = buf_text(&kept)};
	assert_int_equal(iw_server_open_activation(both->keys, &both->request, &kma, &pin), PIMS_E_FORMAT);
	for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
		buf_reset(&bad);
		assert_int_equal(iw_rsa_encrypt(kiw, &both->fake.env, pins[i].bytes, pins[i].length, &bad), 0);
		both->request = (struct iw_request){.kma = buf_text(&kept), .pin = buf_text(&bad)};
		assert_int_equal(iw_server_open_activation(both->keys, &both->request, &kma, &pin), PIMS_E_FORMAT);
	}
	both->request.ms_val = buf_text(&kept); /* closed under another key */
	assert_int_equal(iw_server_take_ms(both->keys, &both->request, &both->record), PIMS_E_FORMAT);
	assert_true(secret_empty(&both->record.secval));
	assert_true(secret_empty(&kma));
	assert_true(secret_empty(&pin));
	iw_rsa_free(kiw);
	buf_free(&kept);
	buf_free(&bad);
}

static void without_randomness_nothing_is_issued(void **state)
{
	struct both *both = *state;
	struct iw_issue issue = {0};
	struct iw_verdict verdict;
	struct buf before = BUF_INIT(2048), after = BUF_INIT(2048);
	struct iw_keys *keys = NULL;

	enrol(both);
	ask_otp(both, PIN);
	verdict = check(both, OTP_CHALLENGE, PIN);
	assert_int_equal(iw_record_encode(&both->record, &before), 0);
	both->fake.random_fails = true;
	assert_int_equal(iw_server_issue(&both->record, &verdict, &both->fake.env, &issue), PIMS_E_CRYPTO);
	assert_int_equal(iw_keys_generate(&both->fake.env, &keys), PIMS_E_CRYPTO);
	assert_null(keys);
	assert_int_equal(iw_record_encode(&both->record, &after), 0);
	assert_string_equal(buf_text(&before), buf_text(&after));
	buf_free(&before);
	buf_free(&after);
}

static void damaged_keys_are_refused(void **state)
{
	struct both *both = *state;
	char *text = keys_text();
	size_t length = strlen(text);
	struct iw_keys *keys = NULL;

	for (size_t cut = 0; cut < length; cut += 7)
		assert_int_equal(iw_keys_decode(text, cut, &both->fake.env, &keys), PIMS_E_FORMAT);
	for (size_t i = 0; i < length; i += 61) {
		char kept = text[i];

		text[i] = 'x';
		assert_int_equal(iw_keys_decode(text, length, &both->fake.env, &keys), PIMS_E_FORMAT);
		text[i] = kept;
	}
	assert_null(keys);
	assert_int_equal(iw_keys_decode("{\"version\":2}", 13, &both->fake.env, &keys), PIMS_E_FORMAT);
	free(text);
	iw_keys_free(NULL);
}

static void damaged_records_are_refused(void **state)
{
	struct both *both = *state;
	struct buf json = BUF_INIT(2048);
	struct iw_record record = {0};

	enrol(both);
	assert_int_equal(iw_record_encode(&both->record, &json), 0);
	for (size_t cut = 0; cut < json.len; cut++)
		assert_int_equal(iw_record_decode(buf_text(&json), cut, &record), PIMS_E_FORMAT);
	for (size_t i = 0; i < json.len; i++) {
		char kept = json.data[i];

		json.data[i] = '\x1f';
		if (iw_record_decode(buf_text(&json), json.len, &record) == 0)
			fail_msg("accepted a record damaged at %zu", i);
		json.data[i] = kept;
	}
	assert_true(secret_empty(&record.k0));
	assert_int_equal(iw_record_decode(buf_text(&json), json.len, &record), 0);
	assert_string_equal(secret_text(&record.secval), secret_text(&both->record.secval));
	iw_record_free(&record);
	buf_free(&json);
}

/* --- positive ------------------------------------------------------------------------------------------------------------------------- */

static void both_halves_compute_the_same_otps(void **state)
{
	struct both *both = *state;

	enrol(both);
	for (int i = 0; i < 6; i++) {
		const char *pin = i % 2 ? PIN : NULL;

		ask_otp(both, pin);
		issue(both, pin, true);
	}
}

static void a_lost_answer_leaves_two_keys_good(void **state)
{
	struct both *both = *state;
	struct iw_device older = {0};

	enrol(both);
	assert_int_equal(iw_device_copy(&both->device, &older), 0);
	ask_otp(both, PIN);
	issue(both, PIN, false);
	ask_otp(both, PIN); /* with the K1 before the lost answer */
	assert_false(check(both, OTP_CHALLENGE, PIN).offered);
	issue(both, PIN, true);
	ask_otp(both, PIN);
	assert_true(check(both, OTP_CHALLENGE, PIN).offered);
	issue(both, PIN, true);
	iw_device_free(&both->device);
	both->device = older;
	ask_otp(both, PIN);
	assert_false(check(both, OTP_CHALLENGE, PIN).device); /* superseded by a proof with the next */
}

static void made_keys_serve_after_a_restart(void **state)
{
	struct both *both = *state;
	struct buf json = BUF_INIT(IW_KEYS_MAX);
	struct iw_keys *made = NULL;

	assert_int_equal(iw_keys_generate(&both->fake.env, &made), 0);
	assert_int_equal(iw_keys_encode(made, &json), 0);
	iw_keys_free(both->keys);
	assert_int_equal(iw_keys_decode(buf_text(&json), json.len, &both->fake.env, &both->keys), 0);
	assert_string_equal(iw_keys_kfact(made), iw_keys_kfact(both->keys));
	iw_keys_free(made);
	buf_free(&json);
	enrol(both);
	ask_otp(both, PIN);
	issue(both, PIN, true);
}

static void a_refusal_reaches_the_client_with_its_details(void **state)
{
	struct both *both = *state;
	struct iw_refusal refusal;
	struct iw_reply answer;

	enrol(both);
	for (int error = IW_CODE; error < IW_KFACT_CHANGED; error++) {
		iw_refusal_set(&refusal, (enum iw_error)error);
		refusal.remaining = error;
		refusal.retry_after = 10 * error;
		snprintf(refusal.cause, sizeof refusal.cause, "some.cause%d", error);
		buf_reset(&both->xml);
		assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_OTP, &refusal, &both->xml), 0);
		answer = reply(both);
		assert_int_equal(iw_client_setup_otp_answer(&both->device, &answer), error);
		assert_int_equal(answer.refusal.error, error);
		assert_int_equal(answer.refusal.remaining, error);
		assert_int_equal(answer.refusal.retry_after, 10 * error);
		assert_string_equal(answer.refusal.cause, refusal.cause);
	}
	iw_refusal_set(&refusal, IW_STATE);
	buf_reset(&both->xml);
	assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_OTP, &refusal, &both->xml), 0);
	assert_non_null(strstr(buf_text(&both->xml), "<ActionSetup><err>NOK:STATE</err></ActionSetup>")); /* nothing but err */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_challenge_proves_nothing),
		TEST(the_first_finalize_s_empty_proofs_prove_nothing),
		TEST(proofs_tell_the_pin_from_none_and_from_a_wrong_one),
		TEST(what_opens_to_something_else_is_refused),
		TEST(without_randomness_nothing_is_issued),
		TEST(damaged_keys_are_refused),
		TEST(damaged_records_are_refused),
		TEST(both_halves_compute_the_same_otps),
		TEST(a_lost_answer_leaves_two_keys_good),
		TEST(made_keys_serve_after_a_restart),
		TEST(a_refusal_reaches_the_client_with_its_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
