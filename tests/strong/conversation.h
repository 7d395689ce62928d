/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONVERSATION_H
#define TESTS_CONVERSATION_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The answers of tests/data/vectors/conversation.json, in their order. */
enum { SETUP_ACTIVATE, FINALIZE_ACTIVATE, FINALIZE_MS, SETUP_OTP_1, FINALIZE_OTP_1, SETUP_OTP_1_AGAIN, FINALIZE_OTP_1_AGAIN, SETUP_OTP_2, FINALIZE_OTP_2, ANSWERS };

static json_t *conversation;

static inline int conversation_load(void **state)
{
	json_error_t error;

	(void)state;
	conversation = json_load_file(TEST_DATA_DIR "/vectors/conversation.json", JSON_REJECT_DUPLICATES, &error);
	return conversation ? 0 : -1;
}

static inline int conversation_unload(void **state)
{
	(void)state;
	json_decref(conversation);
	return 0;
}

static inline const char *answer(size_t index)
{
	const json_t *exchange = json_array_get(json_object_get(conversation, "exchanges"), index);
	const char *text = json_string_value(json_object_get(exchange, "reply"));

	assert_non_null(text);
	return text;
}

#define XML "text/xml"
#define NOK(element, word) "<?xml version=\"1.0\"?><Action" element "><err>NOK:" word "</err></Action" element ">"
#define PIN_1234 "{\"pinCode\":\"1234\"}"
#define CODE "{\"smsCode\":\"12345678\"}"
#define PIN_AND_CODE "{\"pinCode\":\"1234\",\"smsCode\":\"12345678\"}"

#endif
