/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/sandbox/internal.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/* The last calls: what was asked and what came of it. Never a query string, a header or a body: those hold codes, proofs and tokens. */

enum { PATH_SHOWN = 128, OUTCOME_SIZE = 64 };

static bool is_word(const char *text, size_t max)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:");

	return length > 0 && length <= max && text[length] == '\0';
}

static void take_word(char ret_outcome[OUTCOME_SIZE], const char *word)
{
	if (word && is_word(word, OUTCOME_SIZE - 1))
		(void)text_copy(ret_outcome, OUTCOME_SIZE, word);
}

/* "NOK:…" of an answer of iwws/MAC */
static void read_xml(const char *xml, char ret_outcome[OUTCOME_SIZE])
{
	const char *start = strstr(xml, "<err>");
	char word[OUTCOME_SIZE];
	size_t length;

	if (!start)
		return;
	start += strlen("<err>");
	length = strcspn(start, "<");
	if (length >= sizeof word)
		return;
	memcpy(word, start, length);
	word[length] = '\0';
	take_word(ret_outcome, word);
}

/* The cause of a problem, or the error of OAuth. */
static void read_json(const struct response *response, char ret_outcome[OUTCOME_SIZE])
{
	json_t *object = NULL;

	if (response->status < 400 || json_parse_object(buf_text(&response->body), response->body.len, 65536, &object) < 0)
		return;
	take_word(ret_outcome, json_text(object, "cause"));
	take_word(ret_outcome, json_text(object, "error"));
	json_wipe(object);
}

static void read_outcome(const struct response *response, char ret_outcome[OUTCOME_SIZE])
{
	ret_outcome[0] = '\0';
	if (text_starts(response->content_type ? response->content_type : "", "text/xml"))
		read_xml(buf_text(&response->body), ret_outcome);
	else
		read_json(response, ret_outcome);
}

static const char *fault_header(const struct response *response)
{
	static const char name[] = "X-Sandbox-Fault: ";
	const char *line = buf_text(&response->headers);
	const char *end = line + response->headers.len;

	for (; line < end; line += strlen(line) + 1)
		if (text_starts(line, name))
			return line + sizeof name - 1;
	return NULL;
}

/* Printable ASCII only: a path is what anybody sends. */
static int put_path(json_t *object, const char *path)
{
	char text[PATH_SHOWN + 1];
	size_t length = 0;

	for (; path[length] && length < PATH_SHOWN; length++)
		text[length] = path[length] > ' ' && path[length] < 0x7f ? path[length] : '?';
	text[length] = '\0';
	return json_put_text(object, "path", text);
}

/* "ActionSetup otp" */
static int put_step(json_t *object, const struct request *request)
{
	const char *action = query_get(&request->query, "action"), *mode = query_get(&request->query, "mode");
	char text[64];

	if (strcmp(request->path, "/iwws/MAC") != 0 || !action || !mode || !is_word(action, 24) || !is_word(mode, 24))
		return 0;
	(void)snprintf(text, sizeof text, "%s %s", action, mode);
	return json_put_text(object, "step", text);
}

static int fill(json_t *object, const struct request *request, const struct response *response, int64_t milliseconds)
{
	char outcome[OUTCOME_SIZE];
	int r = json_put_text(object, "method", request->method);

	read_outcome(response, outcome);
	if (r == 0)
		r = put_path(object, request->path);
	if (r == 0)
		r = put_step(object, request);
	if (r == 0)
		r = json_put_int(object, "status", response->fate == RESPONSE_NONE ? 0 : response->status);
	if (r == 0)
		r = json_put_int(object, "milliseconds", milliseconds);
	if (r == 0)
		r = json_put_text(object, "outcome", outcome);
	return r < 0 ? r : json_put_text(object, "fault", fault_header(response));
}

static void keep(struct calls *calls, json_t *object)
{
	pthread_mutex_lock(&calls->lock);
	(void)json_put_int(object, "id", ++calls->next_id);
	if (json_array_size(calls->list) >= CALLS_MAX)
		(void)json_array_remove(calls->list, 0);
	(void)json_array_append_new(calls->list, json_deep_copy(object));
	pthread_mutex_unlock(&calls->lock);
}

void sandbox_note(const struct request *request, const struct response *response, int64_t milliseconds)
{
	struct sandbox *sandbox = request_sandbox(request);
	json_t *object;

	if (!request->path || !request->method || sandbox_path(request) || strcmp(request->path, "/favicon.ico") == 0)
		return;
	object = json_object();
	if (sandbox_put_time(object, "time", env_now(&sandbox->server->env)) < 0 || fill(object, request, response, milliseconds) < 0) {
		json_decref(object);
		return;
	}
	keep(&sandbox->calls, object);
	events_tell(sandbox, "call", object);
}

void sandbox_calls(struct request *request, struct response *response)
{
	struct calls *calls = &request_sandbox(request)->calls;
	json_t *list;

	pthread_mutex_lock(&calls->lock);
	list = json_deep_copy(calls->list);
	pthread_mutex_unlock(&calls->lock);
	response_json(response, 200, json_pack("{s:o}", "calls", list));
}
