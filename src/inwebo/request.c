/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/request.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "inwebo/device.h"

#include <pims/error.h>
#include <string.h>

enum form {
	FORM_FIXED, /**< always the same text */
	FORM_TEXT,  /**< no control characters */
	FORM_DIGITS,
	FORM_HEX
};

struct parameter {
	const char *name;
	const char *fixed;
	size_t field; /**< offset in struct iw_request */
	enum form form;
	size_t min, max;
};

/* clang-format off */
#define FIXED(name, text) {name, text, 0, FORM_FIXED, 0, 0}
#define FIELD(name, member, form, min, max) {name, NULL, offsetof(struct iw_request, member), form, min, max}
/* clang-format on */
#define VERSION FIXED("version", "Generator-1.0/0.2.11")
#define NO_ID FIXED("id", ""), FIXED("lastsync", "0")
#define ID FIELD("id", id, FORM_DIGITS, 0, IW_MAX_ID), FIELD("lastsync", lastsync, FORM_TEXT, 0, 24)
#define MACID FIELD("macid", macid, FORM_HEX, IW_KEY_HEX, IW_KEY_HEX)
#define CODE FIELD("code", code, FORM_DIGITS, 1, IW_MAX_CODE)
#define LANG FIELD("lang", lang, FORM_TEXT, 0, 35), FIXED("ack", "")
#define SID FIELD("sid", sid, FORM_TEXT, 0, IW_MAX_ID)
#define BLOCK(name, member) FIELD(name, member, FORM_HEX, 256, IW_MAX_MODULUS_HEX)
#define PROOF(name, member, min) FIELD(name, member, FORM_HEX, min, SHA256_HEX_SIZE - 1)
#define PROOFS(min) PROOF("R0", r0, min), PROOF("R1", r1, min), PROOF("R2", r2, min)

/* The order of the parameters is the clients' in the field, byte for byte. */
static const struct parameter setup_activate[] = {NO_ID, VERSION, MACID, CODE, {0}};
static const struct parameter finalize_activate[] = {
	NO_ID,
	VERSION,
	LANG,
	MACID,
	FIELD("serial", serial, FORM_TEXT, 4, IW_MAX_SERIAL),
	CODE,
	BLOCK("Kma", kma),
	BLOCK("pin", pin),
	FIELD("name", name, FORM_TEXT, 0, IW_MAX_NAME),
	PROOFS(0),
	{0},
};
static const struct parameter finalize_ms[] = {
	FIELD("ms_id0", ms_id, FORM_TEXT, 1, IW_MAX_ID), BLOCK("ms_val0", ms_val), MACID, ID, FIXED("ms_n", "1"), PROOFS(64), {0},
};
static const struct parameter setup_otp[] = {ID, VERSION, MACID, SID, {0}};
static const struct parameter finalize_otp[] = {ID, VERSION, LANG, MACID, FIXED("keytype", "0"), SID, PROOFS(64), {0}};

/* Ours, on the pattern of the others (docs/PROTOCOL.md §1). */
static const struct parameter setup_plain[] = {ID, VERSION, MACID, {0}};
static const struct parameter finalize_password[] = {
	ID, VERSION, LANG, MACID, BLOCK("Kma", kma), BLOCK("pin", pin), PROOFS(64), {0},
};
static const struct parameter setup_reset[] = {ID, VERSION, MACID, CODE, {0}};
static const struct parameter finalize_reset[] = {
	ID, VERSION, LANG, MACID, CODE, BLOCK("Kma", kma), BLOCK("pin", pin), PROOFS(64), {0},
};

static const struct {
	const char *action, *mode;
	const struct parameter *parameters;
} steps[IW_STEP_COUNT] = {
	[IW_STEP_SETUP_ACTIVATE] = {"ActionSetup", "activate", setup_activate},
	[IW_STEP_FINALIZE_ACTIVATE] = {"ActionFinalize", "activate", finalize_activate},
	[IW_STEP_FINALIZE_MS] = {"ActionFinalize", "ms", finalize_ms},
	[IW_STEP_SETUP_OTP] = {"ActionSetup", "otp", setup_otp},
	[IW_STEP_FINALIZE_OTP] = {"ActionFinalize", "otp", finalize_otp},
	[IW_STEP_SETUP_STATUS] = {"ActionSetup", "status", setup_plain},
	[IW_STEP_SETUP_PASSWORD] = {"ActionSetup", "password", setup_plain},
	[IW_STEP_FINALIZE_PASSWORD] = {"ActionFinalize", "password", finalize_password},
	[IW_STEP_SETUP_RESET] = {"ActionSetup", "reset", setup_reset},
	[IW_STEP_FINALIZE_RESET] = {"ActionFinalize", "reset", finalize_reset},
};

const char *iw_step_action(enum iw_step step)
{
	return steps[step].action;
}

static const char *value_of(const struct iw_request *request, const struct parameter *parameter)
{
	const char *value;

	if (parameter->form == FORM_FIXED)
		return parameter->fixed;
	memcpy(&value, (const char *)request + parameter->field, sizeof value);
	return value ? value : "";
}

int iw_request_write(const struct iw_request *request, struct buf *ret_target)
{
	buf_puts(ret_target, "/iwws/MAC?");
	url_put(ret_target, "action", steps[request->step].action);
	url_put(ret_target, "mode", steps[request->step].mode);
	for (const struct parameter *p = steps[request->step].parameters; p->name; p++)
		url_put(ret_target, p->name, value_of(request, p));
	return buf_error(ret_target);
}

static bool text_valid(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool form_valid(const struct parameter *parameter, const char *value)
{
	size_t length = strlen(value);

	if (length < parameter->min || length > parameter->max)
		return false;
	if (length == 0)
		return true;
	if (parameter->form == FORM_DIGITS)
		return decimal_valid(value, parameter->max);
	return parameter->form == FORM_HEX ? hex_valid(value, length) : text_valid(value);
}

static int read_parameter(const struct query *query, const struct parameter *parameter, struct iw_request *request)
{
	const char *value;

	if (parameter->form == FORM_FIXED)
		return 0;
	value = query_get(query, parameter->name);
	if (!value)
		value = "";
	if (!form_valid(parameter, value))
		return PIMS_E_FORMAT;
	memcpy((char *)request + parameter->field, &value, sizeof value);
	return 0;
}

static int find_step(const struct query *query)
{
	for (int i = 0; i < IW_STEP_COUNT; i++)
		if (text_equal(query_get(query, "action"), steps[i].action) && text_equal(query_get(query, "mode"), steps[i].mode))
			return i;
	return PIMS_E_FORMAT;
}

int iw_request_read(const struct query *query, struct iw_request *ret_request)
{
	struct iw_request request = {0};
	int r = find_step(query);

	if (r < 0)
		return r;
	request.step = (enum iw_step)r;
	r = 0;
	for (const struct parameter *p = steps[request.step].parameters; r == 0 && p->name; p++)
		r = read_parameter(query, p, &request);
	if (r == 0)
		*ret_request = request;
	return r;
}
