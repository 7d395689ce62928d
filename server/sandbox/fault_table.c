/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "inwebo/server.h"
#include "server/sandbox/internal.h"

#include <pims/error.h>

#include <string.h>

/* What a server answers so that an application over libpims gets a documented code (spec/facade.md, spec/wire.md §1 and §2). */

enum answer {
	ANSWER_SILENCE,
	ANSWER_PORTAL,  /* 511, RFC 6585 §6: what stands between the application and the internet */
	ANSWER_PROBLEM, /* status and cause of the row */
	ANSWER_SESSION, /* 401 on the access token, and invalid_grant on its renewal */
	ANSWER_STEP_UP, /* RFC 9470 */
	ANSWER_WORD,    /* NOK:… of the row on iwws/MAC; elsewhere a problem whose cause is that word's */
	ANSWER_SYNC     /* the same; where the call is done, beside what it brings */
};

struct fault_row {
	int code;
	enum answer answer;
	unsigned usual;
	unsigned possible;
	enum iw_error error;  /* ANSWER_WORD */
	int status;           /* of the problem, also of what is no iwws/MAC; 0 = 403 */
	const char *cause;
	const char *title;
};

#define WORDS (CALLS_IWWS | CALL_REMOVAL)
#define WORD(code, error) {code, ANSWER_WORD, WORDS, WORDS | CALL_PHONE_CHANGE, error, 0, NULL, NULL}
/* clang-format off */
static const struct fault_row rows[] = {
	{2201, ANSWER_SILENCE, CALLS_API, CALLS_ANY, IW_OK, 0, NULL, NULL},
	{2202, ANSWER_PORTAL, CALLS_API, CALLS_ANY, IW_OK, 511, "network.portal", "Network authentication required"},
	{2204, ANSWER_PROBLEM, CALLS_API, CALLS_ANY, IW_OK, 500, "server.error", "The server failed, as the sandbox was told to"},
	{2301, ANSWER_SESSION, CALLS_BEARER | CALL_TOKEN, CALLS_BEARER | CALL_TOKEN, IW_OK, 0, NULL, NULL},
	{2302, ANSWER_STEP_UP, CALLS_BEARER, CALLS_BEARER, IW_OK, 0, NULL, NULL},
	{2305, ANSWER_WORD, CALL_CONFIRM | CALL_ENROLL | CALL_PINCODE | CALL_PHONE_CHANGE | CALL_REMOVAL,
	 CALL_CONFIRM | CALL_ENROLL | CALL_PINCODE | CALL_PHONE_CHANGE | CALL_REMOVAL, IW_CODE, 403, "sms.code", "The SMS code is wrong"},
	{2307, ANSWER_PROBLEM, CALL_PHONE, CALL_PHONE, IW_OK, 404, "phone.none", "The account has no trusted phone number"},
	WORD(2308, IW_ACCESS),
	WORD(2309, IW_VERSION),
	WORD(2310, IW_BLOCKED),
	WORD(2311, IW_STATE),
	WORD(2312, IW_NODEVICE),
	WORD(2313, IW_NOCA),
	WORD(2314, IW_NOSRV),
	{2315, ANSWER_WORD, CALL_PINCODE, CALLS_IWWS, IW_PINREUSED, 0, NULL, NULL},
	{2316, ANSWER_SYNC, WORDS & ~(unsigned)CALL_ENROLL, WORDS | CALL_PHONE_CHANGE, IW_SYNCHROFAILED, 503, NULL, NULL},
	WORD(2317, IW_FORBIDDEN),
	{2344, ANSWER_PROBLEM, CALLS_BEARER | CALLS_IWWS, CALLS_BEARER | CALLS_IWWS, IW_OK, 501, "backend.no_endpoint", "This server does not offer it"},
	{2390, ANSWER_PROBLEM, CALL_PHONE_CHANGE, CALL_PHONE_CHANGE, IW_OK, 409, "phone.exists", "The account has a phone number"},
};
/* clang-format on */
#undef WORD
#undef WORDS

const struct fault_row *fault_row(int64_t code)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

int fault_code(const struct fault_row *row)
{
	return row->code;
}

unsigned fault_usual(const struct fault_row *row)
{
	return row->usual;
}

unsigned fault_possible(const struct fault_row *row)
{
	return row->possible;
}

static bool is_renewal(const struct request *request)
{
	return text_equal(request_parameter(request, "grant_type"), "refresh_token");
}

/* Where something is done: every other ActionSetup only asks for a challenge. */
static bool does_something(unsigned call, const struct request *request)
{
	return !(call & CALLS_IWWS) || call == CALL_CONFIRM || text_equal(query_get(&request->query, "action"), "ActionFinalize");
}

bool fault_meets(const struct fault *fault, unsigned call, const struct request *request)
{
	if (!(fault->calls & call) || (fault->done && !does_something(call, request)))
		return false;
	return !fault->row || fault->row->answer != ANSWER_SESSION || call != CALL_TOKEN || is_renewal(request);
}

int fault_spends(const struct fault *fault, unsigned call, const struct request *request)
{
	if (fault->row && fault->row->answer == ANSWER_SESSION)
		return call == CALL_TOKEN && is_renewal(request);
	return 1;
}

