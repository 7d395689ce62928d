/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { JSON_MAX_DEPTH = 32 };

/* jansson recurses up to its own 2048 levels: count before it does. Brackets in strings do not count. */
static bool depth_ok(const char *text, size_t length)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && depth && (c == '}' || c == ']'))
			depth--;
		if (depth > JSON_MAX_DEPTH)
			return false;
	}
	return true;
}

int json_parse_value(const char *text, size_t length, size_t max, json_t **ret_value)
{
	json_error_t error;
	json_t *value;

	if (length > max)
		return PIMS_E_LIMIT;
	if (!depth_ok(text, length))
		return PIMS_E_FORMAT;
	value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value)
		return json_error_code(&error) == json_error_out_of_memory ? PIMS_E_MEMORY : PIMS_E_FORMAT;
	*ret_value = value;
	return 0;
}

int json_parse_object(const char *text, size_t length, size_t max, json_t **ret_object)
{
	json_t *value = NULL;
	int r = json_parse_value(text, length, max, &value);

	if (r < 0)
		return r;
	if (!json_is_object(value)) {
		json_wipe(value);
		return PIMS_E_FORMAT;
	}
	*ret_object = value;
	return 0;
}

/* jansson hands out its own copy as const; it is ours to overwrite, since it is freed next. */
static void wipe_string(const json_t *value)
{
	union {
		const char *read;
		char *write;
	} text = {.read = json_string_value(value)};

	secret_wipe(text.write, json_string_length(value));
}

static void wipe_content(json_t *value)
{
	const char *key;
	json_t *member;
	size_t index;

	if (json_is_string(value))
		wipe_string(value);
	json_object_foreach(value, key, member)
		wipe_content(member);
	json_array_foreach(value, index, member)
		wipe_content(member);
}

void json_wipe(json_t *value)
{
	if (!value)
		return;
	wipe_content(value);
	json_decref(value);
}

static int put_piece(const char *piece, size_t length, void *data)
{
	return buf_put(data, piece, length);
}

int json_write(const json_t *value, struct buf *buf)
{
	/* not json_dumps(): its buffer grows by realloc() and is not wiped */
	if (json_dump_callback(value, put_piece, buf, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		return buf_error(buf) ? buf_error(buf) : PIMS_E_MEMORY;
	return 0;
}

const char *json_text(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);
	const char *text = json_string_value(member);

	return text && strlen(text) == json_string_length(member) ? text : NULL;
}

static int checked_text(const json_t *object, const char *name, size_t max, const char **ret_text)
{
	const json_t *member = json_object_get(object, name);
	const char *text = json_text(object, name);

	if (member && !json_is_null(member) && !text)
		return PIMS_E_FORMAT;
	if (text && strlen(text) > max)
		return PIMS_E_FORMAT;
	*ret_text = text;
	return 0;
}

int json_copy_text(const json_t *object, const char *name, size_t max, char **ret_text)
{
	const char *text = NULL;
	int r = checked_text(object, name, max, &text);

	return r < 0 ? r : text_set(ret_text, text);
}

int json_copy_secret(const json_t *object, const char *name, size_t max, struct secret *ret_secret)
{
	const char *text = NULL;
	int r = checked_text(object, name, max, &text);

	return r < 0 ? r : secret_set(ret_secret, text);
}

int64_t json_int(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *member = json_object_get(object, name);

	return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

int json_put_text(json_t *object, const char *name, const char *text)
{
	if (!text)
		return 0;
	return json_object_set_new(object, name, json_string(text)) == 0 ? 0 : PIMS_E_MEMORY;
}

int json_put_int(json_t *object, const char *name, int64_t value)
{
	return json_object_set_new(object, name, json_integer(value)) == 0 ? 0 : PIMS_E_MEMORY;
}
