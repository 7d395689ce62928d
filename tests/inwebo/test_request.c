/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "base/text.h"
#include "inwebo/device.h"
#include "inwebo/request.h"

#include <pims/error.h>

#define MACID "0123456789abcdef0123456789abcdef"
#define R "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BLOCK R R R R

static struct iw_request full(enum iw_step step)
{
	return (struct iw_request){
		.step = step,
		.id = "1724543672",
		.lastsync = "1700000000",
		.macid = MACID,
		.lang = "fr",
		.serial = "0011223344556677/_/00112233445566778899aabbccddeeff",
		.code = "12345678",
		.kma = BLOCK,
		.pin = BLOCK,
		.name = "A name / with % & = + \xc3\xa9",
		.sid = "4242",
		.ms_id = "77",
		.ms_val = BLOCK,
		.r0 = R,
		.r1 = R,
		.r2 = R,
	};
}

static int read_target(const char *target, struct query *ret_query, struct iw_request *ret_request)
{
	const char *text = strchr(target, '?') + 1;

	assert_int_equal(query_parse(text, strlen(text), ret_query), 0);
	return iw_request_read(ret_query, ret_request);
}

static int read_text(const char *text)
{
	struct query query = {0};
	struct iw_request request = {0};
	int r = read_target(text, &query, &request);

	query_free(&query);
	return r;
}

