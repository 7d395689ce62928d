/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/api.h"

#include "base/text.h"

#include <pims/pims.h>

#include <pthread.h>
#include <string.h>

enum { APIS_MAX = 64 * 1024 };

const char *api_verb_text(enum api_verb verb)
{
	return verb == API_GET ? "get" : "set";
}

bool api_is_extension(const struct api_row *row)
{
	return text_equal(row->since, API_OURS);
}

bool api_lists(const struct api_row *row, int code)
{
	for (const short *listed = row->errors; *listed; listed++)
		if (*listed == code)
			return true;
	return false;
}

const struct api_parameter *api_parameter(const struct api_row *row, const char *name)
{
	for (const struct api_parameter *parameter = row->parameters; parameter && parameter->name; parameter++)
		if (text_equal(parameter->name, name))
			return parameter;
	return NULL;
}

/*
 * The table as text. Its own words need no escapes; the buffer remembers a failed put.
 */

static void open_item(struct buf *buf)
{
	if (buf->len && !strchr("{[:", buf->data[buf->len - 1]))
		buf_putc(buf, ',');
}

static void put_string(struct buf *buf, const char *text)
{
	open_item(buf);
	buf_printf(buf, "\"%s\"", text);
}

static void put_name(struct buf *buf, const char *name)
{
	put_string(buf, name);
	buf_putc(buf, ':');
}

static void put_member(struct buf *buf, const char *name, const char *text)
{
	put_name(buf, name);
	put_string(buf, text);
}

static void put_boolean(struct buf *buf, const char *name, bool value)
{
	put_name(buf, name);
	buf_puts(buf, value ? "true" : "false");
}

static void put_words(struct buf *buf, const char *name, const char *const *words)
{
	put_name(buf, name);
	buf_putc(buf, '[');
	for (; *words; words++)
		put_string(buf, *words);
	buf_putc(buf, ']');
}

static void put_parameter(struct buf *buf, const struct api_parameter *parameter)
{
	static const char *const integer[] = {"integer", NULL};
	const char *const alias[] = {parameter->alias, NULL};

	open_item(buf);
	buf_putc(buf, '{');
	put_member(buf, "name", parameter->name);
	put_member(buf, "type", api_is_object(parameter) ? "object" : "string");
	put_boolean(buf, "required", parameter->required);
	if (parameter->kind == API_DIGITS)
		put_words(buf, "accepts", integer);
	if (parameter->values)
		put_words(buf, "values", parameter->values);
	if (parameter->alias)
		put_words(buf, "aliases", alias);
	if (parameter->meaning)
		put_member(buf, "meaning", parameter->meaning);
	if (parameter->kind == API_EXTENSION || parameter->kind == API_EXTENSION_OBJECT)
		put_boolean(buf, "extension", true);
	buf_putc(buf, '}');
}

static void put_discriminators(struct buf *buf, const struct api_row *row)
{
	put_name(buf, "discriminator");
	buf_putc(buf, '{');
	for (size_t i = 0; i < API_MAX_BY && row->by[i].name; i++)
		put_member(buf, row->by[i].name, row->by[i].value);
	buf_putc(buf, '}');
}

static void put_parameters(struct buf *buf, const struct api_row *row)
{
	put_name(buf, "parameters");
	buf_putc(buf, '[');
	for (const struct api_parameter *parameter = row->parameters; parameter && parameter->name; parameter++)
		put_parameter(buf, parameter);
	buf_putc(buf, ']');
}

static void put_result(struct buf *buf, const struct api_row *row)
{
	put_name(buf, "result");
	buf_puts(buf, row->result ? "{" : "null");
	for (const struct api_field *field = row->result; field && field->name; field++)
		put_member(buf, field->name, field->type);
	if (row->result)
		buf_putc(buf, '}');
}

static void put_errors(struct buf *buf, const struct api_row *row)
{
	put_name(buf, "errors");
	buf_putc(buf, '[');
	for (const short *code = row->errors; *code; code++) {
		open_item(buf);
		buf_printf(buf, "%d", *code);
	}
	buf_putc(buf, ']');
}

static void put_row(struct buf *buf, const struct api_row *row)
{
	open_item(buf);
	buf_putc(buf, '{');
	put_member(buf, "verb", api_verb_text(row->verb));
	put_member(buf, "api", row->api);
	put_discriminators(buf, row);
	put_parameters(buf, row);
	put_result(buf, row);
	put_errors(buf, row);
	put_member(buf, "component", row->component);
	put_member(buf, "security", row->authenticated ? "authentication" : "none");
	put_member(buf, "since", row->since);
	put_boolean(buf, "supported", row->start != NULL);
	if (api_is_extension(row))
		put_boolean(buf, "extension", true);
	buf_putc(buf, '}');
}

static struct buf apis = {.max = APIS_MAX};

static void write_apis(void)
{
	buf_putc(&apis, '[');
	for (const struct api_row *row = api_rows; row->api; row++)
		put_row(&apis, row);
	buf_putc(&apis, ']');
}

const char *pims_apis(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, write_apis);
	return buf_error(&apis) ? "[]" : buf_text(&apis);
}
