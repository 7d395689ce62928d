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
} fields[] = {
	{"k0", offsetof(struct iw_record, k0), true},
	{"k1", offsetof(struct iw_record, k1), true},
	{"k1_offered", offsetof(struct iw_record, k1_offered), false},
	{"kma", offsetof(struct iw_record, kma), true},
	{"secval", offsetof(struct iw_record, secval), false},
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
	return hex_valid(text, IW_KEY_HEX) ? secret_set(field(record, index), text) : PIMS_E_FORMAT;
}

int iw_record_decode(const char *json, size_t length, struct iw_record *ret_record)
{
	struct iw_record record = {0};
	json_t *object = NULL;
	const char *challenge;
	int r = json_parse_object(json, length, MAX_JSON, &object);

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++)
		r = take_field(object, i, &record);
	challenge = r == 0 ? json_text(object, "ms_challenge") : NULL;
	if (challenge && text_copy(record.ms_challenge, sizeof record.ms_challenge, challenge) < 0)
		r = PIMS_E_FORMAT;
	json_wipe(object);
	if (r == 0)
		*ret_record = record;
	else
		iw_record_free(&record);
	return r;
}
