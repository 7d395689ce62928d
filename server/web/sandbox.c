/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "server/account/rest.h"
#include "server/sandbox/internal.h"
#include "server/sms/number.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"
#include "server/web/page.h"

#include <pims/error.h>

/* The sandbox's virtual phone: every message of the outbox, to anybody who asks. Never outside of a sandbox. */

enum { MESSAGES_MAX = 200 };

struct listing {
	const struct server *server;
	json_t *messages;
};

static int put_message(const struct server *server, json_t *object, const struct sms_message *message, const char *text)
{
	const char *code = sms_text_code(text);
	char number[PHONE_SIZE];
	int r = json_put_int(object, "id", message->id);

	if (r == 0)
		r = json_put_text(object, "to", account_show_number(server, NULL, message->phone, number));
	if (r == 0)
		r = json_put_text(object, "text", text);
	if (r == 0)
		r = sandbox_put_time(object, "time", message->time);
	if (r == 0)
		r = json_put_text(object, "purpose", sms_purpose_name(message->purpose));
	return r < 0 ? r : json_put_text(object, "code", code);
}

/* Of a long outbox the newest are shown. */
static int add(void *data, const struct sms_message *message)
{
	struct listing *listing = data;
	struct buf text = BUF_INIT(SMS_TEXT_MAX);
	json_t *object = json_object();
	int r = open_value(listing->server->seal, message->text, message->text_length, &text);

	if (r == 0)
		r = put_message(listing->server, object, message, buf_text(&text));
	if (r == 0 && json_array_size(listing->messages) >= MESSAGES_MAX)
		(void)json_array_remove(listing->messages, 0);
	if (r == 0 && json_array_append(listing->messages, object) != 0)
		r = PIMS_E_MEMORY;
	json_decref(object);
	buf_free(&text);
	return r;
}

json_t *sandbox_messages(const struct server *server, int64_t after)
{
	struct listing listing = {.server = server, .messages = json_array()};

	if (listing.messages && store_sms_outbox(server->store, after, add, &listing) != 0) {
		json_wipe(listing.messages);
		return NULL;
	}
	return listing.messages;
}

static bool refused(const struct request *request, struct response *response)
{
	if (request_server(request)->settings.sandbox)
		return false;
	response_problem(response, 404, "sandbox.none", "This server is no sandbox", -1, -1);
	return true;
}

void sandbox_sms(struct request *request, struct response *response)
{
	const char *after_text = query_get(&request->query, "after");
	json_t *messages;
	uint64_t after = 0;

	if (refused(request, response))
		return;
	if (after_text && decimal_parse(after_text, INT64_MAX, &after) < 0) {
		rest_bad_request(response, "after is the id of a message");
		return;
	}
	messages = sandbox_messages(request_server(request), (int64_t)after);
	if (messages)
		response_json(response, 200, json_pack("{s:o}", "messages", messages));
	else
		rest_failed(response);
}

static void put_article(struct buf *html, const json_t *message)
{
	buf_puts(html, "<article>\n<h2>");
	(void)html_put(html, json_text(message, "to"));
	buf_printf(html, "</h2>\n<p><time>%s</time></p>\n<p>", json_text(message, "time"));
	(void)html_put(html, json_text(message, "text"));
	buf_puts(html, "</p>\n</article>\n");
}

/* The newest first, for people; programs read /sandbox/sms. */
void sandbox_phone(struct request *request, struct response *response)
{
	const struct texts *texts = texts_of_request(request);
	struct buf html = BUF_INIT(1 << 19);
	json_t *messages;

	if (refused(request, response))
		return;
	messages = sandbox_messages(request_server(request), 0);
	for (size_t i = json_array_size(messages); i > 0; i--)
		put_article(&html, json_array_get(messages, i - 1));
	if (!json_array_size(messages))
		buf_printf(&html, "<p>%s</p>\n", messages ? texts->no_messages : texts->failed);
	page_content(response, texts, texts->phone, &html);
	(void)response_header(response, "Refresh", "3");
	json_wipe(messages);
	buf_free(&html);
}
