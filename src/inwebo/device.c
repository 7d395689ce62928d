/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/device.h"

#include "base/encode.h"
#include "base/text.h"

#include <pims/error.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE_ID_BYTES = 8, ALEA_BYTES = 16, MAX_TEXT = 256 };

enum kind {
	KIND_ARRAY, /**< char[] */
	KIND_TEXT,  /**< char *, NULL = absent */
	KIND_SECRET
};

struct field {
	const char *name;
	size_t offset;
	enum kind kind;
	size_t max; /**< characters */
	bool key;   /**< exactly `max` hex digits, or empty */
	bool kept;  /**< outlives the enrollment */
};

/* clang-format off */
#define ARRAY(name, key, kept) \
	{#name, offsetof(struct iw_device, name), KIND_ARRAY, sizeof((struct iw_device){0}.name) - 1, key, kept}
#define TEXT(name, max, kept) {#name, offsetof(struct iw_device, name), KIND_TEXT, max, false, kept}
#define KEY(name) {#name, offsetof(struct iw_device, name), KIND_SECRET, IW_KEY_HEX, true, false}
#define SECRET(name, max) {#name, offsetof(struct iw_device, name), KIND_SECRET, max, false, false}
/* clang-format on */

/* Every text of a device: what copies, forgets, writes and reads it goes through this table. */
static const struct field fields[] = {
	ARRAY(device_id, false, true),
	ARRAY(alea, true, false),
	ARRAY(id, false, false),
	KEY(k0),
	KEY(k1),
	KEY(secval),
	KEY(ms_secret),
	ARRAY(secid, false, false),
	ARRAY(tsync, false, false),
	ARRAY(challenge, false, false),
	ARRAY(macid, true, false),
	SECRET(code, IW_MAX_CODE),
	TEXT(kfact, IW_MAX_MODULUS_HEX, true),
	TEXT(kiw, IW_MAX_MODULUS_HEX, false),
	TEXT(ms_id, IW_MAX_ID, false),
	TEXT(ms_key, IW_MAX_MODULUS_HEX, false),
	KEY(sealed_k0),
	KEY(sealed_k1),
	SECRET(dk1, MAX_TEXT),
	TEXT(j, MAX_TEXT, false),
	TEXT(k, MAX_TEXT, false),
	KEY(h),
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static const char *const phases[] = {
	[IW_NONE] = "none", [IW_SETUP] = "setup",   [IW_FINALIZE] = "finalize",
	[IW_MS] = "ms",     [IW_ACTIVE] = "active", [IW_REMOVED] = "removed",
};

static void *at(struct iw_device *device, const struct field *field)
{
	return (char *)device + field->offset;
}

/* The text of a field, NULL when it is absent. */
static const char *text_of(const struct iw_device *device, const struct field *field)
{
	const char *place = (const char *)device + field->offset;
	struct secret secret;
	const char *text;

	if (field->kind == KIND_ARRAY)
		return *place ? place : NULL;
	if (field->kind == KIND_SECRET) {
		memcpy(&secret, place, sizeof secret);
		return secret.text;
	}
	memcpy(&text, place, sizeof text);
	return text;
}

static int set_field(struct iw_device *device, const struct field *field, const char *text)
{
	if (field->kind == KIND_ARRAY)
		return text_copy(at(device, field), field->max + 1, text ? text : "");
	if (field->kind == KIND_TEXT)
		return text_set(at(device, field), text);
	return secret_set(at(device, field), text ? text : "");
}

static void clear_field(struct iw_device *device, const struct field *field)
{
	if (field->kind == KIND_ARRAY)
		secret_wipe(at(device, field), field->max + 1);
	else if (field->kind == KIND_SECRET)
		secret_free(at(device, field));
	else
		(void)text_set(at(device, field), NULL);
}

void iw_device_free(struct iw_device *device)
{
	if (!device)
		return;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		clear_field(device, &fields[i]);
	*device = (struct iw_device){0};
}

void iw_device_forget(struct iw_device *device)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (!fields[i].kept)
			clear_field(device, &fields[i]);
	device->phase = IW_NONE;
	device->pinmode = 0;
	device->sync_due = false;
	device->tref = 0;
}

void iw_device_set_removed(struct iw_device *device)
{
	iw_device_forget(device);
	device->phase = IW_REMOVED;
}

int iw_device_copy(const struct iw_device *device, struct iw_device *ret_device)
{
	struct iw_device copy = {.phase = device->phase, .pinmode = device->pinmode, .sync_due = device->sync_due, .tref = device->tref};
	const char *text;
	int r = 0;

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++) {
		text = text_of(device, &fields[i]);
		if (text)
			r = set_field(&copy, &fields[i], text);
	}
	if (r == 0)
		*ret_device = copy;
	else
		iw_device_free(&copy);
	return r;
}