static void an_unknown_step_is_refused(void **state)
{
	static const char *const bad[] = {
		"?",
		"?action=ActionSetup",
		"?mode=otp",
		"?action=ActionSetup&mode=ms&macid=" MACID "&id=1",
		"?action=actionsetup&mode=otp&macid=" MACID "&id=1",
		"?action=ActionSetup&mode=synchro&macid=" MACID "&id=1",
		"?action=ActionSetup&mode=&macid=" MACID "&id=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_text(bad[i]), PIMS_E_FORMAT);
	assert_int_equal(read_text("?action=ActionSetup&mode=otp&macid=" MACID "&id=1"), 0);
}

/* Leaves out each parameter in turn: those that nothing can be done without are missed. */
static void assert_wanted(enum iw_step step, const char *const *wanted)
{
	struct iw_request request = full(step), read = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	struct query query = {0};

	assert_int_equal(iw_request_write(&request, &target), 0);
	assert_int_equal(read_target(buf_text(&target), &query, &read), 0);
	for (size_t i = 0; i < query.count; i++) {
		const char *name = query.items[i].name;
		bool is_wanted = strcmp(name, "action") == 0 || strcmp(name, "mode") == 0;
		char kept;

		for (const char *const *w = wanted; *w; w++)
			is_wanted = is_wanted || strcmp(name, *w) == 0;
		kept = *query.items[i].name;
		*query.items[i].name = '\x01';
		if (iw_request_read(&query, &read) != (is_wanted ? PIMS_E_FORMAT : 0))
			fail_msg("step %d without parameter %zu", (int)step, i);
		*query.items[i].name = kept;
	}
	query_free(&query);
	buf_free(&target);
}

static void what_nothing_can_be_done_without_is_missed(void **state)
{
	(void)state;
	assert_wanted(IW_STEP_SETUP_ACTIVATE, (const char *const[]){"macid", "code", NULL});
	assert_wanted(IW_STEP_FINALIZE_ACTIVATE, (const char *const[]){"macid", "code", "serial", "Kma", "pin", NULL});
	assert_wanted(IW_STEP_FINALIZE_MS, (const char *const[]){"macid", "ms_id0", "ms_val0", "R0", "R1", "R2", NULL});
	assert_wanted(IW_STEP_SETUP_OTP, (const char *const[]){"macid", NULL});
	assert_wanted(IW_STEP_FINALIZE_OTP, (const char *const[]){"macid", "R0", "R1", "R2", NULL});
	assert_wanted(IW_STEP_SETUP_STATUS, (const char *const[]){"macid", NULL});
	assert_wanted(IW_STEP_SETUP_PASSWORD, (const char *const[]){"macid", NULL});
	assert_wanted(IW_STEP_FINALIZE_PASSWORD, (const char *const[]){"macid", "Kma", "pin", "R0", "R1", "R2", NULL});
	assert_wanted(IW_STEP_SETUP_RESET, (const char *const[]){"macid", "code", NULL});
	assert_wanted(IW_STEP_FINALIZE_RESET, (const char *const[]){"macid", "code", "Kma", "pin", "R0", "R1", "R2", NULL});
}

static void a_parameter_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {
		"?action=ActionSetup&mode=activate&macid=" MACID "&code=",
		"?action=ActionSetup&mode=activate&macid=" MACID "&code=1234567x",
		"?action=ActionSetup&mode=activate&macid=" MACID "&code=123456789012345678901234567890123",
		"?action=ActionSetup&mode=activate&macid=" MACID "0&code=12345678",
		"?action=ActionSetup&mode=activate&macid=0123456789abcdef0123456789abcdeg&code=12345678",
		"?action=ActionSetup&mode=otp&macid=" MACID "&id=1x",
		"?action=ActionSetup&mode=otp&macid=" MACID "&id=1&sid=a%0Ab",
		"?action=ActionSetup&mode=otp&macid=" MACID "&id=1&sid=12345678901234567890123456789012345678901234567890123456789012345",
		"?action=ActionFinalize&mode=otp&macid=" MACID "&id=1&R0=" R "&R1=" R "&R2=" R "0",
		"?action=ActionFinalize&mode=otp&macid=" MACID "&id=1&R0=" R "&R1=" R "&R2=",
		"?action=ActionFinalize&mode=ms&macid=" MACID "&id=1&ms_id0=1&ms_val0=" R "&R0=" R "&R1=" R "&R2=" R,
		"?action=ActionFinalize&mode=ms&macid=" MACID "&id=1&ms_id0=&ms_val0=" BLOCK "&R0=" R "&R1=" R "&R2=" R,
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (read_text(bad[i]) != PIMS_E_FORMAT)
			fail_msg("accepted: %s", bad[i]);
}

static void a_target_that_does_not_fit_is_an_error(void **state)
{
	struct iw_request request = full(IW_STEP_FINALIZE_ACTIVATE);
	struct buf target = BUF_INIT(600);

	(void)state;
	assert_int_equal(iw_request_write(&request, &target), PIMS_E_LIMIT);
	buf_free(&target);
}

static void assert_read(const char *read, const char *written, bool sent)
{
	assert_string_equal(read ? read : "", sent ? written : "");
}

static void what_a_client_writes_the_server_reads(void **state)
{
	(void)state;
	for (int step = 0; step < IW_STEP_COUNT; step++) {
		struct iw_request request = full((enum iw_step)step), read = {0};
		struct buf target = BUF_INIT(IW_MAX_TARGET);
		struct query query = {0};
		bool activate = step == IW_STEP_FINALIZE_ACTIVATE, setup = step == IW_STEP_SETUP_ACTIVATE, ms = step == IW_STEP_FINALIZE_MS;
		bool reset = step == IW_STEP_SETUP_RESET || step == IW_STEP_FINALIZE_RESET;
		bool new_pin = step == IW_STEP_FINALIZE_PASSWORD || step == IW_STEP_FINALIZE_RESET;

		assert_int_equal(iw_request_write(&request, &target), 0);
		assert_int_equal(read_target(buf_text(&target), &query, &read), 0);
		assert_int_equal(read.step, step);
		assert_string_equal(read.macid, request.macid);
		assert_read(read.serial, request.serial, activate);
		assert_read(read.kma, request.kma, activate || new_pin);
		assert_read(read.pin, request.pin, activate || new_pin);
		assert_read(read.name, request.name, activate);
		assert_read(read.code, request.code, activate || setup || reset);
		assert_read(read.id, request.id, !activate && !setup);
		assert_read(read.ms_val, request.ms_val, ms);
		assert_read(read.sid, request.sid, step == IW_STEP_SETUP_OTP || step == IW_STEP_FINALIZE_OTP);
		assert_read(read.r2, request.r2, strcmp(iw_step_action((enum iw_step)step), "ActionFinalize") == 0);
		query_free(&query);
		buf_free(&target);
	}
}

static void the_peer_s_requests_are_read(void **state)
{
	json_t *file = vector_file("conversation"), *exchanges = json_object_get(file, "exchanges"), *one;
	size_t i;

	(void)state;
	json_array_foreach(exchanges, i, one) assert_int_equal(read_text(vector_text(one, "target")), 0);
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_step_is_refused),
		cmocka_unit_test(what_nothing_can_be_done_without_is_missed),
		cmocka_unit_test(a_parameter_of_another_form_is_refused),
		cmocka_unit_test(a_target_that_does_not_fit_is_an_error),
		cmocka_unit_test(what_a_client_writes_the_server_reads),
		cmocka_unit_test(the_peer_s_requests_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
