/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_fixture.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t fixed_time(void *data)
{
	(void)data;
	return INT64_C(1700000123000);
}

/* The random values of tests/data/vectors/conversation.json where only the size matters: the ms secret has 16 bytes, an OAEP seed 32. */
static int fixed_random(void *data, void *bytes, size_t length)
{
	static const unsigned char secret[16] = {0x9f, 0x9d, 0x2e, 0x56, 0x05, 0xa5, 0xc0, 0x8b, 0x2f, 0xaf, 0xe6, 0xc6, 0x6a, 0xe6, 0x22, 0x00};

	(void)data;
	memset(bytes, 0x5a, length);
	if (length == sizeof secret)
		memcpy(bytes, secret, length);
	return 0;
}

void flow_fixture_init(struct flow_fixture *fixture)
{
	const struct pims_clock clock = {.size = sizeof clock, .now = fixed_time, .monotonic = fixed_time};
	const struct pims_random random = {.size = sizeof random, .fill = fixed_random};
	struct endpoints *endpoints = &fixture->profile.endpoints;

	memset(fixture, 0, sizeof *fixture);
	env_init(&fixture->env, &clock, &random, NULL);
	assert_int_equal(text_set(&fixture->profile.backend, "http://127.0.0.1:1"), 0);
	assert_int_equal(text_set(&fixture->profile.client_id, "pims"), 0);
	assert_int_equal(text_set(&fixture->profile.macid, "ffffffffffffffffffffffffffffffff"), 0);
	assert_int_equal(text_set(&endpoints->inwebo, "http://127.0.0.1:1/mac/"), 0);
	assert_int_equal(text_set(&endpoints->sms, "http://127.0.0.1:1/smsCode"), 0);
	assert_int_equal(text_set(&endpoints->sms_purpose, "http://127.0.0.1:1/v1/sms"), 0);
	assert_int_equal(text_set(&endpoints->phone, "http://127.0.0.1:1/v1/phone"), 0);
	assert_int_equal(text_set(&endpoints->account, "http://127.0.0.1:1/v1/account"), 0);
	assert_int_equal(text_set(&endpoints->realm, "clientsB2CPeugeot"), 0);
	assert_int_equal(text_copy(fixture->device.device_id, sizeof fixture->device.device_id, "0011223344556677"), 0);
	assert_int_equal(text_copy(fixture->device.alea, sizeof fixture->device.alea, "00112233445566778899aabbccddeeff"), 0);
	flow_init(&fixture->flow);
}

static void end_run(struct flow_fixture *fixture)
{
	flow_clear(&fixture->flow);
	json_wipe(fixture->parameters);
	fixture->parameters = NULL;
	fixture->locked = false;
	fixture->requests = 0;
	fixture->saves = 0;
}

void flow_fixture_free(struct flow_fixture *fixture)
{
	end_run(fixture);
	iw_device_free(&fixture->device);
	profile_free(&fixture->profile);
}

static void record_request(struct flow_fixture *fixture)
{
	const struct http_request *request = &fixture->flow.request;
	size_t length = request->headers.len < sizeof fixture->headers ? request->headers.len : sizeof fixture->headers - 1;

	assert_true(fixture->requests < 8);
	snprintf(fixture->urls[fixture->requests++], sizeof *fixture->urls, "%s", buf_text(&request->url));
	snprintf(fixture->body, sizeof fixture->body, "%s", buf_text(&request->body));
	memcpy(fixture->headers, buf_text(&request->headers), length);
	for (size_t i = 0; i < length; i++)
		if (!fixture->headers[i])
			fixture->headers[i] = '\n';
	fixture->headers[length] = '\0';
	fixture->bearer = fixture->flow.bearer;
	fixture->flow.bearer = false;
}

/* Answers the request; false when the driver would end the flow itself. */
static bool answer_request(struct flow_fixture *fixture)
{
	struct flow *flow = &fixture->flow;
	const struct canned *canned = &fixture->script[fixture->requests];

	record_request(fixture);
	if (!canned->expect)
		fail_msg("unexpected request %s", fixture->urls[fixture->requests - 1]);
	if (!strstr(buf_text(&flow->request.url), canned->expect))
		fail_msg("request %s instead of %s", buf_text(&flow->request.url), canned->expect);
	http_response_reset(&flow->response);
	flow->response.failure = canned->failure;
	flow->response.status = canned->status;
	snprintf(flow->response.content_type, sizeof flow->response.content_type, "%s", canned->type ? canned->type : "");
	if (canned->body)
		assert_int_equal(buf_puts(&flow->response.body, canned->body), 0);
	if (!flow->response.failure || flow->sees_failures)
		return true;
	flow_fail_response(flow);
	return false;
}

static bool save(struct flow_fixture *fixture)
{
	assert_true(fixture->locked);
	assert_true(fixture->saves < 16);
	fixture->saved[fixture->saves++] = fixture->device.phase;
	return fixture->saves != fixture->fail_save;
}

void flow_fixture_run(struct flow_fixture *fixture, flow_step_fn first, const char *parameters, const struct canned *script)
{
	struct flow *flow = &fixture->flow;
	enum flow_want want;

	end_run(fixture);
	flow_init(flow);
	if (parameters)
		assert_int_equal(json_parse_object(parameters, strlen(parameters), 4096, &fixture->parameters), 0);
	fixture->script = script;
	flow->env = &fixture->env;
	flow->profile = &fixture->profile;
	flow->device = &fixture->device;
	flow->clock_skew = &fixture->skew;
	flow->device_name = "test device";
	flow->parameters = fixture->parameters;
	for (want = first(flow); want != FLOW_DONE; want = flow->next(flow)) {
		if (want == FLOW_HTTP && !answer_request(fixture))
			return;
		if (want == FLOW_SAVE && !save(fixture)) {
			flow_fail(flow, 2000, "state.write");
			return;
		}
		if (want == FLOW_TOKEN)
			assert_false(fixture->locked);
		if (want == FLOW_LOCK)
			fixture->locked = true;
		assert_true(want == FLOW_HTTP || want == FLOW_SAVE || want == FLOW_TOKEN || want == FLOW_LOCK || want == FLOW_ENDPOINTS);
	}
}
