/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/account/rest.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <string.h>
#include <time.h>

/* The routes of the account pages, and what the sandbox shows of their e-mail. */

const struct route page_routes[] = {
	{"GET", ACCOUNT_CREATE_PATH, page_create},
	{"POST", ACCOUNT_CREATE_PATH, page_create},
	{"GET", ACCOUNT_EMAIL_PATH, page_email},
	{"POST", ACCOUNT_EMAIL_PATH, page_email},
	{"GET", ACCOUNT_PASSWORD_PATH, page_password},
	{"POST", ACCOUNT_PASSWORD_PATH, page_password},
	{"GET", ACCOUNT_DEVICES_PATH, page_devices},
	{"POST", ACCOUNT_DEVICES_PATH, page_devices},
	{"GET", ACCOUNT_RECOVER_PATH, page_recover},
	{"POST", ACCOUNT_RECOVER_PATH, page_recover},
	{"GET", ACCOUNT_RESET_PATH, page_reset},
	{"POST", ACCOUNT_RESET_PATH, page_reset},
	{NULL, NULL, NULL},
};

struct listing {
	const struct server *server;
	json_t *messages;
};

/* A run of exactly as many digits as a code has; ret_code is "" when there is none. */
static void find_code(const char *text, char ret_code[SMS_CODE_SIZE])
{
	ret_code[0] = '\0';
	while (*text && !ret_code[0]) {
		size_t length = strspn(text, "0123456789");

		if (length == SMS_CODE_DIGITS) {
			memcpy(ret_code, text, length);
			ret_code[length] = '\0';
		}
		text += length ? length : 1;
	}
}

static json_t *describe(const struct mail *mail, char *text)
{
	char code[SMS_CODE_SIZE], when[32] = "";
	time_t seconds = (time_t)(mail->time / 1000);
	char *body = strstr(text, "\n\n");
	struct tm tm;
	json_t *object;

	if (!body || !gmtime_r(&seconds, &tm) || !strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	*body = '\0';
	find_code(body + 2, code);
	object = json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)mail->id, "to", mail->email, "subject", text, "text", body + 2, "time",
			   when);
	if (*code && json_put_text(object, "code", code) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int add(void *data, const struct mail *mail)
{
	struct listing *listing = data;
	struct buf text = BUF_INIT(8192);
	char *copy = NULL;
	int r = open_value(listing->server->seal, mail->text, mail->text_length, &text);

	if (r == 0)
		r = text_set(&copy, buf_text(&text));
	if (r == 0)
		r = json_array_append_new(listing->messages, describe(mail, copy)) ? PIMS_E_MEMORY : 0;
	secret_free_text(copy);
	buf_free(&text);
	return r;
}

static void sandbox_mail(struct request *request, struct response *response)
{
	const struct server *server = request_server(request);
	struct listing listing = {.server = server, .messages = json_array()};
	const char *after_text = query_get(&request->query, "after");
	json_t *whole = NULL;
	uint64_t after = 0;

	if (listing.messages == NULL)
		rest_failed(response);
	else if (after_text && decimal_parse(after_text, INT64_MAX, &after) < 0)
		rest_bad_request(response, "after is the id of a message");
	else if (store_mail_outbox(server->store, (int64_t)after, add, &listing) < 0)
		rest_failed(response);
	else
		whole = json_pack("{s:O}", "messages", listing.messages);
	json_decref(listing.messages);
	if (whole)
		response_json(response, 200, whole);
}

const struct route mail_routes[] = {
	{"GET", "/sandbox/mail", sandbox_mail},
	{NULL, NULL, NULL},
};
