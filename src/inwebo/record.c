/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/server.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

#include <pims/error.h>
#include <string.h>

enum { MAX_JSON = 2048 };

static const struct {
	const char *name;
	size_t offset;
	bool wanted; /**< in every record */
	bool pin;    /**< a PIN, and no key */
} fields[] = {
	{"k0", offsetof(struct iw_record, k0), true, false},
	{"k1", offsetof(struct iw_record, k1), true, false},
	{"k1_offered", offsetof(struct iw_record, k1_offered), false, false},
	{"kma", offsetof(struct iw_record, kma), true, false},
	{"secval", offsetof(struct iw_record, secval), false, false},
	{"pin_before", offsetof(struct iw_record, pin_before), false, true},
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static struct secret *field(struct iw_record *record, size_t index)
{
	return (void *)((char *)record + fields[index].offset);
}

void iw_record_free(struct iw_record *record)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		secret_free(field(record, i));
	*record->ms_challenge = '\0';
	*record->reset_code = '\0';
	record->first_pin = false;
}

static int put_field(json_t *object, const struct iw_record *record, size_t index)
{
	struct secret secret;

	memcpy(&secret, (const char *)record + fields[index].offset, sizeof secret);
	return secret_empty(&secret) ? 0 : json_put_text(object, fields[index].name, secret_text(&secret));
}

int iw_record_encode(const struct iw_record *record, struct buf *ret_json)
{
	json_t *object = json_object();
	int r = object ? 0 : PIMS_E_MEMORY;

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++)
		r = put_field(object, record, i);
	if (r == 0 && *record->ms_challenge)
		r = json_put_text(object, "ms_challenge", record->ms_challenge);
	if (r == 0 && *record->reset_code)
		r = json_put_text(object, "reset_code", record->reset_code);
	if (r == 0 && record->first_pin && json_object_set_new(object, "first_pin", json_true()) < 0)
		r = PIMS_E_MEMORY;
	if (r == 0)
		r = json_write(object, ret_json);
	json_wipe(object);
	return r;
}

static int take_field(const json_t *object, size_t index, struct iw_record *record)
{
	const char *text = json_text(object, fields[index].name);

	if (!text)
		return fields[index].wanted || json_object_get(object, fields[index].name) ? PIMS_E_FORMAT : 0;
	if (fields[index].pin ? strlen(text) > IW_MAX_PIN : !hex_valid(text, IW_KEY_HEX))
		return PIMS_E_FORMAT;
	return secret_set(field(record, index), text);
}

static int take_text(const json_t *object, const char *name, char *array, size_t size)
{
	const char *text = json_text(object, name);

	return text && text_copy(array, size, text) < 0 ? PIMS_E_FORMAT : 0;
}

int iw_record_decode(const char *json, size_t length, struct iw_record *ret_record)
{
	struct iw_record record = {0};
	json_t *object = NULL;
	int r = json_parse_object(json, length, MAX_JSON, &object);

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++)
		r = take_field(object, i, &record);
	if (r == 0)
		r = take_text(object, "ms_challenge", record.ms_challenge, sizeof record.ms_challenge);
	if (r == 0)
		r = take_text(object, "reset_code", record.reset_code, sizeof record.reset_code);
	record.first_pin = json_is_true(json_object_get(object, "first_pin"));
	json_wipe(object);
	if (r == 0)
		*ret_record = record;
	else
		iw_record_free(&record);
	return r;
}