/* --- answers --------------------------------------------------------------------------------------------------------------------------------------- */

static void answer_unauthorized(struct response *response, const char *challenge)
{
	response_json(response, 401,
		      json_pack("{s:s, s:s, s:s}", "httpCode", "401", "httpMessage", "Unauthorized", "moreInformation", "Token is invalid"));
	(void)response_header(response, "WWW-Authenticate", challenge);
}

static void answer_session(struct response *response, unsigned call)
{
	if (call == CALL_TOKEN)
		response_json(response, 400, json_pack("{s:s, s:s}", "error", "invalid_grant", "error_description", "the session has ended"));
	else
		answer_unauthorized(response, "Bearer realm=\"openpims\", error=\"invalid_token\"");
}

static void answer_problem(const struct fault_row *row, struct response *response)
{
	response_problem(response, row->status, row->cause, row->title, -1, -1);
}

/* On REST. A phone number has words of its own. */
static void answer_cause(const struct fault_row *row, unsigned call, struct response *response)
{
	if (row->cause && call == CALL_PHONE_CHANGE)
		answer_problem(row, response);
	else
		response_problem(response, row->status ? row->status : 403, iw_error_cause(row->error), pims_error_label(row->code), -1, -1);
}

static void answer_word(const struct fault_row *row, const struct request *request, struct response *response)
{
	bool setup = text_equal(query_get(&request->query, "action"), iw_step_action(IW_STEP_SETUP_OTP));
	struct buf xml = BUF_INIT(4096);
	struct iw_refusal refusal;

	iw_refusal_set(&refusal, row->error);
	if (iw_server_answer_refusal(setup ? IW_STEP_SETUP_OTP : IW_STEP_FINALIZE_OTP, &refusal, &xml) == 0)
		response_text(response, 200, "text/xml; charset=utf-8", buf_text(&xml));
	buf_free(&xml);
}

void fault_answer(struct sandbox *sandbox, const struct fault *fault, struct request *request, struct response *response)
{
	const struct fault_row *row = fault->row;
	unsigned call = call_of(request);

	switch (row->answer) {
	case ANSWER_SILENCE:
		pause_hold(&sandbox->pause, SILENCE_MS);
		response->status = 504;
		response->fate = RESPONSE_NONE;
		break;
	case ANSWER_SESSION:
		answer_session(response, call);
		break;
	case ANSWER_STEP_UP:
		answer_unauthorized(response, "Bearer realm=\"openpims\", error=\"insufficient_user_authentication\", "
					      "error_description=\"A one-time password is required\"");
		break;
	case ANSWER_WORD:
	case ANSWER_SYNC:
		if (call & CALLS_IWWS)
			answer_word(row, request, response);
		else
			answer_cause(row, call, response);
		break;
	case ANSWER_PORTAL:
	case ANSWER_PROBLEM:
		answer_problem(row, response);
	}
}

bool fault_can_be_done(const struct fault *fault)
{
	return fault->row && fault->row->answer == ANSWER_SYNC;
}

/* ActionSetup activate takes nothing away, and without what it brings there would be nothing to go on with. */
bool fault_comes_after(const struct fault *fault, const struct request *request)
{
	return fault->row->answer == ANSWER_SYNC && (fault->done || call_of(request) == CALL_CONFIRM);
}

/* <err>OK</err> in an answer of iwws/MAC becomes the refusal; false: there is none. */
static bool spoil_xml(const struct fault_row *row, struct response *response)
{
	static const char ok[] = "<err>OK</err>";
	const char *text = buf_text(&response->body), *at = response->status == 200 ? strstr(text, ok) : NULL;
	struct buf xml = BUF_INIT(65536);

	if (!at)
		return false;
	(void)buf_put(&xml, text, (size_t)(at - text));
	(void)buf_printf(&xml, "<err>%s</err>%s", iw_error_word(row->error), at + strlen(ok));
	if (buf_error(&xml) == 0)
		response_text(response, 200, response->content_type, buf_text(&xml));
	else
		response->status = 0;
	buf_free(&xml);
	return true;
}

void fault_spoil(struct sandbox *sandbox, const struct fault *fault, struct request *request, struct response *response)
{
	if (!spoil_xml(fault->row, response))
		fault_answer(sandbox, fault, request, response);
}

/* --- for people -------------------------------------------------------------------------------------------------------------------------------------- */

static const char *describe(const struct fault_row *row)
{
	switch (row->answer) {
	case ANSWER_SILENCE:
		return "no answer";
	case ANSWER_SESSION:
		return "401, and invalid_grant for its renewal";
	case ANSWER_STEP_UP:
		return "401 insufficient_user_authentication";
	case ANSWER_WORD:
	case ANSWER_SYNC:
		return iw_error_word(row->error);
	default:
		return row->cause;
	}
}

static json_t *describe_row(const struct fault_row *row)
{
	return json_pack("{s:i, s:s, s:o*, s:o*, s:b, s:s}", "code", row->code, "label", pims_error_label(row->code), "calls", call_names(row->usual),
			 "possible", call_names(row->possible), "done", row->answer == ANSWER_SYNC, "answer", describe(row));
}

json_t *fault_codes(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *row = describe_row(&rows[i]);

		if (!row || json_array_append_new(list, row) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
