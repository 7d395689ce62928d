/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/answer.h"

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

#include <expat.h>
#include <pims/error.h>
#include <stdlib.h>
#include <string.h>

#define IW_ELEMENT_NAME(name, text) text,
static const char *const names[IW_EL_COUNT] = {IW_ELEMENTS(IW_ELEMENT_NAME)};
#undef IW_ELEMENT_NAME

static const char blanks[] = " \t\r\n";

struct reading {
	XML_Parser parser;
	const char *root;
	struct iw_answer answer;
	int depth;
	int element; /**< enum iw_element, IW_EL_COUNT while an unknown one is skipped */
	struct buf text;
	int error;
};

static void refuse(struct reading *reading, int error)
{
	if (reading->error == 0)
		reading->error = error;
	XML_StopParser(reading->parser, XML_FALSE);
}

static int element_of(const char *name)
{
	int i = 0;

	while (i < IW_EL_COUNT && strcmp(name, names[i]) != 0)
		i++;
	return i;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *reading = data;

	(void)attributes;
	reading->depth++;
	if (reading->depth == 1 && strcmp(name, reading->root) != 0)
		refuse(reading, PIMS_E_FORMAT);
	if (reading->depth == 2) {
		reading->element = element_of(name);
		buf_reset(&reading->text);
		if (reading->element < IW_EL_COUNT && reading->answer.values[reading->element])
			refuse(reading, PIMS_E_FORMAT);
	}
	if (reading->depth > 2)
		refuse(reading, PIMS_E_FORMAT);
}

static char *trimmed(const char *text)
{
	size_t length;

	text += strspn(text, blanks);
	length = strlen(text);
	while (length && strchr(blanks, text[length - 1]))
		length--;
	return strndup(text, length);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct reading *reading = data;

	(void)name;
	/* expat still ends an empty element at whose start it was stopped */
	if (reading->depth-- != 2 || reading->element == IW_EL_COUNT || reading->error < 0)
		return;
	reading->answer.values[reading->element] = trimmed(buf_text(&reading->text));
	if (buf_error(&reading->text) < 0 || !reading->answer.values[reading->element])
		refuse(reading, PIMS_E_MEMORY);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int length)
{
	struct reading *reading = data;

	if (reading->depth == 2) {
		buf_put(&reading->text, text, (size_t)length);
		return;
	}
	for (int i = 0; i < length; i++)
		if (!strchr(blanks, text[i]))
			refuse(reading, PIMS_E_FORMAT);
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	refuse(data, PIMS_E_FORMAT);
}

static int parse(struct reading *reading, const char *xml, size_t length)
{
	XML_SetUserData(reading->parser, reading);
	XML_SetParamEntityParsing(reading->parser, XML_PARAM_ENTITY_PARSING_NEVER);
	XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
	XML_SetElementHandler(reading->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading->parser, on_text);
	if (XML_Parse(reading->parser, xml, (int)length, XML_TRUE) != XML_STATUS_OK && reading->error == 0)
		reading->error = XML_GetErrorCode(reading->parser) == XML_ERROR_NO_MEMORY ? PIMS_E_MEMORY : PIMS_E_FORMAT;
	if (reading->error == 0 && !iw_answer_filled(&reading->answer, IW_EL_ERR))
		reading->error = PIMS_E_FORMAT;
	return reading->error;
}

int iw_answer_read(const char *xml, size_t length, const char *root, struct iw_answer *ret_answer)
{
	static const char declaration[] = "<?xml";
	struct reading reading = {.root = root, .element = IW_EL_COUNT, .text = BUF_INIT(IW_MAX_ANSWER)};
	int r;

	if (length > IW_MAX_ANSWER || length < sizeof declaration || memcmp(xml, declaration, sizeof declaration - 1) != 0)
		return PIMS_E_FORMAT;
	reading.parser = XML_ParserCreate(NULL);
	if (!reading.parser)
		return PIMS_E_MEMORY;
	r = parse(&reading, xml, length);
	XML_ParserFree(reading.parser);
	buf_free(&reading.text);
	if (r == 0)
		*ret_answer = reading.answer;
	else
		iw_answer_free(&reading.answer);
	return r;
}

void iw_answer_free(struct iw_answer *answer)
{
	for (int i = 0; i < IW_EL_COUNT; i++) {
		secret_free_text(answer->values[i]);
		answer->values[i] = NULL;
	}
}

const char *iw_answer_text(const struct iw_answer *answer, enum iw_element element)
{
	return answer->values[element] ? answer->values[element] : "";
}

bool iw_answer_filled(const struct iw_answer *answer, enum iw_element element)
{
	return *iw_answer_text(answer, element) != '\0';
}

bool iw_answer_has(const struct iw_answer *answer, enum iw_element element)
{
	return answer->values[element] != NULL;
}

bool iw_word_valid(const char *text, size_t max)
{
	size_t length = 0;

	for (; text[length]; length++)
		if (text[length] <= ' ' || text[length] >= 0x7f || length == max)
			return false;
	return length > 0;
}

static int number(const struct iw_answer *answer, enum iw_element element)
{
	uint64_t value;

	return decimal_parse(iw_answer_text(answer, element), INT32_MAX, &value) < 0 ? -1 : (int)value;
}

/* Causes go into messages and logs: a machine word of few characters, or the table's. */
static bool cause_valid(const char *cause)
{
	size_t length = strlen(cause);

	return length > 0 && length < sizeof((struct iw_refusal){0}.cause) &&
	       strspn(cause, "abcdefghijklmnopqrstuvwxyz0123456789._") == length;
}

enum iw_error iw_answer_refusal(const struct iw_answer *answer, struct iw_refusal *ret_refusal)
{
	const char *cause = iw_answer_text(answer, IW_EL_CAUSE);

	iw_refusal_set(ret_refusal, iw_error_parse(iw_answer_text(answer, IW_EL_ERR)));
	ret_refusal->remaining = number(answer, IW_EL_REMAINING);
	ret_refusal->retry_after = number(answer, IW_EL_RETRYAFTER);
	if (ret_refusal->error == IW_OK)
		return IW_OK;
	/* a list that does not fit is none */
	(void)text_copy(ret_refusal->devices, sizeof ret_refusal->devices, iw_answer_text(answer, IW_EL_DEVICES));
	if (cause_valid(cause))
		text_copy(ret_refusal->cause, sizeof ret_refusal->cause, cause);
	return ret_refusal->error;
}

void iw_answer_begin(struct buf *buf, const char *root)
{
	buf_printf(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><%s>", root);
}

static void put_escaped(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buf_puts(buf, "&lt;");
		else if (*text == '>')
			buf_puts(buf, "&gt;");
		else if (*text == '&')
			buf_puts(buf, "&amp;");
		else if (*text == '\r')
			buf_puts(buf, "&#13;"); /* a bare one is read as a line feed (XML 1.0 §2.11) */
		else
			buf_putc(buf, *text);
	}
}

void iw_answer_put(struct buf *buf, enum iw_element element, const char *value)
{
	if (!*value) {
		buf_printf(buf, "<%s/>", names[element]);
		return;
	}
	buf_printf(buf, "<%s>", names[element]);
	put_escaped(buf, value);
	buf_printf(buf, "</%s>", names[element]);
}

int iw_answer_end(struct buf *buf, const char *root)
{
	buf_printf(buf, "</%s>", root);
	return buf_error(buf);
}