int iw_device_init(struct iw_device *device, const struct env *env)
{
	char device_id[2 * DEVICE_ID_BYTES + 1];
	int r;

	if (*device->device_id)
		return 0;
	r = env_random_hex(env, device_id, DEVICE_ID_BYTES);
	return r < 0 ? r : text_copy(device->device_id, sizeof device->device_id, device_id);
}

int iw_device_serial(const struct iw_device *device, struct buf *buf)
{
	return buf_printf(buf, "%s/_/%s", device->device_id, device->alea);
}

int iw_device_encode(const struct iw_device *device, json_t **ret_object)
{
	json_t *object = json_object();
	int r = object ? json_put_text(object, "phase", phases[device->phase]) : PIMS_E_MEMORY;

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++)
		r = json_put_text(object, fields[i].name, text_of(device, &fields[i]));
	if (r == 0)
		r = json_put_int(object, "pinmode", device->pinmode);
	if (r == 0)
		r = json_put_int(object, "tref", device->tref);
	if (r == 0 && device->sync_due)
		r = json_object_set_new(object, "syncDue", json_true()) == 0 ? 0 : PIMS_E_MEMORY;
	if (r == 0)
		*ret_object = object;
	else
		json_wipe(object);
	return r;
}

static bool text_valid(const struct field *field, const char *text)
{
	if (field->key)
		return hex_valid(text, field->max);
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int decode_field(const json_t *object, const struct field *field, struct iw_device *device)
{
	const json_t *member = json_object_get(object, field->name);
	const char *text = json_text(object, field->name);

	if (!member)
		return 0;
	if (!text || strlen(text) > field->max || (*text && !text_valid(field, text)))
		return PIMS_E_FORMAT;
	return set_field(device, field, text);
}

static int decode_phase(const json_t *object, struct iw_device *device)
{
	const char *phase = json_text(object, "phase");
	int64_t pinmode = json_int(object, "pinmode", 0);
	int64_t tref = json_int(object, "tref", 0);

	if (!phase || pinmode < 0 || pinmode > 2 || tref < 0)
		return PIMS_E_FORMAT;
	device->pinmode = (int)pinmode;
	device->tref = tref;
	device->sync_due = json_is_true(json_object_get(object, "syncDue"));
	for (int i = IW_NONE; i <= IW_REMOVED; i++)
		if (text_equal(phase, phases[i])) {
			device->phase = (enum iw_phase)i;
			return 0;
		}
	return PIMS_E_FORMAT;
}

static bool activation_begun(const struct iw_device *device)
{
	return !secret_empty(&device->code) && device->kfact && device->kiw && *device->macid;
}

static bool keys_complete(const struct iw_device *device)
{
	return *device->id && !secret_empty(&device->k0) && !secret_empty(&device->k1) && *device->alea && *device->macid;
}

/* What a phase goes on with must be there. */
static bool complete(const struct iw_device *device)
{
	switch (device->phase) {
	case IW_SETUP:
		return activation_begun(device);
	case IW_FINALIZE:
		return activation_begun(device) && *device->alea && *device->device_id;
	case IW_MS:
		return keys_complete(device) && device->ms_id && device->ms_key && !secret_empty(&device->ms_secret);
	case IW_ACTIVE:
		return keys_complete(device);
	default:
		return true;
	}
}

int iw_device_decode(const json_t *object, struct iw_device *ret_device)
{
	struct iw_device device = {0};
	int r = decode_phase(object, &device);

	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++)
		r = decode_field(object, &fields[i], &device);
	if (r == 0 && !complete(&device))
		r = PIMS_E_FORMAT;
	if (r == 0)
		*ret_device = device;
	else
		iw_device_free(&device);
	return r;
}
