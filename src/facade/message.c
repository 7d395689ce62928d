/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/message.h"

#include <stdio.h>
#include <string.h>

void message_init(struct pims_message *message, struct message_text *text, const struct outcome *outcome, const char *transaction)
{
	text->label[0] = '\0';
	buf_init(&text->json, MESSAGE_MAX);
	message->outcome = outcome;
	message->transaction = transaction;
	message->text = text;
}

void message_clear(struct pims_message *message)
{
	buf_free(&message->text->json);
}

const char *pims_message_transaction(const struct pims_message *message)
{
	return message ? message->transaction : NULL;
}

int pims_message_succeeded(const struct pims_message *message)
{
	return message && message->outcome->code == 0;
}

int pims_message_code(const struct pims_message *message)
{
	return message ? message->outcome->code : 0;
}

/* "[NAME]" gives way to the name the error is about. Without one the label stays as documented. */
static void fill_label(char *ret_label, const char *label, const char *name)
{
	const char *from = strchr(label, '[');
	const char *to = from ? strchr(from, ']') : NULL;

	if (!to || !*name)
		snprintf(ret_label, MESSAGE_LABEL_MAX, "%s", label);
	else
		snprintf(ret_label, MESSAGE_LABEL_MAX, "%.*s%s%s", (int)(from - label), label, name, to + 1);
}

const char *pims_message_label(const struct pims_message *message)
{
	const char *label;

	if (!message || message->outcome->code == 0)
		return NULL;
	label = pims_error_label(message->outcome->code);
	if (!*message->text->label)
		fill_label(message->text->label, label ? label : pims_error_label(PIMS_UNKNOWN), message->outcome->name);
	return message->text->label;
}

static const char *failed_text(const struct pims_message *message, const char *text)
{
	return message->outcome->code && *text ? text : NULL;
}

const char *pims_message_cause(const struct pims_message *message)
{
	return message ? failed_text(message, message->outcome->cause) : NULL;
}

const char *pims_message_recovery(const struct pims_message *message)
{
	return message ? failed_text(message, message->outcome->recovery) : NULL;
}

int pims_message_retry_after(const struct pims_message *message)
{
	return message && message->outcome->code ? message->outcome->retry_after : -1;
}

int pims_message_remaining(const struct pims_message *message)
{
	return message && message->outcome->code ? message->outcome->remaining : -1;
}

static const json_t *result_member(const struct pims_message *message, const char *name)
{
	if (!message || !name || message->outcome->code)
		return NULL;
	return json_object_get(message->outcome->result, name);
}

const char *pims_message_string(const struct pims_message *message, const char *name)
{
	return json_string_value(result_member(message, name));
}

int pims_message_boolean(const struct pims_message *message, const char *name)
{
	const json_t *member = result_member(message, name);

	return json_is_boolean(member) ? json_is_true(member) : -1;
}

static int put_error(json_t *object, const struct pims_message *message)
{
	int retry_after = pims_message_retry_after(message), remaining = pims_message_remaining(message);
	int r = json_put_int(object, "code", message->outcome->code);

	if (r == 0)
		r = json_put_text(object, "label", pims_message_label(message));
	if (r == 0)
		r = json_put_text(object, "cause", pims_message_cause(message));
	if (r == 0 && retry_after >= 0)
		r = json_put_int(object, "retryAfter", retry_after);
	if (r == 0 && remaining >= 0)
		r = json_put_int(object, "remaining", remaining);
	if (r == 0)
		r = json_put_text(object, "recovery", pims_message_recovery(message));
	if (r == 0 && message->outcome->devices && json_object_set(object, "devices", message->outcome->devices) < 0)
		r = PIMS_E_MEMORY;
	return r;
}

/* A new reference: the result itself is shared, not copied, so that there is one place to wipe. */
static json_t *content(const struct pims_message *message)
{
	json_t *error;

	if (message->outcome->code == 0)
		return message->outcome->result ? json_incref(message->outcome->result) : json_null();
	error = json_object();
	if (error && put_error(error, message) < 0) {
		json_decref(error);
		error = NULL;
	}
	return error;
}

static int render(const struct pims_message *message)
{
	bool succeeded = message->outcome->code == 0;
	json_t *object = json_pack("{s:s, s:s, s:o}", "transactionId", message->transaction, "status", succeeded ? "SUCCEEDED" : "FAILED",
				   succeeded ? "result" : "error", content(message));
	int r = object ? json_write(object, &message->text->json) : PIMS_E_MEMORY;

	json_decref(object);
	return r;
}

const char *pims_message_json(const struct pims_message *message)
{
	if (!message)
		return NULL;
	if (!message->text->json.len && render(message) < 0) {
		buf_reset(&message->text->json);
		return NULL;
	}
	return buf_text(&message->text->json);
}
